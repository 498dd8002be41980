import Jobs
import Postgres
import RunSupport
import Store

/// What is tried of the schema `ncf` and of the job's output schema.
extension Checkup {
  /// Whether the schema `ncf` is what this program needs.
  mutating func checkMigrations(_ connection: Connection) -> Bool {
    let parameters = parameters
    let isRight: Void? = attempt(.migrations, "look at the migrations") {
      guard try !connection.execute(SQL.Check.mayUseSchema).isEmpty else {
        throw BatchError(
          .configuration, "there is no schema ncf yet", advice: "run: ncf-batch migrate up")
      }
      try Migrator(parameters).verify(on: connection)
    }
    if isRight != nil { note(.migrations, .ok, "the schema ncf is what this program needs") }
    return isRight != nil
  }

  /// Whether the role may do in the schema `ncf` what a night does there.
  mutating func checkRights(_ connection: Connection, isMigrated: Bool) {
    guard isMigrated else { return skip(.rights, "migrations are not in order") }
    let missing = attempt(.rights, "look at the role's rights") { () throws -> String? in
      let needed = Self.neededRights.flatMap { relation, rights in
        rights.map { (relation, $0) }
      }
      let lists = [needed.map(\.0), needed.map(\.1)].map { names in
        Parameter.text("{\(names.joined(separator: ","))}")
      }
      return try connection.execute(SQL.Check.missingRights, lists).valueIfPresent()
    }
    switch missing {
    case nil: return
    case .some(nil): note(.rights, .ok, "the role may record runs, models and figures in ncf")
    case .some(let text?):
      note(
        .rights, .fail, "the role lacks \(text)",
        advice: "run jobs/roles.sql again and connect as ncf_run, or GRANT what is missing",
        exitCode: .permission)
    }
  }

  /// What a night does with each table of the schema `ncf`.
  private static let neededRights: [(relation: String, rights: [String])] = [
    ("runs", ["SELECT", "INSERT", "UPDATE"]), ("metrics", ["SELECT", "INSERT"]),
    ("epochs", ["INSERT"]), ("stages", ["INSERT"]),
    ("models", ["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("model_chunks", ["SELECT", "INSERT", "DELETE"]), ("live", ["SELECT", "INSERT", "UPDATE"]),
    ("live_moves", ["SELECT", "INSERT"]), ("migrations", ["SELECT"]),
  ]

  /// Whether the job can make and change its relations where it publishes.
  mutating func checkOutput(_ job: Job, _ connection: Connection) {
    let schema = job.output.schema
    let done: Void? = attempt(.output, "look at the output schema") {
      let found = try connection.execute(SQL.Check.outputRights, [.text(schema)])
      guard let rights = found.first else {
        guard try connection.execute(SQL.Check.mayCreateSchema).value() else {
          throw BatchError(
            .permission, "there is no schema \(schema), and the role may not make one",
            advice: "CREATE SCHEMA \(schema) AUTHORIZATION the role of the job")
        }
        return
      }
      guard try rights.decode("may_create") else {
        throw BatchError(
          .permission, "the role may not make tables in schema \(schema)",
          advice: "GRANT USAGE, CREATE ON SCHEMA \(schema) to the role of the job")
      }
      if let others = try rights.decodeIfPresent(String.self, "others") {
        throw BatchError(
          .permission, "relations in \(schema) belong to others: \(others)",
          advice: "connect as the role that ran the job before, or ALTER TABLE … OWNER TO")
      }
    }
    if done != nil { note(.output, .ok, "lists can be published in schema \(schema)") }
  }

  mutating func checkLock(_ job: Job, _ connection: Connection, isMigrated: Bool) {
    guard isMigrated else { return skip(.lock, "migrations are not in order") }
    let holder = attempt(.lock, "look whether another run is at work") {
      try LockHolder.find(job.name, on: connection)
    }
    guard let found = holder else { return }
    guard let holder = found else {
      return note(.lock, .ok, "no other run of job \(job.name) is at work")
    }
    note(
      .lock, .warn,
      "a run of job \(job.name) is at work: \(holder.application), server process \(holder.pid), "
        + "since \(holder.since)",
      advice: "a run started now would end with 75")
  }

  /// What readers see now, and how the last run ended.
  mutating func checkLists(_ job: Job, _ connection: Connection, isMigrated: Bool) {
    guard isMigrated else { return skip(.lists, "migrations are not in order") }
    let found = attempt(.lists, "look at what is served") {
      (
        try LivePointer.read(job: job.name, slot: Job.mainSlot, on: connection),
        try connection.execute(SQL.Check.lastRun, [.text(job.name)]).first.map(LastRun.init)
      )
    }
    guard let (seen, last) = found else { return }
    let served = "served: \(seen.stillServed)"
    guard let last, last.run != seen.runID else { return note(.lists, .ok, served) }
    let ended = "; run \(last.run) of \(last.startedAt) was \(last.status.rawValue)"
    switch last.status {
    case .refused, .failed, .abandoned:
      note(
        .lists, .warn, served + ended + last.reason,
        advice: "ncf-batch runs shows the last runs and why each ended as it did")
    default: note(.lists, .ok, served + ended)
    }
  }

  /// How the last run of a job ended.
  private struct LastRun {
    let run: Int64
    let status: RunStatus
    let startedAt: String
    /// A colon and the reason; empty without one.
    let reason: String

    init(_ row: Row) throws(PostgresError) {
      run = try row.decode("run_id")
      status = try row.decode("status")
      startedAt = try row.decode("started_at")
      reason = try row.decode("reason")
    }
  }
}
