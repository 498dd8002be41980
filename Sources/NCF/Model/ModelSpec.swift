/// What a hidden layer does to its sum.
package enum Activation: String, Sendable, Equatable, Codable, CaseIterable {
  case relu, tanh, sigmoid, identity
}

/// What turns a score into a prediction.
package enum Link: String, Sendable, Equatable, Codable, CaseIterable {
  /// The logistic function.
  case logistic
  /// The normal distribution function.
  case probit
  /// The score itself, which squared loss then holds against 0 and 1.
  case identity
}

/// How GMF and tower come together.
package enum Fusion: String, Sendable, Equatable, Codable, CaseIterable {
  /// Their last layers stand side by side, equation [12].
  case concat
  /// Their values are added inside the activation of one hidden layer, equation [11].
  case sum
}

/// The shape of a neural collaborative filtering model; every model of the paper is a value of it.
///
/// GMF [9] is a width without a tower, MLP [10] a tower without a width, NeuMF [12] both, plain
/// matrix factorisation [2] a width whose output weights are 1. With `p, q` the rows of a user and an
/// item, the score is `h_G . (p_G * q_G) + h_M . tower([p_M; q_M]) + b` for `concat` and
/// `h . f(p * q + W [p; q] + c) + b` for `sum`; `link` makes it a prediction.
package struct ModelSpec: Sendable, Equatable {
  /// How many factors the generalised matrix factorisation has; 0 for none.
  package var gmfWidth: Int
  /// The tower's widths from its input to its last layer; empty for none.
  ///
  /// `[64, 32, 16, 8]` takes user and item embeddings of 32 each and has three hidden layers. A
  /// single width is the paper's MLP-0: the embeddings go straight to the output.
  package var tower: [Int]
  /// What the hidden layers apply.
  package var activation: Activation
  /// How GMF and tower come together.
  package var fusion: Fusion
  /// Whether GMF and tower read the same embeddings.
  package var sharedEmbeddings: Bool
  /// What turns a score into a prediction.
  package var link: Link
  /// Whether all output weights are 1 and stay so, without an output bias.
  package var outputsAreOne: Bool

  /// Makes a shape; `problem` tells whether it can be built.
  package init(
    gmfWidth: Int, tower: [Int], activation: Activation = .relu, fusion: Fusion = .concat,
    sharedEmbeddings: Bool = false, link: Link = .logistic, outputsAreOne: Bool = false
  ) {
    self.gmfWidth = gmfWidth
    self.tower = tower
    self.activation = activation
    self.fusion = fusion
    self.sharedEmbeddings = sharedEmbeddings
    self.link = link
    self.outputsAreOne = outputsAreOne
  }

  /// Plain matrix factorisation [2]: the dot product, without output weights or bias.
  ///
  /// - Parameters:
  ///   - width: how many factors.
  ///   - link: `identity` for squared loss, `logistic` for the others.
  /// - Returns: a shape without a tower.
  package static func matrixFactorization(width: Int, link: Link = .identity) -> ModelSpec {
    ModelSpec(gmfWidth: width, tower: [], link: link, outputsAreOne: true)
  }

  /// The width of a user's, and of an item's, embedding under the tower.
  package var mlpWidth: Int { (tower.first ?? 0) / 2 }

  /// The same model without its tower.
  package var gmfOnly: ModelSpec {
    var spec = self
    spec.tower = []
    return spec
  }

  /// The same model without its matrix factorisation.
  package var mlpOnly: ModelSpec {
    var spec = self
    spec.gmfWidth = 0
    return spec
  }

  /// Whether the tower has weights: one that is its input only hasn't.
  var hasHiddenLayers: Bool { tower.count > 1 }

  /// Whether it is a GMF or an MLP by itself.
  var isSinglePart: Bool { gmfWidth == 0 || tower.isEmpty }

  /// The phase in which it is trained as a part of a larger model; `neumf` for one with both parts.
  var ownPhase: Phase { tower.isEmpty ? .gmf : gmfWidth == 0 ? .mlp : .neumf }

  /// Says why the shape can't be built, in terms of its keys; nil when it can.
  package var problem: String? {
    if gmfWidth < 0 { return "model.gmf must be 0 or more, not \(gmfWidth)" }
    if gmfWidth > 4_096 { return "model.gmf must be at most 4096, not \(gmfWidth)" }
    if gmfWidth == 0 && tower.isEmpty {
      return "model.gmf must be above 0 where model.tower has no layer"
    }
    if let odd = tower.first, odd % 2 != 0 {
      return "model.tower: its input of \(odd) can't be halved between a user's and an item's "
        + "embedding"
    }
    if let wrong = tower.first(where: { $0 < 1 || $0 > 16_384 }) {
      return "model.tower: its widths must be between 1 and 16384, not \(wrong)"
    }
    if let input = tower.first, let wide = tower.first(where: { $0 > input }) {
      return "model.tower: no layer may be wider than its input of \(input), as \(wide) is"
    }
    return fusionProblem
  }

  private var fusionProblem: String? {
    if sharedEmbeddings && gmfWidth != mlpWidth {
      return "with model.embeddings: shared, model.gmf must be half of the tower's input of "
        + "\(tower.first ?? 0), not \(gmfWidth)"
    }
    if fusion == .sum {
      if !sharedEmbeddings { return "model.fusion: sum needs model.embeddings: shared" }
      if tower.count != 2 || tower[1] != gmfWidth {
        return "model.fusion: sum needs a tower of one hidden layer as wide as model.gmf: "
          + "[\(2 * gmfWidth), \(gmfWidth)]"
      }
    }
    return nil
  }
}

extension ModelSpec: Codable {
  private enum CodingKeys: CodingKey {
    case gmfWidth, tower, activation, fusion, sharedEmbeddings, link, outputsAreOne
  }

  /// Reads a shape; keys that older models lack have their defaults.
  package init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      gmfWidth: try keys.decode(Int.self, forKey: .gmfWidth),
      tower: try keys.decode([Int].self, forKey: .tower),
      activation: try keys.decode(Activation.self, forKey: .activation),
      fusion: try keys.decodeIfPresent(Fusion.self, forKey: .fusion) ?? .concat,
      sharedEmbeddings: try keys.decodeIfPresent(Bool.self, forKey: .sharedEmbeddings) ?? false,
      link: try keys.decodeIfPresent(Link.self, forKey: .link) ?? .logistic,
      outputsAreOne: try keys.decodeIfPresent(Bool.self, forKey: .outputsAreOne) ?? false)
  }
}
