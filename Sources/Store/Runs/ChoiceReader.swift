import Formatting
package import Jobs
package import Postgres
package import Recommenders
import RunSupport

/// Reads from `ncf.runs` which method an earlier run chose.
package struct ChoiceReader {
  /// A search of an earlier run.
  package struct Found {
    /// The run that searched.
    package let run: Int64
    /// What it chose.
    package let choice: MethodChoice
    /// Whether the choice is older than `auto.every`.
    package let isOld: Bool
    /// Whether the gate refused a run by it.
    package let wasRefused: Bool
    /// Seconds since the run began.
    package let age: Double

    /// A search that is known.
    ///
    /// - Parameters:
    ///   - run: the run that searched.
    ///   - choice: what it chose.
    ///   - isOld: whether the choice is older than `auto.every`.
    ///   - wasRefused: whether the gate refused a run by it.
    ///   - age: seconds since the run began.
    package init(run: Int64, choice: MethodChoice, isOld: Bool, wasRefused: Bool, age: Double) {
      (self.run, self.choice) = (run, choice)
      (self.isOld, self.wasRefused, self.age) = (isOld, wasRefused, age)
    }

    /// Whose choice it is, for a sentence: `run 12, 3 days ago`.
    package var origin: String {
      let days = Int(age / 86_400)
      let ago =
        days == 0 ? "\(Figures.duration(age)) ago" : "\(days) day\(days == 1 ? "" : "s") ago"
      return "run \(run), \(ago)"
    }
  }

  private struct Row: Decodable {
    let runId: Int64
    let choice: String
    let isOld: Bool
    let wasRefused: Bool
    let age: Double
  }

  private struct Chosen: Decodable {
    let choice: String
    let searchRunId: Int64
    let searchedAt: Int64
    let searchedOn: String
  }

  private let connection: Connection

  /// A reader on a connection.
  package init(on connection: Connection) { self.connection = connection }

  /// Finds the newest search of a job in a slot.
  ///
  /// - Parameters:
  ///   - job: the job.
  ///   - slot: the slot.
  ///   - moment: the watermark must be at or before it; nil for no bound.
  /// - Returns: what was chosen; nil when nothing was, or by a version that spelt it otherwise.
  /// - Throws: `PostgresError`.
  package func newest(of job: Job, slot: String, before moment: TimePoint?) throws -> Found? {
    let found = try connection.execute(
      SQL.Runs.lastSearch, job.name, slot, job.auto.every.interval, moment?.microseconds,
      moment?.interval)
    guard let row = try found.first?.decode(as: Row.self),
      let choice = try? MethodChoice(json: row.choice)
    else { return nil }
    return Found(
      run: row.runId, choice: choice, isOld: row.isOld, wasRefused: row.wasRefused, age: row.age)
  }

  /// Reads the choice that a run went by.
  ///
  /// - Parameter run: the run.
  /// - Returns: the choice; nil where the job names its method, or where a version wrote it that spelt it
  ///   otherwise.
  /// - Throws: `PostgresError`.
  package func chosen(for run: Int64) throws -> ChosenMethod? {
    let found = try connection.execute(SQL.Runs.choice, run)
    guard let row = try found.first?.decode(as: Chosen.self),
      let choice = try? MethodChoice(json: row.choice)
    else { return nil }
    return choice.chosen(by: row.searchRunId, at: row.searchedAt, row.searchedOn)
  }

  /// For how many nights running a rival's lists had more hits than those of a choice.
  ///
  /// - Parameters:
  ///   - job: name of the job.
  ///   - slot: the slot.
  ///   - run: the run that searched.
  /// - Returns: nights.
  /// - Throws: `PostgresError`.
  func nightsBelow(_ job: String, _ slot: String, since run: Int64) throws -> Int {
    try ServedReader(on: connection).servedWarnings(job: job, slot: slot, since: run)
  }
}
