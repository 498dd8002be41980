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
  /// Of how many days it is shown what became of the lists.
  private static let days = 60

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
      var dossier = RunDossier(run: try row.decode())
      try addRecords(to: &dossier)
      dossier.served = try ServedReader(on: connection).figures(
        job: dossier.run.job, slot: try row.decode("slot"), days: DossierReader.days)
      let output = try SQL.Output(schema: dossier.run.schema, on: connection)
      try addLists(to: &dossier, output, source: try row.decode("source"))
      return dossier
    }

    private func addRecords(to dossier: inout RunDossier) throws {
      let run = dossier.run.runID
      dossier.rejected = try connection.execute(SQL.Report.rejected, run).decode()
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
      dossier.rivals = try connection.execute(SQL.Report.rivals, run).decode()
      dossier.choice = try ChoiceReader(on: connection).chosen(for: run)
      dossier.epochs = try connection.execute(SQL.Report.epochs, run).decode()
      dossier.stages = try connection.execute(SQL.Report.stages, run).decode()
      let history = try connection.execute(
        SQL.Report.history, run, dossier.run.k, DossierReader.nights)
      dossier.history = try history.decode().reversed()
    }

    // MARK: - Lists, and the log

    private func addLists(
      to dossier: inout RunDossier, _ output: SQL.Output, source: String
    ) throws {
      let run = dossier.run.runID
      if try connection.execute(SQL.Output.relationExists, output.lists.name).value() {
        let all = try connection.execute(output.listsInAll, run).row()
        let lists: RunDossier.Lists = try all.decode()
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
          dossier.tenths = try connection.execute(output.tenths(of: log), run).decode()
          for index in readers.indices {
            let taken = try connection.execute(
              SQL.Output.taken(from: log), readers[index].user, DossierReader.lastTaken)
            if let latest = taken.first { readers[index].taken = try latest.decode("items") }
            readers[index].history = try taken.decode()
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
          readers.append(RunDossier.Reader(user: user))
        }
        readers[readers.count - 1].list.append(try row.decode())
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
        readers[index].history = readers[index].history?.map { taken in
          var taken = taken
          taken.title = titles[taken.item]
          return taken
        }
      }
    }
  }
}
