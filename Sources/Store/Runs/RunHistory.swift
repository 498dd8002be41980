package import Jobs
package import Postgres
import RunSupport

/// Reads the history of runs, newest first.
package struct RunHistory {
  /// One run in brief.
  package struct Entry: Sendable, Equatable, Decodable {
    /// Its number.
    package let runID: Int64
    /// Name of the job.
    package let job: String
    /// What it was for.
    package let kind: RunKind
    /// How it trained; nil before it did.
    package let mode: TrainingMode?
    /// The run whose model it went on from; nil for none.
    package let parentRunID: Int64?
    /// The stopped run whose training it went on with; nil for none.
    package let resumedRunID: Int64?
    /// How it ended, or `running`.
    package let status: RunStatus
    /// When it began, as the server writes it, UTC.
    package let startedAt: String
    /// Seconds it took, or has taken so far.
    package let seconds: Double
    /// Interactions used; nil before the pull is over.
    package let rowsUsed: Int?
    /// Users with an interaction.
    package let users: Int?
    /// Items with an interaction.
    package let items: Int?
    /// Whole-catalogue NDCG on test at the longest list; nil when nothing was measured.
    package let ndcg: Double?
    /// What the process returned; nil while it runs.
    package let exitCode: Int?
    /// Why it was refused, forced, failed or stopped.
    package let reason: String?
    /// The slot that its lists were made for.
    package let slot: String
    /// The slots whose readers see its lists, `main` first, with spaces between.
    package let live: String

    /// Whether any readers see its lists.
    package var isLive: Bool { !live.isEmpty }
    /// The slots whose readers see its lists, `main` first.
    package var liveIn: [String] { live.split(separator: " ").map(String.init) }
  }

  private let parameters: ConnectionParameters

  /// The history in a database.
  package init(_ parameters: ConnectionParameters) { self.parameters = parameters }

  /// Lists runs, newest first.
  ///
  /// - Parameters:
  ///   - job: only this job's; nil for all.
  ///   - limit: how many at most.
  /// - Returns: the runs.
  /// - Throws: `BatchError`.
  package func list(job: String? = nil, limit: Int = 20) throws(BatchError) -> [Entry] {
    try BatchError.mapping("list runs") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/runs")
      return try connection.execute(SQL.Runs.history, job, limit).decode()
    }
  }

  /// A job's nights in the slot `main`, as a line is drawn through them.
  package struct Course: Sendable, Equatable {
    /// Name of the job.
    package let job: String
    /// Whole-catalogue NDCG on test and status of each night, oldest first.
    package var nights: [(ndcg: Double?, status: RunStatus)]

    /// Whether they say the same.
    package static func == (one: Course, other: Course) -> Bool {
      one.job == other.job
        && one.nights.elementsEqual(other.nights) { $0.ndcg == $1.ndcg && $0.status == $1.status }
    }
  }

  /// Reads how the quality of jobs went from night to night.
  ///
  /// - Parameters:
  ///   - job: only this job's; nil for all.
  ///   - limit: how many nights of each job at most, the latest.
  /// - Returns: a course for each job that has nights, by name.
  /// - Throws: `BatchError`.
  package func courses(job: String? = nil, limit: Int) throws(BatchError) -> [Course] {
    try BatchError.mapping("read the course of nights") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/runs")
      let rows = try connection.execute(SQL.Runs.course, job, limit, Job.mainSlot)
      return try rows.reduce(into: [Course]()) { courses, row in
        let job: String = try row.decode("job")
        if courses.last?.job != job { courses.append(Course(job: job, nights: [])) }
        courses[courses.count - 1].nights.append(
          (try row.decodeIfPresent("ndcg"), try row.decode("status")))
      }
    }
  }
}
