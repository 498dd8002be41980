import NCF

extension Job {
  /// Refuses values that can't work, naming the key as `nightly.yaml` spells it.
  ///
  /// - Throws: `BatchError` with exit code 78 for the first value that can't work.
  package func validate() throws(BatchError) {
    try Self.require(
      !name.isEmpty && name.utf8.count <= 63 && !name.utf8.contains(0), "job",
      "a name of 1 to 63 bytes")
    try validateSource()
    try validateLists()
    try validateMethod()
    try validateTraining()
    try validateNightly()
    try Self.require((1...100).contains(evaluation.k), "evaluate.k", "a number from 1 to 100")
    try Self.require(
      (1...100_000).contains(evaluation.sampled), "evaluate.sampled", "a number from 1 to 100000")
    try Self.require(
      gate.tolerance >= 0 && gate.tolerance < 1, "gate.tolerance", "a share from 0 up to 1")
    try Self.require(
      gate.maxShrink >= 0 && gate.maxShrink <= 1, "gate.max_shrink", "a share from 0 to 1")
    try Self.require(
      !output.schema.isEmpty && output.schema.utf8.count <= 63 && !output.schema.utf8.contains(0),
      "output.schema", "a schema name of 1 to 63 bytes")
    try Self.require((1...1000).contains(output.k), "output.k", "a number from 1 to 1000")
    try Self.require(
      (0...1000).contains(output.similar), "output.similar", "a number from 0 to 1000")
    try Self.require(output.keepRuns >= 1, "output.keep_runs", "1 or more: the live run is one")
    try Self.require(output.keepDays >= 0, "output.keep_days", "0 or more")
  }

  private func validateSource() throws(BatchError) {
    switch source.relation {
    case .query(let text):
      try Self.require(Self.hasWords(text), "source.query", "a SELECT")
    case .table(let name, let columns):
      try Self.require(!name.isEmpty, "source.table", "a schema-qualified name")
      if source.events != nil {
        try Self.require(
          columns.event != nil, "source.columns.event_type", "a column, as source.events needs it")
      }
      if source.minValue != nil {
        try Self.require(
          columns.value != nil, "source.columns.value", "a column, as source.min_value needs it")
      }
    }
    try Self.require(source.minInteractions >= 1, "source.min_interactions", "1 or more")
    try Self.require((1...64).contains(source.connections), "source.connections", "1 to 64")
    if let events = source.events {
      try Self.require(
        events.values.allSatisfy { abs($0) <= 1_000_000 }, "source.events",
        "weights from -1000000 to 1000000")
      try Self.require(
        events.values.contains { $0 > 0 }, "source.events",
        "a type with a weight above 0, or nothing would count")
    }
    if let minValue = source.minValue {
      try Self.require(minValue.isFinite, "source.min_value", "a finite number")
    }
    if let most = source.maxPerUser {
      try Self.require(most >= 1, "source.max_per_user", "1 or more")
    }
  }

  private func validateTraining() throws(BatchError) {
    try Self.require(
      training.alpha >= 0 && training.alpha <= 1, "train.alpha", "a share from 0 to 1")
    try Self.require(
      (1...1000).contains(training.negatives), "train.negatives", "a number from 1 to 1000")
    try Self.require(
      (1...10_000_000).contains(training.batch), "train.batch",
      "a number of samples from 1 to 10000000")
    for (key, phase) in [("train", training.pretraining), ("train.finetune", training.joint)] {
      try Self.require(
        phase.learningRate > 0 && phase.learningRate.isFinite, key + ".learning_rate",
        "a number above 0")
      try Self.require(
        (1...100_000).contains(phase.epochs), key + ".epochs", "a number from 1 to 100000")
      try Self.require(phase.patience >= 1, key + ".patience", "1 epoch or more")
      try Self.require(
        phase.decay > 0 && phase.decay <= 1, key + ".decay", "a number above 0, at most 1")
    }
  }

  static func require(
    _ holds: Bool, _ key: String, _ wanted: String
  ) throws(BatchError) {
    if !holds {
      throw BatchError(
        .configuration, "\(key) can't be used", advice: "\(key) must be \(wanted)")
    }
  }
}
