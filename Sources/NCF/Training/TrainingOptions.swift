/// The rule by which parameters move.
package enum Optimizer: String, Sendable, Equatable, Codable, CaseIterable {
  /// Adam; for embeddings on the rows that a batch touches, for the tower on all of it.
  case adam
  /// Adam on every row of the embeddings at every step, touched or not, as Adam was published: slow,
  /// and what `adam` is held against.
  case denseAdam = "adam_dense"
  /// Plain stochastic gradient descent, as the paper fine-tunes.
  case sgd
}

/// How one phase of training goes: pre-training of a part, or training of the joint model.
package struct PhaseOptions: Sendable, Equatable, Codable {
  /// The rule by which parameters move.
  package var optimizer: Optimizer
  /// The step, against the gradient of the mean loss of a batch.
  package var learningRate: Float
  /// How many epochs at most.
  package var epochs: Int
  /// After how many epochs without a better validation NDCG training stops.
  package var patience: Int
  /// What the learning rate is multiplied with after each epoch; 1 keeps it.
  package var decay: Float

  /// Names the settings of a phase.
  package init(
    optimizer: Optimizer, learningRate: Float, epochs: Int, patience: Int, decay: Float = 1
  ) {
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.epochs = epochs
    self.patience = patience
    self.decay = decay
  }

  /// The learning rate of an epoch, counted from 1.
  func learningRate(inEpoch epoch: Int) -> Float {
    var rate = learningRate
    for _ in 1..<max(epoch, 1) { rate *= decay }
    return rate
  }
}

/// How a model is trained.
package struct TrainingOptions: Sendable, Equatable, Codable {
  /// Whether GMF and MLP are trained first and the joint model starts from both.
  package var pretrain: Bool
  /// The share of the GMF in the fused output weights, equation [13].
  package var alpha: Float
  /// Negatives for each positive, drawn anew each epoch.
  package var negatives: Int
  /// Samples in a batch, positives and negatives; rounded down to whole groups of a positive with its
  /// negatives, one group at least.
  package var batch: Int
  /// How GMF and MLP are trained, and a NeuMF that starts from nothing.
  package var pretraining: PhaseOptions
  /// How the fused model is trained further.
  package var joint: PhaseOptions
  /// What every random number follows from.
  package var seed: UInt64

  /// Names the settings of a training.
  package init(
    pretrain: Bool, alpha: Float, negatives: Int, batch: Int, pretraining: PhaseOptions,
    joint: PhaseOptions, seed: UInt64
  ) {
    self.pretrain = pretrain
    self.alpha = alpha
    self.negatives = negatives
    self.batch = batch
    self.pretraining = pretraining
    self.joint = joint
    self.seed = seed
  }
}
