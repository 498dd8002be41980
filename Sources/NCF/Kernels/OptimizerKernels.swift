private import CProcessor
private import Glibc

/// The numbers of Adam's step t (Kingma and Ba 2015) that are the same for every parameter.
struct AdamStep {
  static let beta1: Float = 0.9
  static let beta2: Float = 0.999
  static let epsilon: Float = 1e-8

  /// The learning rate over the first moment's bias correction.
  let rate: Float
  /// One over the square root of the second moment's bias correction.
  let correction: Float

  /// Prepares step `step`, counted from 1.
  init(step: Int, learningRate: Float) {
    let first = 1 - pow(Double(Self.beta1), Double(step))
    let second = 1 - pow(Double(Self.beta2), Double(step))
    rate = Float(Double(learningRate) / first)
    correction = Float(1 / second.squareRoot())
  }
}

/// Steps of the optimisers over runs of parameters; counts are multiples of 8.
enum OptimizerKernels {
  /// Moves parameters by one step of Adam and updates both moments.
  static func adam(
    _ p: Buffer<Float>, _ m: Buffer<Float>, _ v: Buffer<Float>, gradient: Buffer<Float>,
    count: Int, step: AdamStep
  ) {
    precondition(p.count >= count && m.count >= count && v.count >= count && count % 8 == 0)
    let keep1 = Vector(repeating: AdamStep.beta1)
    let take1 = Vector(repeating: 1 - AdamStep.beta1)
    let keep2 = Vector(repeating: AdamStep.beta2)
    let take2 = Vector(repeating: 1 - AdamStep.beta2)
    let rate = Vector(repeating: step.rate)
    let correction = Vector(repeating: step.correction)
    let epsilon = Vector(repeating: AdamStep.epsilon)
    for position in vectors(in: count) {
      let g = gradient.vector(position)
      let first = (take1 * g).addingProduct(keep1, m.vector(position))
      let second = (take2 * g * g).addingProduct(keep2, v.vector(position))
      m.set(position, first)
      v.set(position, second)
      let divisor = epsilon.addingProduct(processor_square_roots(second), correction)
      p.set(position, p.vector(position) - rate * first / divisor)
    }
  }

  /// Moves parameters by one step of Adagrad, as PyTorch's: `s += g^2`, `p -= rate g / (sqrt(s) + 1e-10)`.
  static func adagrad(
    _ p: Buffer<Float>, _ s: Buffer<Float>, gradient: Buffer<Float>, count: Int,
    learningRate: Float
  ) {
    precondition(p.count >= count && s.count >= count && gradient.count >= count && count % 8 == 0)
    let rate = Vector(repeating: learningRate)
    let epsilon = Vector(repeating: 1e-10)
    for position in vectors(in: count) {
      let g = gradient.vector(position)
      let sum = s.vector(position) + g * g
      s.set(position, sum)
      p.set(position, p.vector(position) - rate * g / (processor_square_roots(sum) + epsilon))
    }
  }

  /// Moves parameters against the gradient: plain stochastic gradient descent.
  static func descend(
    _ p: Buffer<Float>, gradient: Buffer<Float>, count: Int, learningRate: Float
  ) {
    precondition(p.count >= count && gradient.count >= count && count % 8 == 0)
    let rate = Vector(repeating: -learningRate)
    for position in vectors(in: count) {
      p.set(position, p.vector(position).addingProduct(gradient.vector(position), rate))
    }
  }
}
