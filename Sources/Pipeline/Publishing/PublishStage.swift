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
  /// Where it is recorded.
  let record: RunRecord
  /// Keeps other runs of the job away.
  let lock: JobLock
  /// What was pulled.
  let pulled: Dataset
  /// The pointer as it was when the run began.
  let seen: LivePointer
  /// Metrics to be written with it.
  let metrics: [MetricRow]
  /// Why the gate would have refused; nil when it did not.
  let forcedReason: String?
  /// What makes probabilities of the model's scores.
  let calibration: Calibration
  /// What rivals would have listed, for a sample of the users.
  let rivals: [RivalList]
  /// What is stored for later nights.
  let stored: StoredModel
  /// When the stage began.
  let began: Double

  private var runID: Int64 { record.runID }

  /// Who gets a list and of what.
  private var serving: ServingView { pulled.serving }

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

  /// Makes sure that no other run has taken over while this one was busy, or cut off.
  private func fence() throws {
    if try lock.keep() {
      context.warning("the connection that held the job's lock was lost; the lock was taken again")
    }
    try record.checkRunning()
  }

  /// Publishes once; tables that an earlier try has made are used when they are there.
  private func publish(
    _ model: PublishedModel, _ made: inout Sent?, on connection: Connection
  ) throws -> Published {
    let tables = try RunTables(of: runID, context.job.output, on: connection)
    try OutputRelations(
      context.job, users: pulled.users.kind, items: pulled.items.kind, on: connection
    ).ensure()
    let model = serving.extended(model)
    let sent: Sent
    if let made, try tables.areAttached() {
      sent = made
    } else {
      sent = try makeTables(tables, model, &made, on: connection)
    }
    do {
      context.observer.observe(.reached(.attached))
      try Readers(context).letOldPlansEnd(on: connection)
      return try goLive(tables, sent, on: connection)
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
    _ tables: RunTables, _ model: PublishedModel, _ made: inout Sent?, on connection: Connection
  ) throws -> Sent {
    // Where the COMMIT was not answered, the next try finds out whether they are there.
    try Retryable.commit {
      try connection.transaction {
        let sent = try fillTables(tables, model, on: connection)
        made = sent
        return sent
      }
    }
  }

  private func fillTables(
    _ tables: RunTables, _ model: PublishedModel, on connection: Connection
  ) throws -> Sent {
    let output = context.job.output
    let lists = try tables.make(.lists, most: output.k) {
      try ListWriter(
        context: context, runID: runID, serving: serving,
        popular: PopularLists(serving, k: output.k), k: output.k, calibration: calibration
      ).copy(model, into: $0, on: connection)
    }
    context.observer.observe(.reached(.filled))
    var bytes = lists.bytes
    bytes += try tables.make(.similar, most: output.similar) {
      try SimilarWriter(
        context: context, runID: runID, items: serving.items, eligible: serving.catalogue.eligible
      ).copy(model, into: $0, on: connection)
    }.bytes
    if output.vectors { bytes += try fillVectors(tables, model, on: connection) }
    try context.interruption.check()
    try tryingForLocks(on: connection) { try tables.attach() }
    return (lists.rows, bytes)
  }

  /// Moves the pointer to the run's tables, with all that is to be known of the run, in one transaction.
  private func goLive(
    _ tables: RunTables, _ sent: Sent, on connection: Connection
  ) throws -> Published {
    var transaction: String?
    var published: Published?
    do {
      try connection.transaction {
        transaction = try connection.currentTransaction()
        try fillPopular(tables, PopularLists(serving, k: context.job.output.k))
        let modelBytes = try stored.save(run: runID, on: connection)
        try connection.writeRivalLists(
          rivals, run: runID, user: { serving.users.id(of: $0) }, items: serving.items)
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
    _ tables: RunTables, _ model: PublishedModel, on connection: Connection
  ) throws -> Int {
    let writer = VectorWriter(model, context: context, runID: runID, serving: serving)
    if writer.width == 0 {
      context.notice(
        "this model's scores are no product of vectors: user_vectors, item_vectors are empty")
    }
    let users = try tables.make(.userVectors, most: 1) {
      try writer.copyUsers(into: $0, on: connection)
    }
    let items = try tables.make(.itemVectors, most: 1) {
      try writer.copyItems(into: $0, on: connection)
    }
    return users.bytes + items.bytes
  }

  /// The most popular items that may be listed.
  private func fillPopular(_ tables: RunTables, _ popular: PopularLists) throws {
    let items = serving.items
    try tables.copyPopular { writer in
      for (place, item) in popular.order.prefix(max(100, context.job.output.k)).enumerated() {
        try writer.beginRow(columns: 4)
        try writer.write(runID)
        try writer.writeInt32(Int32(place + 1))
        try writer.write((items, Int(item)))
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
      try connection.shortSavepoint(body)
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
