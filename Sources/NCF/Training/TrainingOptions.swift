package import Interactions

/// The rule by which parameters move.
package enum Optimizer: String, Sendable, Equatable, Codable, CaseIterable {
  /// Adam; for embeddings on the rows that a batch touches, for the tower on all of it.
  case adam
  /// Adam on every row of the embeddings at every step, touched or not, as Adam was published: slow,
  /// and what `adam` is held against.
  case denseAdam = "adam_dense"
  /// Plain stochastic gradient descent, as the paper fine-tunes.
  case sgd
  /// Adagrad (Duchi et al. 2011): each parameter's step is divided by the root of the sum of its
  /// squared gradients.
  case adagrad
}

/// What training makes small.
package enum Objective: String, Sendable, Equatable, Codable, CaseIterable {
  /// Log loss [7] of the prediction.
  case log
  /// Weighted squared error [5] of the prediction.
  case squared
  /// `-log sigmoid(positive - negative)`, each positive against each of its negatives (Rendle et al.
  /// 2009); on scores before the link.
  case bpr
  /// `max(0, 1 - positive + negative)`, likewise.
  case margin

  /// Whether it compares a positive's score with its negatives' scores.
  package var isPairwise: Bool { self == .bpr || self == .margin }

  /// How many terms of the mean loss a positive and its negatives make, `size` samples in all.
  func terms(ofGroup size: Int) -> Int { isPairwise ? size - 1 : size }
}

/// What the joint model starts from.
package enum PreTraining: String, Sendable, Equatable, Codable, CaseIterable {
  /// Random numbers.
  case none
  /// A trained GMF and a trained MLP, equation [13].
  case parts
  /// A matrix factorisation in the GMF's place, and a trained MLP.
  case factors
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
    (self.optimizer, self.learningRate, self.decay) = (optimizer, learningRate, decay)
    (self.epochs, self.patience) = (epochs, patience)
  }

  /// The learning rate of an epoch, counted from 1.
  func learningRate(inEpoch epoch: Int) -> Float {
    var rate = learningRate
    for _ in 1..<max(epoch, 1) { rate *= decay }
    return rate
  }
}

/// How a model is trained.
package struct TrainingOptions: Sendable, Equatable {
  /// What the joint model starts from.
  package var pretrain: PreTraining
  /// The share of the GMF in the fused output weights, equation [13]; 1 starts from the GMF alone.
  ///
  /// nil leaves the choice to validation, among shares that hold each part alone.
  package var alpha: Float?
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
  /// What training makes small.
  package var objective: Objective = .log
  /// How negatives are drawn.
  package var sampling: NegativeSampling = .uniform
  /// Adds `l2 / 2` times the squares of both embeddings to the loss of each sample.
  ///
  /// A row is thus held back as often as samples name it, and not at all in a step without it. For
  /// pairwise objectives the user's row counts once a pair, an item's row once a draw.
  package var l2Embeddings: Float = 0
  /// Adds `l2 / 2` times the squares of the hidden layers' weights, not of their biases, to the mean
  /// loss of a batch.
  package var l2Tower: Float = 0
  /// The share of the tower's input and of each hidden layer's outputs that a step leaves out.
  ///
  /// What is left is scaled up to keep its mean; scoring leaves nothing out. The user's half of the
  /// input loses the same numbers in all samples of a group.
  package var dropout: Float = 0
  /// The share of steps that leave a row's own part out, where it has content features, so that these
  /// learn to stand alone, as they must for users and items without an own part.
  ///
  /// Who is left out is drawn for each row and batch; scoring leaves nothing out.
  package var ownDropout: Float = 0.2
  /// Decay, per epoch, of a mean of the epochs' weights that is judged and kept instead of the
  /// weights themselves; 0 for none.
  ///
  /// The mean begins with the first epoch's weights, in the joint phase of a fused model with the
  /// fused start.
  package var averaging: Float = 0
  /// Whether, once the epochs are chosen, the model is trained again on training and validation.
  package var refit: Bool = false

  /// Names the settings of a training that have no default.
  package init(
    pretrain: PreTraining, alpha: Float?, negatives: Int, batch: Int, pretraining: PhaseOptions,
    joint: PhaseOptions, seed: UInt64
  ) {
    (self.pretrain, self.alpha, self.seed) = (pretrain, alpha, seed)
    (self.negatives, self.batch) = (negatives, batch)
    (self.pretraining, self.joint) = (pretraining, joint)
  }
}

extension TrainingOptions: Codable {
  private enum CodingKeys: CodingKey {
    case pretrain, alpha, negatives, batch, pretraining, joint, seed
    case objective, sampling, l2Embeddings, l2Tower, dropout, averaging, refit, ownDropout
  }

  /// Reads settings; keys that older runs lack have their defaults, and `pretrain` may be a flag.
  package init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    let pretrain: PreTraining
    if let flag = try? keys.decode(Bool.self, forKey: .pretrain) {
      pretrain = flag ? .parts : .none
    } else {
      pretrain = try keys.decode(PreTraining.self, forKey: .pretrain)
    }
    self.init(
      pretrain: pretrain,
      alpha: try keys.decodeIfPresent(Float.self, forKey: .alpha),
      negatives: try keys.decode(Int.self, forKey: .negatives),
      batch: try keys.decode(Int.self, forKey: .batch),
      pretraining: try keys.decode(PhaseOptions.self, forKey: .pretraining),
      joint: try keys.decode(PhaseOptions.self, forKey: .joint),
      seed: try keys.decode(UInt64.self, forKey: .seed))
    func read<Value: Decodable>(_ key: CodingKeys, _ target: inout Value) throws {
      if let value = try keys.decodeIfPresent(Value.self, forKey: key) { target = value }
    }
    try read(.objective, &objective)
    try read(.sampling, &sampling)
    try read(.l2Embeddings, &l2Embeddings)
    try read(.l2Tower, &l2Tower)
    try read(.dropout, &dropout)
    try read(.averaging, &averaging)
    try read(.refit, &refit)
    try read(.ownDropout, &ownDropout)
  }
}
