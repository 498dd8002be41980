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
      guard let row = try connection.execute(SQL.Report.run, request.run, request.job).first else {
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
      try addLists(to: &dossier, output, source: try row.decode("source"))
      return dossier
    }

    private func facts(_ row: Row) throws -> RunDossier.Facts {
      let run: Int64 = try row.decode("run_id")
      return RunDossier.Facts(
        runID: run, job: try row.decode("job"), kind: try row.decode("kind"),
        status: try row.decode("status"), mode: try row.decodeIfPresent("mode"),
        modeReason: try row.decodeIfPresent("mode_reason"),
        parentRunID: try row.decodeIfPresent("parent_run_id"),
        startedAt: try row.decode("started_at"), seconds: try row.decode("seconds"),
        host: try row.decode("host"), version: try row.decode("version"),
        serverVersion: try row.decode("server_version"), seed: try row.decode("seed"),
        configSHA256: try row.decode("config_sha256"),
        modelSHA256: try row.decodeIfPresent("model_sha256"),
        watermark: try row.decodeIfPresent("watermark"),
        rowsRead: try row.decodeIfPresent("rows_read"),
        rowsUsed: try row.decodeIfPresent("rows_used"),
        rejected: try connection.execute(SQL.Report.rejected, run).map {
          PullCounts.Rejection(reason: try $0.decode("reason"), rows: try $0.decode("rows"))
        },
        users: try row.decodeIfPresent("users"), items: try row.decodeIfPresent("items"),
        coldUsers: try row.decodeIfPresent("cold_users"), reason: try row.decodeIfPresent("reason"),
        liveIn: try row.decode(String.self, "live").split(separator: " ").map(String.init),
        k: try row.decode("k"), schema: try row.decode("schema"))
    }

    private func addRecords(to dossier: inout RunDossier) throws {
      let run = dossier.run.runID
      dossier.metrics = try connection.execute(SQL.Report.metrics, run).map { row in
        var confidence: ClosedRange<Double>?
        if let low = try row.decodeIfPresent(Double.self, "ci_low"),
          let high = try row.decodeIfPresent(Double.self, "ci_high"), low <= high
        {
          confidence = low...high
        }
        return MetricRow(
          model: try row.decode("model"), split: try row.decode("split"),
          proto: try row.decode("protocol"), metric: try row.decode("metric"),
          k: try row.decode("k"), value: try row.decode("value"), confidence: confidence,
          n: try row.decode("n"))
      }
      dossier.epochs = try connection.execute(SQL.Report.epochs, run).map { row in
        RunDossier.Epoch(
          phase: try row.decode("phase"), epoch: try row.decode("epoch"),
          loss: try row.decodeIfPresent("loss"), hr: try row.decodeIfPresent("hr"),
          ndcg: try row.decodeIfPresent("ndcg"))
      }
      dossier.stages = try connection.execute(SQL.Report.stages, run).map { row in
        StageRecord(
          stage: try row.decode("stage"), seconds: try row.decode("seconds"),
          rows: try row.decode("rows"), bytes: try row.decode("bytes"),
          peakRSSBytes: try row.decode("peak_rss_bytes"))
      }
      let history = try connection.execute(
        SQL.Report.history, run, dossier.run.k, DossierReader.nights)
      dossier.history = try history.reversed().map { row in
        RunDossier.Night(
          runID: try row.decode("run_id"), status: try row.decode("status"),
          startedAt: try row.decode("started_at"), reason: try row.decodeIfPresent("reason"),
          hr: try standing("hr", row), ndcg: try standing("ndcg", row))
      }
    }

    private func standing(_ metric: String, _ row: Row) throws -> RunDossier.Standing {
      RunDossier.Standing(
        model: try row.decodeIfPresent(metric),
        itemPop: try row.decodeIfPresent("itempop_" + metric),
        live: try row.decodeIfPresent("live_" + metric))
    }

    // MARK: - Lists, and the log

    private func addLists(
      to dossier: inout RunDossier, _ output: SQL.Output, source: String
    ) throws {
      let run = dossier.run.runID
      if try connection.execute(SQL.Output.relationExists, output.lists.name).value() {
        let all = try connection.execute(output.listsInAll, run).row()
        let lists = RunDossier.Lists(
          rows: try all.decode("rows"), users: try all.decode("users"),
          items: try all.decode("items"), popularUsers: try all.decode("popular_users"))
        if lists.rows > 0 { dossier.lists = lists }
      }
      guard dossier.lists != nil else {
        dossier.notes.append(
          "Lists of this run are not kept: it did not publish, or newer runs have taken their place."
        )
        return
      }
      var readers: [RunDossier.Reader] = []
      for user in request.named {
        let list = try connection.execute(output.listOfRun, run, user)
        if list.isEmpty { dossier.notes.append("User \(user) has no list of this run.") }
        readers += try Self.readers(list)
      }
      let some = try connection.execute(output.someLists, run, max(0, request.users))
      readers += try Self.readers(some).filter { reader in
        !readers.contains { $0.user == reader.user }
      }
      do {
        try connection.savepoint("source") {
          let log = try log(of: dossier.run.runID, source)
          dossier.tenths = try connection.execute(output.tenths(of: log), run).map { row in
            RunDossier.Tenth(
              number: try row.decode("tenth"), items: try row.decode("items"),
              taken: try row.decode("taken"), listed: try row.decode("listed"),
              listedItems: try row.decode("listed_items"))
          }
          for index in readers.indices {
            let taken = try connection.execute(
              SQL.Output.taken(from: log), readers[index].user, DossierReader.lastTaken)
            readers[index].taken = try taken.first?.decode("items") ?? 0
            readers[index].history = try taken.map {
              RunDossier.Taken(
                item: try $0.decode("item_id"), title: nil, day: try $0.decode("day"))
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

    private static func readers(_ rows: QueryResult) throws -> [RunDossier.Reader] {
      var readers: [RunDossier.Reader] = []
      for row in rows {
        let user: String = try row.decode("user_id")
        if readers.last?.user != user {
          readers.append(RunDossier.Reader(user: user, history: nil, taken: 0, list: []))
        }
        readers[readers.count - 1].list.append(
          RunDossier.Place(
            rank: try row.decode("rank"), item: try row.decode("item_id"), title: nil,
            score: try row.decode("score"), source: try row.decode("source")))
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

    private func log(of run: Int64, _ source: String) throws -> String {
      let source = try JSONDecoder().decode(RecordedSource.self, from: Data(source.utf8))
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
        try connection.execute(
          SQL.Report.titles(SourcePlan.trimmed(query)), JSONText.encode(items.sorted()))
      }
      var titles: [String: String] = [:]
      for row in found { titles[try row.decode("item_id")] = try row.decodeIfPresent("title") }
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
}
