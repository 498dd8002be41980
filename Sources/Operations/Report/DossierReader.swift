import Formatting
import FoundationEssentials
package import Jobs
package import Postgres
import RunSupport
import Source
import Store

/// Collects what is on record about a run, in one snapshot that only reads.
///
/// Its role needs what `ncf_read` has. Where it may read the source too, popularity and histories are
/// there; where not, a note says so.
package struct DossierReader {
  /// What is to be collected.
  package struct Request: Sendable {
    /// The run; nil for the newest that was judged.
    package var run: Int64?
    /// Only this job's; nil for any.
    package var job: String?
    /// How many users are shown, by a hash of their ids.
    package var users: Int
    /// Users that are shown whatever their hash, ids as text.
    package var named: [String]
    /// A SELECT of `item_id` and `title`; nil shows ids alone.
    package var titles: String?

    /// A request.
    package init(
      run: Int64? = nil, job: String? = nil, users: Int = 4, named: [String] = [],
      titles: String? = nil
    ) {
      (self.run, self.job, self.users) = (run, job, users)
      (self.named, self.titles) = (named, titles)
    }
  }

  /// How far back the history goes, and how much of a user's is shown.
  private static let (nights, lastTaken): (Int64, Int64) = (60, 10)

  private let parameters: ConnectionParameters

  /// A reader of a database.
  package init(_ parameters: ConnectionParameters) { self.parameters = parameters }

  /// Collects it.
  ///
  /// Cost: a few index scans; where the source can be read, one pass over it, and one more look for each
  /// user shown.
  ///
  /// - Throws: `BatchError`; 65 when there is no such run.
  package func read(_ request: Request) throws(BatchError) -> RunDossier {
    try BatchError.mapping("collect what is on record about a run") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/report")
      return try connection.transaction(.repeatableReadReadOnly) {
        try Collection(request: request, connection: connection).dossier()
      }
    }
  }

  /// One reading.
  private struct Collection {
    let request: Request
    let connection: Connection

    func dossier() throws -> RunDossier {
      let row = try connection.execute(
        SQL.Report.run,
        [
          request.run.map { .integer($0) } ?? .null, request.job.map { .text($0) } ?? .null,
        ])
      guard row.rowCount == 1 else {
        throw BatchError(
          .data,
          request.run.map { "there is no run \($0)" }
            ?? "there is no run that was judged" + (request.job.map { ", of job \($0)" } ?? ""),
          advice: "ncf-batch runs lists them")
      }
      var dossier = RunDossier(
        run: try facts(row), metrics: [], epochs: [], stages: [], history: [], lists: nil,
        tenths: [], readers: [], notes: [])
      try addRecords(to: &dossier)
      let output = try SQL.Output(schema: dossier.run.schema, on: connection)
      try addLists(to: &dossier, output, source: row[row: 0, name: "source"])
      return dossier
    }

    private func facts(_ rows: QueryResult) throws -> RunDossier.Facts {
      let row = Row(rows, 0)
      let run = row.integer("run_id") ?? 0
      let rejected = try connection.execute(SQL.Report.rejected, [.integer(Int64(run))])
      return RunDossier.Facts(
        runID: Int64(run), job: row.text("job"), kind: row.text("kind"),
        status: RunStatus(rawValue: row.text("status")) ?? .abandoned, slot: row.text("slot"),
        mode: row["mode"], modeReason: row["mode_reason"],
        parentRunID: row.integer("parent_run_id").map { Int64($0) },
        startedAt: row.text("started_at"), seconds: row.number("seconds") ?? 0,
        host: row.text("host"), version: row.text("version"),
        serverVersion: row.text("server_version"), seed: row.text("seed"),
        configSHA256: row.text("config_sha256"), modelSHA256: row["model_sha256"],
        watermark: row["watermark"], rowsRead: row.integer("rows_read"),
        rowsUsed: row.integer("rows_used"),
        rejected: (0..<rejected.rowCount).map {
          PullCounts.Rejection(
            reason: rejected[row: $0, column: 0] ?? "",
            rows: rejected[row: $0, column: 1].flatMap { Int($0) } ?? 0)
        },
        users: row.integer("users"), items: row.integer("items"),
        coldUsers: row.integer("cold_users"), reason: row["reason"], verdict: row["verdict"],
        pValue: row.number("p_value"),
        liveIn: row["live"]?.split(separator: " ").map(String.init) ?? [],
        k: row.integer("k") ?? 10, schema: row["schema"] ?? "ncf")
    }

    private func rows(_ sql: String, _ parameters: Parameter...) throws -> [Row] {
      let result = try connection.execute(sql, parameters)
      return (0..<result.rowCount).map { Row(result, $0) }
    }

    private func addRecords(to dossier: inout RunDossier) throws {
      let run = Parameter.integer(dossier.run.runID)
      dossier.metrics = try rows(SQL.Report.metrics, run).map { row in
        var confidence: ClosedRange<Double>?
        if let low = row.number("ci_low"), let high = row.number("ci_high"), low <= high {
          confidence = low...high
        }
        return MetricRow(
          model: row.text("model"), split: row.text("split"), proto: row.text("protocol"),
          metric: row.text("metric"), k: row.integer("k") ?? 0, value: row.number("value") ?? .nan,
          confidence: confidence, n: row.integer("n") ?? 0)
      }
      dossier.epochs = try rows(SQL.Report.epochs, run).map { row in
        RunDossier.Epoch(
          phase: row.text("phase"), epoch: row.integer("epoch") ?? 0, loss: row.number("loss"),
          hr: row.number("hr"), ndcg: row.number("ndcg"))
      }
      dossier.stages = try rows(SQL.Report.stages, run).compactMap { row in
        guard let stage = Stage(rawValue: row.text("stage")) else { return nil }
        return StageRecord(
          stage: stage, seconds: row.number("seconds") ?? 0, rows: row.integer("rows") ?? 0,
          bytes: row.integer("bytes") ?? 0, peakRSSBytes: row.integer("peak_rss_bytes") ?? 0)
      }
      let history = try rows(
        SQL.Report.history, run, .integer(Int64(dossier.run.k)), .integer(DossierReader.nights))
      dossier.history = history.reversed().map { row in
        RunDossier.Night(
          runID: Int64(row.integer("run_id") ?? 0), kind: row.text("kind"),
          status: RunStatus(rawValue: row.text("status")) ?? .abandoned,
          startedAt: row.text("started_at"), verdict: row["verdict"], reason: row["reason"],
          hr: .init(
            model: row.number("hr"), itemPop: row.number("itempop_hr"), live: row.number("live_hr")
          ),
          ndcg: .init(
            model: row.number("ndcg"), itemPop: row.number("itempop_ndcg"),
            live: row.number("live_ndcg")))
      }
    }

    // MARK: - Lists, and the log

    private func addLists(
      to dossier: inout RunDossier, _ output: SQL.Output, source: String?
    ) throws {
      let exists = try connection.execute(SQL.Output.listsExist, [.text(output.lists.name)])
      let run = Parameter.integer(dossier.run.runID)
      if exists[row: 0, column: 0] == "t",
        let all = try rows(output.listsInAll, run).first, let count = all.integer("rows"), count > 0
      {
        dossier.lists = RunDossier.Lists(
          rows: count, users: all.integer("users") ?? 0, items: all.integer("items") ?? 0,
          popularUsers: all.integer("popular_users") ?? 0)
      }
      guard dossier.lists != nil else {
        dossier.notes.append(
          "Lists of this run are not kept: it did not publish, or newer runs have taken their place."
        )
        return
      }
      var readers: [RunDossier.Reader] = []
      for user in request.named {
        let list = try rows(output.listOfRun, run, .text(user))
        if list.isEmpty { dossier.notes.append("User \(user) has no list of this run.") }
        readers += Self.readers(list)
      }
      let some = try rows(output.someLists, run, .integer(Int64(max(0, request.users))))
      readers += Self.readers(some).filter { reader in !readers.contains { $0.user == reader.user }
      }
      do {
        try connection.savepoint("source") {
          let log = try log(of: dossier.run.runID, source)
          dossier.tenths = try rows(output.tenths(of: log), run).map { row in
            RunDossier.Tenth(
              number: row.integer("tenth") ?? 0, items: row.integer("items") ?? 0,
              taken: row.number("taken") ?? 0, listed: row.number("listed") ?? 0,
              listedItems: row.integer("listed_items") ?? 0)
          }
          for index in readers.indices {
            let taken = try rows(
              SQL.Output.taken(from: log), .text(readers[index].user),
              .integer(DossierReader.lastTaken))
            readers[index].taken = taken.first?.integer("items") ?? 0
            readers[index].history = taken.map {
              RunDossier.Taken(item: $0.text("item_id"), title: nil, day: $0.text("day"))
            }
          }
        }
      } catch let error as PostgresError where error.kind != .connection {
        dossier.notes.append(
          "The source could not be read, so popularity and histories are not shown: \(error.message)."
        )
      } catch let error as BatchError {
        dossier.notes.append(
          "The source could not be read, so popularity and histories are not shown: \(error.what).")
      }
      if let query = request.titles { try addTitles(query, to: &readers) }
      dossier.readers = readers
    }

    private static func readers(_ rows: [Row]) -> [RunDossier.Reader] {
      var readers: [RunDossier.Reader] = []
      for row in rows {
        let user = row.text("user_id")
        if readers.last?.user != user {
          readers.append(RunDossier.Reader(user: user, history: nil, taken: 0, list: []))
        }
        readers[readers.count - 1].list.append(
          RunDossier.Place(
            rank: row.integer("rank") ?? 0, item: row.text("item_id"), title: nil,
            score: row.number("score") ?? 0, source: row.text("source")))
      }
      return readers
    }

    /// What a report needs of the source as the run's own record has it.
    private struct RecordedSource: Decodable {
      let relation: Job.Source.Relation
      let window: Age?
      let events: [String: Double]?
      let minValue: Double?

      private enum CodingKeys: String, CodingKey {
        case relation, window, events
        case minValue = "min_value"
      }
    }

    private func log(of run: Int64, _ source: String?) throws -> String {
      let source = try JSONDecoder().decode(
        RecordedSource.self, from: Data((source ?? "{}").utf8))
      return SQL.Report.log(
        try SourcePlan.query(source.relation, on: connection), run: run,
        window: try source.window.map { try connection.quoteLiteral($0.interval) },
        types: try source.events.map { events in
          try events.filter { $0.value > 0 }.keys.sorted().map { try connection.quoteLiteral($0) }
        },
        least: source.minValue.map { "\($0)" })
    }

    private func addTitles(_ query: String, to readers: inout [RunDossier.Reader]) throws {
      let items = Set(readers.flatMap { $0.list.map(\.item) + ($0.history ?? []).map(\.item) })
      let found = try BatchError.mapping("read titles of items") {
        try rows(
          SQL.Report.titles(SourcePlan.trimmed(query)), .text(try JSONText.encode(items.sorted())))
      }
      let titles = Dictionary(
        found.compactMap { row in row[column: 1].map { (row[column: 0] ?? "", $0) } },
        uniquingKeysWith: { first, _ in first })
      for index in readers.indices {
        for place in readers[index].list.indices {
          readers[index].list[place].title = titles[readers[index].list[place].item]
        }
        for place in (readers[index].history ?? []).indices {
          let item = readers[index].history?[place].item ?? ""
          readers[index].history?[place].title = titles[item]
        }
      }
    }
  }

  /// A row of a result, its fields by name.
  private struct Row {
    private let result: QueryResult
    private let index: Int

    init(_ result: QueryResult, _ index: Int) {
      self.result = result
      self.index = index
    }

    subscript(name: String) -> String? { result[row: index, name: name] }
    subscript(column column: Int) -> String? { result[row: index, column: column] }
    func text(_ name: String) -> String { self[name] ?? "" }
    func integer(_ name: String) -> Int? { self[name].flatMap { Int($0) } }
    func number(_ name: String) -> Double? { self[name].flatMap { Double($0) } }
  }
}
