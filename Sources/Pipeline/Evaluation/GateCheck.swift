import Jobs
import RunSupport
import Source
import Store

/// Has the gate decide whether a model may be published, and records the decision.
struct GateCheck {
  private let context: RunContext
  private let record: RunRecord
  private let rival: Int64?

  /// A check of a run's model.
  ///
  /// - Parameters:
  ///   - context: the run.
  ///   - record: where the decision is recorded.
  ///   - rival: the run that it is compared with; nil for none.
  init(_ context: RunContext, _ record: RunRecord, rival: Int64?) {
    (self.context, self.record, self.rival) = (context, record, rival)
  }

  /// Decides.
  ///
  /// - Parameters:
  ///   - trained: the model.
  ///   - evaluated: how good it is.
  ///   - pulled: what was pulled.
  /// - Returns: why the gate refuses a model that is published by force; nil when it does not refuse.
  /// - Throws: `EarlyEnd` when it refuses; `BatchError`, `PostgresError`.
  func run(_ trained: Trained, _ evaluated: Evaluated, _ pulled: Dataset) throws -> String? {
    let live = try rival.flatMap { run in
      try context.connected(for: "gate") { connection in
        try LiveFigures.read(
          run: run, evaluationK: context.job.evaluation.k, countingUpTo: context.job.output.k,
          in: context.job.output.schema, on: connection)
      }
    }
    let figures = Gate.Figures(trained, evaluated, pulled, against: live, context)
    let verdict = Gate.decide(figures, limits: context.job.gate)
    let isForced = context.request.force
    try record.gate(GateRecord(verdict, on: figures, live: rival, isForced: isForced).json())
    guard case .refuse(let reasons) = verdict else { return nil }
    guard isForced else {
      throw EarlyEnd.refused(reasons: reasons, metrics: evaluated.metrics)
    }
    let reason = reasons.joined(separator: "; ")
    context.warning("published by force, though: \(reason)")
    return reason
  }
}
