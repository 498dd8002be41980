import Jobs

/// How a run ends that does not fail.
enum RunEnd {
  /// Its lists are live; `forced` says why the gate would have refused it had it not been forced.
  case published(Published, metrics: [MetricRow], forced: String?)
  /// Its model is to be stored and nothing is to be published.
  case trained(StoredModel, metrics: [MetricRow])
  /// A step found that there is nothing more to do.
  case early(EarlyEnd)
}

/// An end that a step finds before the run's last step; the step throws it.
struct EarlyEnd: Error {
  /// The status that is recorded.
  let status: RunStatus
  /// What the process returns.
  var exitCode = ExitCode.success
  /// Why the run ends here.
  let reason: String
  /// The model's figures, as far as it was evaluated.
  var metrics: [MetricRow] = []

  /// The log has nothing new to train on.
  static func skipped(reason: String) -> EarlyEnd { EarlyEnd(status: .skipped, reason: reason) }

  /// The model must not be published.
  static func refused(reasons: [String], metrics: [MetricRow] = []) -> EarlyEnd {
    EarlyEnd(
      status: .refused, exitCode: .refused, reason: reasons.joined(separator: "; "),
      metrics: metrics)
  }
}
