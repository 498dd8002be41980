package import Interactions
package import Jobs
package import Postgres
import Recommenders
import RunSupport

/// Removes users from everything that a job keeps: lists of all kept runs, and stored models.
///
/// What the source holds of them is not touched: the next run learns from whatever is there.
package struct Forgetting {
  /// What was removed.
  package struct Outcome: Sendable, Equatable {
    /// Name of the job.
    package let job: String
    /// How many of those named there was something of.
    package let users: Int
    /// Rows of lists.
    package let rows: Int
    /// Stored models that knew one of them, and are now without.
    package let models: Int
    /// Runs whose stored models could not be read and were dropped whole.
    package let droppedModels: [Int64]
  }

  private let parameters: ConnectionParameters
  private let job: Job

  /// A job that is to forget.
  ///
  /// - Parameters:
  ///   - parameters: where the server is.
  ///   - job: what keeps lists and models.
  package init(_ parameters: ConnectionParameters, job: Job) {
    (self.parameters, self.job) = (parameters, job)
  }

  /// Forgets users, all of them or none.
  ///
  /// - Parameter users: ids in text form.
  /// - Returns: what was removed.
  /// - Throws: `BatchError`: 75 when a run or a backtest of the job is at work, which may know them, 65 when a text is
  ///   no id of the source's type; nothing has changed then.
  package func forget(_ users: [String]) throws(BatchError) -> Outcome {
    try BatchError.mapping("forget users of job \(job.name)") {
      let lock = JobLock(job.name, parameters, for: "forget-lock")
      // The lock is a connection's: it lasts as long as the work.
      defer { withExtendedLifetime(lock) {} }
      let connection = try Migrator(parameters).verifiedConnection("forget")
      try lock.take()
      // A backtest writes down whom it judged by, night by night; the lock ends with the connection.
      guard try connection.tryAdvisoryLock(AdvisoryKey.experiment(job.name)) else {
        throw BatchError(
          .temporary,
          "a backtest or experiment of job \(job.name) is at work, which may know the users",
          advice: "wait for it to end, or stop it; what it has finished is kept")
      }
      let done = try ForgettingWork(job, on: connection).forget(.named(users), run: nil)
      return Outcome(
        job: job.name, users: done.users.count, rows: done.rows, models: done.models,
        droppedModels: done.dropped.map(\.run))
    }
  }
}

/// Removes users from everything that a job keeps, inside one transaction.
package struct ForgettingWork {
  /// What was removed.
  package struct Done {
    /// Ids of those of whom there was something.
    package var users: Set<String> = []
    /// Rows of lists.
    package var rows = 0
    /// Stored models that knew one of them.
    package var models = 0
    /// Runs whose stored models were dropped, since they could not be read; and why.
    package var dropped: [(run: Int64, reason: String)] = []
  }

  /// Whom to forget.
  package enum Whom {
    /// These, in text form.
    case named([String])
    /// All but these.
    case absent(from: Vocabulary)
  }

  private let job: Job
  private let connection: Connection
  private let sql: SQL.Output
  private let store: ModelStore

  /// Work on what a job keeps.
  package init(_ job: Job, on connection: Connection) throws(PostgresError) {
    (self.job, self.connection) = (job, connection)
    sql = try SQL.Output(schema: job.output.schema, on: connection)
    store = ModelStore(on: connection)
  }

  /// Removes users from the lists of all kept runs and from all stored models, and records how many.
  ///
  /// - Parameters:
  ///   - whom: who they are.
  ///   - run: the run that asks for it; nil for a command.
  /// - Returns: what was removed.
  /// - Throws: `BatchError`, `PostgresError`; nothing has changed then.
  package func forget(_ whom: Whom, run: Int64?) throws -> Done {
    var done = Done()
    var changed: [Table] = []
    let tables = try sql.namingUsers.flatMap { try keptTables(of: $0) }
    try connection.transaction {
      changed = try tables.filter { try removeRows($0, whom, &done) }
      try removeFromModels(whom, &done)
      try removeServed(whom, &done)
      // A training under way may know anybody; the next run begins anew.
      if run == nil {
        try CheckpointStore(on: connection).deleteAll(of: job.name, except: nil)
      }
      if run == nil || !done.users.isEmpty || !done.dropped.isEmpty {
        try connection.execute(
          SQL.Forgetting.record, job.name, run, done.users.count, done.rows, done.models)
      }
    }
    // What is deleted stays in the files until it is vacuumed. Whoever reads is not in the way.
    for table in changed {
      try connection.execute(sql.vacuum(table.run, of: table.parent))
    }
    return done
  }

  /// A run's table that names users.
  private struct Table {
    let run: Int64
    let parent: SQL.Output.Parent
    /// The type of the users' ids.
    let type: String
  }

  /// The tables of one kind, of all runs of the job.
  private func keptTables(of parent: SQL.Output.Parent) throws -> [Table] {
    try connection.execute(SQL.Forgetting.tables, job.name, job.output.schema, parent.prefix).map {
      Table(run: try $0.decode("run_id"), parent: parent, type: try $0.decode("type"))
    }
  }

  /// Removes users' rows from a table.
  ///
  /// - Returns: whether there were any.
  private func removeRows(_ table: Table, _ whom: Whom, _ done: inout Done) throws -> Bool {
    var isChanged = false
    var ids: [String] = []
    switch whom {
    case .named(let names): ids = names
    case .absent(let present):
      _ = try connection.copyOut(sql.copyUsers(table.run, of: table.parent)) { row in
        var text: [UInt8] = []
        _ = try row.nextBytes { text.append($0) }
        let id = String(decoding: text, as: UTF8.self)
        if present.index(of: id) == nil { ids.append(id) }
      }
    }
    for start in stride(from: 0, to: ids.count, by: 10_000) {
      let some = ids[start..<min(start + 10_000, ids.count)]
      let gone = try connection.execute(
        sql.deleteUsers(table.run, of: table.parent, type: table.type),
        Self.arrayText(some))
      for row in gone {
        done.users.insert(try row.decode("user_id"))
        guard table.parent.prefix == sql.lists.prefix else { continue }
        done.rows += try row.decode("rows")
      }
      if !gone.isEmpty { isChanged = true }
    }
    return isChanged
  }

  /// Removes what is kept of users' first new items and of rivals' lists, and counts days that are not
  /// final without them.
  private func removeServed(_ whom: Whom, _ done: inout Done) throws {
    for table in SQL.Forgetting.servedTables {
      let ids: [String]
      switch whom {
      case .named(let names): ids = names
      case .absent(let present):
        ids = try connection.execute(SQL.Forgetting.servedUsers(of: table), job.name).map {
          try $0.decode("user_id")
        }.filter { present.index(of: $0) == nil }
      }
      for start in stride(from: 0, to: ids.count, by: 10_000) {
        let gone = try connection.execute(
          SQL.Forgetting.deleteServed(from: table), job.name,
          Self.arrayText(ids[start..<min(start + 10_000, ids.count)]))
        for row in gone { done.users.insert(try row.decode("user_id")) }
      }
    }
    // Lists were removed before, so that who is gone from one is in no count any more.
    if !done.users.isEmpty { try ServedCount(job, on: connection).recount() }
  }

  private func removeFromModels(_ whom: Whom, _ done: inout Done) throws {
    for row in try connection.execute(SQL.Forgetting.models, job.name) {
      let run: Int64 = try row.decode("run_id")
      do {
        guard let file = try store.file(run: run),
          let (without, ids) = try DamagedModel.from({
            try file.forgetting { Self.places(of: whom, in: $0) }
          })
        else { continue }
        try store.replace(run: run, with: without)
        done.users.formUnion(ids)
        done.models += 1
      } catch let error as DamagedModel {
        // Nobody can tell who is in it, so it goes; the next night then trains anew.
        try connection.execute(SQL.Models.delete, run)
        done.dropped.append((run, "\(error)"))
      }
    }
  }

  private static func places(of whom: Whom, in users: Vocabulary) -> Set<Int> {
    switch whom {
    case .named(let ids): Set(ids.compactMap { users.index(of: $0) })
    case .absent(let present):
      Set((0..<users.count).filter { present.index(of: users.text(at: $0)) == nil })
    }
  }

  /// Texts as PostgreSQL writes an array of them.
  static func arrayText(_ texts: some Sequence<String>) -> String {
    let quoted = texts.map { text in
      "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
    return "{" + quoted.joined(separator: ",") + "}"
  }
}
