package import Jobs
package import NCF
package import Postgres
package import RunSupport

/// Writes what becomes of a run into `ncf.runs` and its companions.
///
/// It keeps a connection of its own between writes, and opens another when that one was lost, so that
/// a failure of the run's work can still be recorded.
package final class RunRecord {
  /// Number of the run.
  package let runID: Int64
  private let retrier: Retrier
  private let parameters: ConnectionParameters
  private var connection: Connection?

  /// Inserts the run's row, status `running`.
  ///
  /// - Parameters:
  ///   - request: what was asked of the run.
  ///   - job: what it goes by.
  ///   - seed: of everything drawn at random.
  ///   - experiment: its name, for a run of kind `experiment`; nil for a night or a backfill.
  ///   - live: the run that is live as this one begins.
  ///   - connection: used on for later writes.
  ///   - retrier: how often a write is tried again.
  ///   - parameters: where the server is, for another connection.
  /// - Throws: `PostgresError`, `EncodingError`.
  package init(
    beginning request: RunRequest, job: Job, seed: UInt64, experiment: String? = nil,
    live: Int64? = nil, on connection: Connection, retrier: Retrier,
    parameters: ConnectionParameters
  ) throws {
    let kind = experiment == nil ? request.kind : .experiment
    runID = try connection.execute(
      SQL.Runs.insert, job.name, kind, request.host, request.version,
      RunConfiguration(job: job, request: request, experiment: experiment).json(), seed,
      request.slot, live
    ).value()
    (self.connection, self.retrier, self.parameters) = (connection, retrier, parameters)
  }

  /// Runs statements, on a fresh connection when the kept one turns out to be lost, and again where a
  /// failure may pass; so each must be one that can be run twice.
  private func write<R>(_ body: (Connection) throws -> R) throws -> R {
    try retrier.attempt("record run \(runID)") {
      if let kept = connection, kept.isAlive {
        do {
          return try body(kept)
        } catch let error as PostgresError where error.kind == .connection {
          connection = nil
        }
      }
      let fresh = try Connection(parameters, applicationName: "ncf-batch/record")
      connection = fresh
      return try body(fresh)
    }
  }

  /// Runs a statement whose `$1` is the run; it must be one that can be run twice.
  private func write(_ sql: String, _ values: (any ColumnValue)?...) throws {
    try write { _ = try $0.execute(sql, [runID] + values) }
  }

  /// Makes sure that no later run has taken this one for dead.
  ///
  /// - Throws: `BatchError` (75) when one has; `PostgresError`.
  package func checkRunning() throws {
    guard try status() == .running else { throw Self.takenOver(runID) }
  }

  private func status() throws -> RunStatus? {
    try write { try $0.execute(SQL.Runs.status, runID).valueIfPresent() }
  }

  private static func takenOver(_ run: Int64) -> BatchError {
    BatchError(
      .temporary, "run \(run) is no longer marked running: a later run took over",
      advice: "look at ncf-batch runs; start again if the later run did not publish")
  }

  /// Records what the pull read; a backfill has no watermark.
  ///
  /// - Parameters:
  ///   - counts: rows, users and items.
  ///   - snapshot: the snapshot that it was read in.
  ///   - features: counts of content features, as JSON; nil without any.
  ///   - isBackfill: whether the run has no watermark.
  /// - Throws: `PostgresError`.
  package func pulled(
    _ counts: PullCounts, snapshot: String, features: String?, isBackfill: Bool = false
  ) throws {
    try write(
      SQL.Runs.recordPull, snapshot, isBackfill ? nil : counts.watermark, counts.rowsRead,
      counts.rowsUsed, counts.rejectedJSON, counts.users, counts.items, counts.coldUsers, features)
  }

  /// Records how many users get the popular list.
  ///
  /// - Throws: `PostgresError`.
  package func popularLists(_ users: Int) throws {
    try write(SQL.Runs.recordPopularLists, users)
  }

  /// Records what the gate decided, and on what, as JSON.
  ///
  /// - Throws: `PostgresError`.
  package func gate(_ json: String) throws {
    try write(SQL.Runs.recordGate, json)
  }

  /// Records the method that the run trains, as JSON, and the run whose search chose it.
  ///
  /// - Throws: `PostgresError`.
  package func choice(_ json: String, searchedBy run: Int64) throws {
    try write(SQL.Runs.recordChoice, json, run)
  }

  /// Records what was held out, as JSON.
  ///
  /// - Throws: `PostgresError`.
  package func holdout(_ json: String) throws {
    try write(SQL.Runs.recordHoldout, json)
  }

  /// Records simple methods beside the run's model.
  ///
  /// - Throws: `PostgresError`.
  package func rivals(_ rows: [RivalRow]) throws {
    for row in rows {
      try write(
        SQL.Runs.insertRival, row.rival, row.settings, row.k, row.users, row.hr, row.ndcg,
        row.modelNdcg, row.pValue)
    }
  }

  /// Records what makes probabilities of the model's scores, as JSON.
  ///
  /// - Throws: `PostgresError`.
  package func scores(_ json: String) throws {
    try write(SQL.Runs.recordScores, json)
  }

  /// Records how the run trains, and what it found new.
  ///
  /// - Throws: `PostgresError`.
  package func lineage(_ row: LineageRow) throws {
    try write(
      SQL.Lineage.record, row.mode, row.reason, row.parent, row.interactions, row.late, row.new,
      row.replayed)
  }

  /// Records whose training the run goes on with.
  package func resumed(_ stopped: Int64) throws {
    try write(SQL.Checkpoints.recordResumption, stopped)
  }

  /// Records an epoch; figures that are not numbers become NULL.
  package func epoch(_ epoch: EpochRecord) throws {
    func number(_ value: Double) -> Double? { value.isFinite ? value : nil }
    try write(
      SQL.Runs.insertEpoch, epoch.phase, epoch.isRefit, epoch.epoch, number(epoch.loss),
      number(epoch.hr), number(epoch.ndcg), epoch.seconds, epoch.samplesPerSecond, epoch.samples)
  }

  /// Records a stage.
  package func stage(_ stage: StageRecord) throws {
    try write { connection in try Self.insert(stage, run: runID, on: connection) }
  }

  /// Records how the run ended without publishing, with its metrics and its model if it has them.
  ///
  /// - Throws: `BatchError` (75) when a later run has marked this one abandoned; `PostgresError`.
  package func finish(
    _ status: RunStatus, exitCode: ExitCode, reason: String?, metrics: [MetricRow] = [],
    save: (Connection) throws -> Void = { _ in }
  ) throws {
    func end() throws {
      try write { connection in
        try connection.transaction {
          try save(connection)
          try Self.insert(metrics, run: runID, on: connection)
          try Self.finish(status, exitCode, reason: reason, run: runID, on: connection)
        }
      }
    }
    do {
      try end()
    } catch let error as PostgresError where error.kind == .commitUnknown {
      // The run's own row tells whether that COMMIT took place.
      if try self.status() != status { try end() }
    }
  }

  /// Sets a run's final status, inside the caller's transaction.
  ///
  /// - Throws: `BatchError` (75) when the run is no longer marked running; `PostgresError`.
  package static func finish(
    _ status: RunStatus, _ exitCode: ExitCode, reason: String?, run: Int64,
    on connection: Connection
  ) throws {
    let updated = try connection.execute(
      SQL.Runs.finish, run, status, Int(exitCode.rawValue), reason)
    guard updated.affectedRows == 1 else { throw takenOver(run) }
  }

  /// Writes a stage's row.
  package static func insert(_ stage: StageRecord, run: Int64, on connection: Connection) throws {
    try connection.execute(
      SQL.Runs.insertStage, run, stage.stage, stage.seconds, stage.rows, stage.bytes,
      stage.peakRSSBytes)
  }

  /// Writes metrics; figures that are not numbers are left out.
  package static func insert(_ metrics: [MetricRow], run: Int64, on connection: Connection) throws {
    let rows = metrics.filter { $0.value.isFinite }
    guard !rows.isEmpty else { return }
    _ = try connection.copyIn(SQL.Runs.copyMetrics) { writer in
      for row in rows {
        try writer.beginRow(columns: 10)
        try writer.write(run)
        for text in [row.model, row.split.rawValue, row.proto.rawValue, row.metric.rawValue] {
          try writer.writeText(text)
        }
        try writer.writeInt32(Int32(row.k))
        try writer.writeDouble(row.value)
        if let confidence = row.confidence {
          try writer.writeDouble(confidence.lowerBound)
          try writer.writeDouble(confidence.upperBound)
        } else {
          try writer.writeNull()
          try writer.writeNull()
        }
        try writer.write(Int64(row.n))
      }
    }
  }
}
