import Interactions
import Jobs
import Postgres
import Ranking
import Recommenders
import RunSupport
import Source
import Store

/// Stage 5: make the lists.
///
/// In: the model that lists are made with, the one that is stored, who gets a list, what may be in it,
/// and all that the pull knows of each user. Out: how many rows went live. Durable: all
/// of it or nothing that readers see. A first transaction fills the run's own tables and attaches them;
/// a second one stores its model, metrics and status and moves the pointer, once no reader is left whose
/// plan is older than the first. Readers never wait: the tables are filled while nobody can see them, and
/// attaching them and moving the pointer take locks that readers don't hold.
struct PublishStage {
  /// How often the short last steps are tried when a lock is not to be had within 200 ms.
  private static let locks = RetryPolicy(
    tries: 40, pause: 120, step: 20, kinds: [.lockTimeout, .conflict])

  /// The run.
  let context: RunContext
  /// Its number.
  let runID: Int64
  /// What was pulled.
  let pulled: Pulled
  /// The pointer as it was when the run began.
  let seen: LivePointer
  /// Metrics to be written with it.
  let metrics: [MetricRow]
  /// Why the gate would have refused; nil when it did not.
  let forcedReason: String?
  /// What makes probabilities of the model's scores; nil when nobody could be tested.
  let calibration: Calibration?
  /// What is stored for later nights.
  let stored: StoredModel
  /// When the stage began.
  let began: Double
  /// Makes sure that the run is still the one that may publish; called before each try.
  let fence: () throws -> Void

  /// What lists are made of: newcomers included.
  private var offered: Pulled { pulled.offered }

  /// Publishes; all of it again when the connection is lost on the way.
  ///
  /// - Throws: `BatchError`, `PostgresError`; nothing has changed then, unless the message says that
  ///   the outcome is not known.
  func run(_ model: PublishedModel) throws -> Published {
    var made: Sent?
    return try context.retrier.attempt("publish") {
      try fence()
      return try context.watched(for: "publish") { try publish(model, &made, on: $0) }
    }
  }

  /// Publishes once; tables that an earlier try has made are used when they are there.
  private func publish(
    _ model: PublishedModel, _ made: inout Sent?, on connection: Connection
  ) throws -> Published {
    let sql = try SQL.Output(schema: context.job.output.schema, on: connection)
    try OutputRelations(
      context.job, users: pulled.users.kind, items: pulled.items.kind, on: connection
    ).ensure()
    let model = pulled.features?.extended(model) ?? model
    let sent: Sent
    if let made, try areThere(sql, on: connection) {
      sent = made
    } else {
      sent = try makeTables(sql, model, &made, on: connection)
    }
    do {
      context.observer.observe(.reached(.attached))
      try Readers(sql, context).letOldPlansEnd(on: connection)
      return try goLive(sql, sent, on: connection)
    } catch {
      // Where the connection failed, another would, and the next run removes what is there.
      if (Retryable.cause(of: error) as? PostgresError)?.isOfConnection != true {
        context.interruption.forget(connection)
        for left in Retention(context: context).withdraw(runID) {
          context.notice(left)
        }
      }
      throw error
    }
  }

  /// What was sent for readers, in rows and bytes.
  private typealias Sent = (rows: Int, bytes: Int)

  /// Fills the run's own tables and makes them part of what is kept, in one transaction; readers of the
  /// views don't look there yet.
  private func makeTables(
    _ sql: SQL.Output, _ model: PublishedModel, _ made: inout Sent?, on connection: Connection
  ) throws -> Sent {
    // Where the COMMIT was not answered, the next try finds out whether they are there.
    try Retryable.commit {
      try connection.transaction {
        let sent = try fillTables(sql, model, on: connection)
        made = sent
        return sent
      }
    }
  }

  /// Whether the run's tables are part of what is kept already.
  private func areThere(_ sql: SQL.Output, on connection: Connection) throws -> Bool {
    try filled(sql).allSatisfy { parent in
      try connection.execute(SQL.Output.isAttached, sql.child(runID, of: parent)).value()
    }
  }

  private func fillTables(
    _ sql: SQL.Output, _ model: PublishedModel, on connection: Connection
  ) throws -> Sent {
    let output = context.job.output
    let lists = try make(sql, sql.lists, most: output.k, on: connection) {
      try ListWriter(
        context: context, runID: runID, pulled: offered,
        popular: PopularLists(offered, k: output.k), k: output.k, calibration: calibration
      ).copy(model, into: $0, on: connection)
    }
    context.observer.observe(.reached(.filled))
    var bytes = lists.bytes
    bytes += try make(sql, sql.similar, most: output.similar, on: connection) {
      try SimilarWriter(
        context: context, runID: runID, items: offered.items, eligible: offered.catalogue.eligible
      ).copy(model, into: $0, on: connection)
    }.bytes
    if output.vectors { bytes += try fillVectors(sql, model, on: connection) }
    try context.interruption.check()
    try tryingForLocks(on: connection) {
      for parent in filled(sql) { try connection.execute(sql.attach(runID, to: parent)) }
    }
    return (lists.rows, bytes)
  }

  /// Moves the pointer to the run's tables, with all that is to be known of the run, in one transaction.
  private func goLive(
    _ sql: SQL.Output, _ sent: Sent, on connection: Connection
  ) throws -> Published {
    var transaction: String?
    var published: Published?
    do {
      try connection.transaction {
        transaction = try connection.execute(SQL.Session.currentTransaction).value()
        try fillPopular(sql, PopularLists(offered, k: context.job.output.k), on: connection)
        let modelBytes = try stored.save(run: runID, on: connection)
        context.observer.observe(.reached(.stored))
        try context.interruption.check()
        // From here on a request to stop comes too late: what is left is short.
        context.interruption.forget(connection)
        let stage = StageRecord(
          stage: .publish, seconds: context.clock() - began, rows: sent.rows,
          bytes: sent.bytes + modelBytes, peakRSSBytes: ProcessUsage.peakRSSBytes)
        let generation = try tryingForLocks(on: connection) {
          try makeLive(stage, on: connection)
        }
        published = Published(rows: sent.rows, generation: generation, stage: stage)
        context.observer.observe(.reached(.moved))
      }
    } catch let error as PostgresError where error.kind == .commitUnknown {
      // If it was rolled back, it may be done again like any work whose connection was lost.
      guard try CommitOutcome(context).wasCommitted(transaction, error) else {
        throw Retryable(error)
      }
    }
    guard let published else { throw BatchError(.software, "publishing gave no result") }
    return published
  }

  /// The vectors whose product is a part of the model's score, in tables of the run's own.
  private func fillVectors(
    _ sql: SQL.Output, _ model: PublishedModel, on connection: Connection
  ) throws -> Int {
    let writer = VectorWriter(model, context: context, runID: runID, pulled: pulled)
    if writer.width == 0 {
      context.notice(
        "this model's scores are no product of vectors: user_vectors, item_vectors are empty")
    }
    let users = try make(sql, sql.userVectorRows, most: 1, on: connection) {
      try writer.copyUsers(into: $0, on: connection)
    }
    let items = try make(sql, sql.itemVectorRows, most: 1, on: connection) {
      try writer.copyItems(into: $0, on: connection)
    }
    return users.bytes + items.bytes
  }

  /// What has a table of this run.
  private func filled(_ sql: SQL.Output) -> [SQL.Output.Parent] {
    context.job.output.vectors ? sql.parents : [sql.lists, sql.similar]
  }

  /// Makes a table of the run's own, has it filled, and compares what it holds with what was sent.
  private func make(
    _ sql: SQL.Output, _ parent: SQL.Output.Parent, most: Int, on connection: Connection,
    fill: (_ copy: String) throws -> SentRows
  ) throws -> SentRows {
    try connection.executeScript(sql.createChild(runID, of: parent))
    let sent = try fill(sql.copy(runID, into: parent))
    try connection.execute(sql.keyChild(runID, of: parent))
    try connection.execute(sql.analyzeChild(runID, of: parent))
    let found = try connection.execute(sql.countChild(runID, of: parent)).row()
    let (rows, lists) = (try found.decode(Int.self, "rows"), try found.decode(Int.self, "lists"))
    guard rows == sent.rows, lists == sent.lists, try found.decode(Int.self, "most") <= most else {
      throw BatchError(
        .software,
        "\(sql.child(runID, of: parent)) holds \(rows) rows of \(lists) lists, sent were "
          + "\(sent.rows) of \(sent.lists)")
    }
    return sent
  }

  /// The most popular items that may be listed.
  private func fillPopular(
    _ sql: SQL.Output, _ popular: PopularLists, on connection: Connection
  ) throws {
    let items = offered.items
    _ = try connection.copyIn(sql.copy(runID, into: sql.popular)) { writer in
      for (place, item) in popular.order.prefix(max(100, context.job.output.k)).enumerated() {
        try writer.beginRow(columns: 4)
        try writer.write(runID)
        try writer.writeInt32(Int32(place + 1))
        try writer.write(items, at: Int(item))
        try writer.writeFloat(Float(popular.popularity(of: item)))
      }
    }
  }

  /// The short end: pointer and records.
  private func makeLive(_ stage: StageRecord, on connection: Connection) throws -> Int64 {
    let generation = try seen.move(to: runID, for: .publish, on: connection)
    try RunRecord.insert(metrics, run: runID, on: connection)
    try RunRecord.insert(stage, run: runID, on: connection)
    try RunRecord.finish(
      .published, .success, reason: forcedReason.map { "forced: " + $0 }, run: runID,
      on: connection)
    return generation
  }

  /// Does what takes locks that others may hold, and tries again when one is not to be had at once.
  private func tryingForLocks<Value>(
    on connection: Connection, _ body: () throws -> Value
  ) throws -> Value {
    try Retrier(Self.locks, context.interruption) {
      [observer = context.observer] _, _, failures, _ in
      guard failures == 1 else { return }
      observer.observe(.notice("somebody holds a lock on the lists or the pointer; trying again"))
    }.attempt {
      try connection.savepoint("short") {
        try connection.execute(SQL.Session.setLocal, "lock_timeout", "200ms")
        return try body()
      }
    }
  }
}

/// What became visible to readers.
struct Published {
  /// Rows of lists.
  let rows: Int
  /// The pointer's generation.
  let generation: Int64
  /// The stage's own record, written with the rest.
  let stage: StageRecord
}
