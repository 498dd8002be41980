import Jobs
import Postgres
import Recommenders
import RunSupport
import Store

/// What is tried of the schema `ncf` and of the job's output schema.
extension Checkup {
  /// Whether the schema `ncf` is what this program needs.
  mutating func checkMigrations(_ connection: Connection) -> Bool {
    attempt(.migrations, "look at the migrations") { [parameters] in
      guard try !connection.execute(SQL.Check.mayUseSchema).isEmpty else {
        throw BatchError(
          .configuration, "there is no schema ncf yet", advice: "run: ncf-batch migrate up")
      }
      try Migrator(parameters).verify(on: connection)
      return .ok("the schema ncf is what this program needs")
    }
  }

  /// Whether the role may do in the schema `ncf` what a night does there.
  mutating func checkRights(_ connection: Connection, isMigrated: Bool) {
    attempt(.rights, "look at the role's rights", isMigrated: isMigrated) {
      let needed = Self.neededRights.flatMap { relation, rights in
        rights.map { (relation, $0) }
      }
      let lists = [needed.map(\.0), needed.map(\.1)].map { names in
        "{\(names.joined(separator: ","))}"
      }
      let missing = try connection.execute(SQL.Check.missingRights, lists)
      guard let text: String = try missing.valueIfPresent() else {
        return .ok("the role may record runs, models and figures in ncf")
      }
      return .fail(
        "the role lacks \(text)", .permission,
        advice: "run jobs/roles.sql again and connect as ncf_run, or GRANT what is missing")
    }
  }

  /// What a night does with each table of the schema `ncf`.
  private static let neededRights: [(relation: String, rights: [String])] = [
    ("runs", ["SELECT", "INSERT", "UPDATE"]), ("metrics", ["SELECT", "INSERT"]),
    ("epochs", ["INSERT"]), ("stages", ["INSERT"]),
    ("models", ["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("model_chunks", ["SELECT", "INSERT", "DELETE"]), ("live", ["SELECT", "INSERT", "UPDATE"]),
    ("live_moves", ["SELECT", "INSERT"]), ("migrations", ["SELECT"]),
    ("served", ["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("served_tenths", ["INSERT", "DELETE"]), ("served_groups", ["INSERT", "DELETE"]),
    ("served_rivals", ["SELECT", "INSERT", "DELETE"]),
    ("served_users", ["SELECT", "INSERT", "DELETE"]),
    ("served_shown", ["SELECT", "INSERT", "DELETE"]),
    ("rival_lists", ["SELECT", "INSERT", "DELETE"]),
    ("slot_users", ["SELECT", "INSERT", "DELETE"]), ("slot_share_changes", ["SELECT"]),
  ]

  /// Whether the job can make and change its relations where it publishes.
  mutating func checkOutput(_ job: Job, _ connection: Connection) {
    let schema = job.output.schema
    attempt(.output, "look at the output schema") {
      let served = Verdict.ok("lists can be published in schema \(schema)")
      let found = try connection.execute(SQL.Check.outputRights, schema)
      guard let rights = found.first else {
        guard try connection.execute(SQL.Check.mayCreateSchema).value() else {
          throw BatchError(
            .permission, "there is no schema \(schema), and the role may not make one",
            advice: "CREATE SCHEMA \(schema) AUTHORIZATION the role of the job")
        }
        return served
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
      return served
    }
  }

  mutating func checkLock(_ job: Job, _ connection: Connection, isMigrated: Bool) {
    attempt(.lock, "look whether another run is at work", isMigrated: isMigrated) {
      guard let holder = try LockHolder.find(job.name, on: connection) else {
        return .ok("no other run of job \(job.name) is at work")
      }
      return .warn(
        "a run of job \(job.name) is at work: \(holder.application), server process "
          + "\(holder.pid), since \(holder.since)",
        advice: "a run started now would end with 75")
    }
  }

  /// What readers see now, and how the last run ended.
  mutating func checkLists(_ job: Job, _ connection: Connection, isMigrated: Bool) {
    attempt(.lists, "look at what is served", isMigrated: isMigrated) {
      let seen = try LivePointer.read(job: job.name, slot: Job.mainSlot, on: connection)
      let runs = try connection.execute(SQL.Check.lastRun, job.name)
      let served = "served: \(seen.stillServed)"
      guard let last = try runs.first?.decode(as: LastRun.self), last.runID != seen.runID else {
        return .ok(served)
      }
      let ended = "; run \(last.runID) of \(last.startedAt) was \(last.status.rawValue)"
      switch last.status {
      case .refused, .failed, .abandoned:
        return .warn(
          served + ended + last.reason,
          advice: "ncf-batch runs shows the last runs and why each ended as it did")
      default: return .ok(served + ended)
      }
    }
  }

  /// Whose choice of a method the next night takes over, or why it searches.
  mutating func checkMethod(_ job: Job, _ connection: Connection, isMigrated: Bool) {
    attempt(.method, "look at the choice of a method", isMigrated: isMigrated) { [threads] in
      guard job.method == .auto else { return .ok("the job names it: \(job.method.rawValue)") }
      switch try ChoiceReader(on: connection).standing(of: job, RunRequest(threads: threads)) {
      case .kept(let found):
        return .ok("the choice of \(found.origin): \(found.choice.method.words)")
      case .due(let reason): return .ok("\(reason), in \(job.auto.budget) at most")
      }
    }
  }

  /// How the last run of a job ended.
  private struct LastRun: Decodable {
    let runID: Int64
    let status: RunStatus
    let startedAt: String
    /// A colon and the reason; empty without one.
    let reason: String
  }
}
