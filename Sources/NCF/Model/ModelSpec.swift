package import Settings

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
    (self.gmfWidth, self.tower, self.activation) = (gmfWidth, tower, activation)
    (self.fusion, self.sharedEmbeddings) = (fusion, sharedEmbeddings)
    (self.link, self.outputsAreOne) = (link, outputsAreOne)
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

  /// The reason why the shape can't be built; nil when it can.
  package var problem: Problem? {
    Self.width.problem("gmf", gmfWidth)
      ?? .unless(
        gmfWidth > 0 || !tower.isEmpty, "gmf", "0", mustBe: "above 0 where model.tower has no layer"
      )
      ?? towerProblem ?? sharingProblem ?? sumProblem
  }

  private static let width = Bounds.from(0, to: 4_096)
  private static let layer = Bounds.from(1, to: 16_384, "widths")

  private var towerProblem: Problem? {
    guard let input = tower.first else { return nil }
    return .unless(
      input.isMultiple(of: 2), "tower", "\(input)",
      mustBe: "a list with an even input, half for a user's and half for an item's embedding")
      ?? tower.lazy.compactMap { Self.layer.problem("tower", $0) }.first
      ?? tower.first { $0 > input }.map {
        Problem("tower", "\($0)", mustBe: "a list without a layer wider than its input of \(input)")
      }
  }

  private var sharingProblem: Problem? {
    .unless(
      !sharedEmbeddings || gmfWidth == mlpWidth, "gmf", "\(gmfWidth)",
      mustBe: "\(mlpWidth), half of the tower's input, where model.embeddings is shared")
  }

  private var sumProblem: Problem? {
    guard fusion == .sum else { return nil }
    return .unless(
      sharedEmbeddings, "fusion", "sum", mustBe: "concat where model.embeddings is separate")
      ?? .unless(
        tower.count == 2 && tower[1] == gmfWidth, "fusion", "sum",
        mustBe: "concat unless model.tower has one hidden layer as wide as model.gmf: "
          + "[\(2 * gmfWidth), \(gmfWidth)]")
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
