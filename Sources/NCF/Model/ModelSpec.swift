/// What a hidden layer does to its sum.
package enum Activation: String, Sendable, Equatable, Codable, CaseIterable {
  case relu, tanh, sigmoid, identity
}

/// The shape of a neural collaborative filtering model; every model of the paper is a value of it.
///
/// GMF [9] is a width without a tower, MLP [10] a tower without a width, NeuMF [12] both: separate
/// embeddings, the last layers concatenated, a logistic link.
package struct ModelSpec: Sendable, Equatable, Codable {
  /// How many factors the generalised matrix factorisation has; 0 for none.
  package var gmfWidth: Int
  /// The tower's widths from its input to its last layer; empty for none.
  ///
  /// `[64, 32, 16, 8]` takes user and item embeddings of 32 each and has three hidden layers. A
  /// single width is the paper's MLP-0: the embeddings go straight to the output.
  package var tower: [Int]
  /// What the hidden layers apply.
  package var activation: Activation

  /// Makes a shape; `problem` tells whether it can be built.
  package init(gmfWidth: Int, tower: [Int], activation: Activation = .relu) {
    self.gmfWidth = gmfWidth
    self.tower = tower
    self.activation = activation
  }

  /// The width of a user's, and of an item's, embedding under the tower.
  package var mlpWidth: Int { (tower.first ?? 0) / 2 }

  /// The same model without its tower.
  package var gmfOnly: ModelSpec {
    ModelSpec(gmfWidth: gmfWidth, tower: [], activation: activation)
  }

  /// The same model without its matrix factorisation.
  package var mlpOnly: ModelSpec { ModelSpec(gmfWidth: 0, tower: tower, activation: activation) }

  /// Says why the shape can't be built, in terms of its keys; nil when it can.
  package var problem: String? {
    if gmfWidth < 0 { return "the GMF width must be 0 or more, not \(gmfWidth)" }
    if gmfWidth > 4_096 { return "the GMF width must be at most 4096, not \(gmfWidth)" }
    if gmfWidth == 0 && tower.isEmpty { return "a model needs a GMF width, a tower, or both" }
    if let odd = tower.first, odd % 2 != 0 {
      return "the tower's input holds a user's and an item's embedding: \(odd) can't be halved"
    }
    if let wrong = tower.first(where: { $0 < 1 || $0 > 16_384 }) {
      return "the tower's widths must be between 1 and 16384, not \(wrong)"
    }
    if let input = tower.first, let wide = tower.first(where: { $0 > input }) {
      return "no layer of the tower may be wider than its input of \(input), as \(wide) is"
    }
    return nil
  }
}
