package import Baselines

extension BatchError {
  /// What it means for the caller that a log can't be factorised: other settings are needed.
  package init(_ error: FactorizationError) {
    self.init(.configuration, error.description, advice: error.advice)
  }
}
