private import Glibc

/// The same model written the obvious way: one sample at a time, in double precision.
///
/// It is what the fast kernels are held against, and slow. Parameters and gradients lie as in
/// `ParameterLayout`.
package struct PlainModel {
  /// A sample: who, what, whether it is a positive, and how much it counts.
  package typealias Sample = (user: Int, item: Int, label: Double, weight: Double)

  private let layout: ParameterLayout
  /// All parameters in one run: user rows, item rows, dense.
  package var parameters: [Double]
  private let itemStart: Int
  private let denseStart: Int

  /// Copies a model's parameters.
  package init(_ model: Model) {
    layout = model.layout
    parameters = (model.users + model.items + model.dense).map(Double.init)
    itemStart = model.users.count
    denseStart = model.users.count + model.items.count
  }

  /// Which parameters are real; the others are padding and stay zero.
  package var isParameter: [Bool] {
    var real = [Bool](repeating: false, count: parameters.count)
    for row in 0..<denseStart / layout.rowStride {
      let start = row * layout.rowStride
      for column in 0..<layout.spec.gmfWidth { real[start + column] = true }
      for column in 0..<layout.spec.mlpWidth { real[start + layout.mlpColumn + column] = true }
    }
    for layer in layout.layers {
      for position in layer.weightRange { real[denseStart + position] = true }
      for position in layer.biasRange { real[denseStart + position] = true }
    }
    if layout.spec.outputsAreOne { return real }
    for position in layout.gmfOutputRange { real[denseStart + position] = true }
    for position in outputs { real[position] = true }
    real[denseStart + layout.outputBias] = true
    return real
  }

  /// Positions of the tower's output weights, in the order of the values that they weigh.
  private var outputs: [Int] { layout.mlpOutputRanges.joined().map { denseStart + $0 } }

  /// The score of a user and an item before the link, equations [9], [10] and [12].
  package func logit(user: Int, item: Int) -> Double {
    forward(user: user, item: item).logit
  }

  /// What is made small: an objective, over groups of a positive and its negatives, and L2.
  package struct Aim {
    /// What the loss of a sample or pair is.
    package var objective: Objective = .log
    /// Samples in a group; only pairwise objectives look at it.
    package var groupSize = 1
    /// As in `TrainingOptions`.
    package var l2Embeddings = 0.0
    /// As in `TrainingOptions`.
    package var l2Tower = 0.0

    /// Log loss of samples, without L2.
    package init() {}
  }

  /// The mean loss of samples, with L2.
  package func loss(_ samples: [Sample], _ aim: Aim = Aim()) -> Double {
    let terms = samples.map { logit(user: $0.user, item: $0.item) }
    var loss = derivatives(terms, samples, aim).loss
    for (row, share) in rows(samples, aim) {
      loss += aim.l2Embeddings / 2 * share * row.reduce(0) { $0 + parameters[$1] * parameters[$1] }
    }
    for position in hiddenWeights {
      loss += aim.l2Tower / 2 * parameters[position] * parameters[position]
    }
    return loss
  }

  /// The gradient of `loss` by every parameter.
  package func gradient(_ samples: [Sample], _ aim: Aim = Aim()) -> [Double] {
    var gradient = [Double](repeating: 0, count: parameters.count)
    let passes = samples.map { forward(user: $0.user, item: $0.item) }
    let slopes = derivatives(passes.map(\.logit), samples, aim).slopes
    for (place, sample) in samples.enumerated() {
      addGradient(&gradient, sample, passes[place], slopes[place])
    }
    for (row, share) in rows(samples, aim) {
      for position in row { gradient[position] += aim.l2Embeddings * share * parameters[position] }
    }
    for position in hiddenWeights { gradient[position] += aim.l2Tower * parameters[position] }
    if layout.spec.outputsAreOne {
      for position in denseStart + layout.gmfOutput..<gradient.count { gradient[position] = 0 }
    }
    return gradient
  }

  /// The mean of the objective, and its derivative by each score.
  private func derivatives(
    _ scores: [Double], _ samples: [Sample], _ aim: Aim
  ) -> (loss: Double, slopes: [Double]) {
    var loss = 0.0
    var slopes = scores.map { _ in 0.0 }
    let terms = Double(samples.count / aim.groupSize * aim.objective.terms(ofGroup: aim.groupSize))
    for (place, sample) in samples.enumerated() {
      let positive = place / aim.groupSize * aim.groupSize
      if !aim.objective.isPairwise {
        let term = PlainLoss.pointwise(
          aim.objective, layout.spec.link, score: scores[place], label: sample.label)
        loss += sample.weight * term.loss / terms
        slopes[place] = sample.weight * term.slope / terms
      } else if place != positive {
        let weight = samples[positive].weight * sample.weight / terms
        let term = PlainLoss.pairwise(
          aim.objective, difference: scores[positive] - scores[place])
        loss += weight * term.loss
        slopes[place] = -weight * term.slope
        slopes[positive] += weight * term.slope
      }
    }
    return (loss, slopes)
  }

  /// The rows that samples name, each time they do, and the share of the mean that counts for.
  private func rows(_ samples: [Sample], _ aim: Aim) -> [(row: Range<Int>, share: Double)] {
    let perGroup = aim.objective.terms(ofGroup: aim.groupSize)
    let terms = Double(samples.count / aim.groupSize * perGroup)
    let userShare = Double(perGroup) / Double(aim.groupSize) / terms
    return samples.flatMap { sample in
      let (user, item) = (row(user: sample.user), row(item: sample.item))
      return [
        (user..<user + layout.rowStride, userShare), (item..<item + layout.rowStride, 1 / terms),
      ]
    }
  }

  private var hiddenWeights: [Int] {
    layout.layers.flatMap { $0.weightRange.map { denseStart + $0 } }
  }

  private func row(user: Int) -> Int { user * layout.rowStride }
  private func row(item: Int) -> Int { itemStart + item * layout.rowStride }

  /// The logit and the values of every layer of the tower, its input first.
  private func forward(user: Int, item: Int) -> (logit: Double, values: [[Double]]) {
    var logit = parameters[denseStart + layout.outputBias]
    for factor in 0..<layout.outputFactors {
      logit +=
        parameters[denseStart + layout.gmfOutput + factor]
        * parameters[row(user: user) + factor] * parameters[row(item: item) + factor]
    }
    let width = layout.spec.mlpWidth
    guard width > 0 else { return (logit, []) }
    let embeddings = [row(user: user), row(item: item)].map { $0 + layout.mlpColumn }
    var values = [embeddings.flatMap { parameters[$0..<$0 + width] }]
    for layer in layout.layers {
      let input = values[values.count - 1]
      values.append(
        (0..<layer.output).map { output in
          var sum = parameters[denseStart + layer.bias + output]
          if layout.spec.fusion == .sum {
            sum +=
              parameters[row(user: user) + output] * parameters[row(item: item) + output]
          }
          for index in 0..<layer.input {
            sum += input[index] * parameters[weight(layer, index, output)]
          }
          return Self.activate(sum, layout.spec.activation)
        })
    }
    for (value, position) in zip(values[values.count - 1], outputs) {
      logit += value * parameters[position]
    }
    return (logit, values)
  }

  private func addGradient(
    _ gradient: inout [Double], _ sample: Sample, _ pass: (logit: Double, values: [[Double]]),
    _ delta: Double
  ) {
    gradient[denseStart + layout.outputBias] += delta
    for factor in 0..<layout.outputFactors {
      let h = denseStart + layout.gmfOutput + factor
      let p = row(user: sample.user) + factor
      let q = row(item: sample.item) + factor
      gradient[h] += delta * parameters[p] * parameters[q]
      gradient[p] += delta * parameters[h] * parameters[q]
      gradient[q] += delta * parameters[h] * parameters[p]
    }
    guard let last = pass.values.last else { return }
    var back = outputs.map { delta * parameters[$0] }
    for (value, position) in zip(last, outputs) { gradient[position] += delta * value }
    for (index, layer) in layout.layers.enumerated().reversed() {
      let input = pass.values[index]
      let output = pass.values[index + 1]
      var below = [Double](repeating: 0, count: layer.input)
      for o in 0..<layer.output {
        let d = back[o] * derivative(ofOutput: output[o])
        gradient[denseStart + layer.bias + o] += d
        if layout.spec.fusion == .sum {
          let (p, q) = (row(user: sample.user) + o, row(item: sample.item) + o)
          gradient[p] += d * parameters[q]
          gradient[q] += d * parameters[p]
        }
        for i in 0..<layer.input {
          gradient[weight(layer, i, o)] += d * input[i]
          below[i] += d * parameters[weight(layer, i, o)]
        }
      }
      back = below
    }
    let width = layout.spec.mlpWidth
    for column in 0..<width {
      gradient[row(user: sample.user) + layout.mlpColumn + column] += back[column]
      gradient[row(item: sample.item) + layout.mlpColumn + column] += back[width + column]
    }
  }

  private func weight(_ layer: ParameterLayout.Layer, _ input: Int, _ output: Int) -> Int {
    denseStart + layer.weights + input * layer.output + output
  }

  /// The logistic function.
  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// Applies an activation to a number.
  static func activate(_ value: Double, _ activation: Activation) -> Double {
    switch activation {
    case .relu: max(0, value)
    case .tanh: tanh(value)
    case .sigmoid: Self.sigmoid(value)
    case .identity: value
    }
  }

  private func derivative(ofOutput value: Double) -> Double {
    switch layout.spec.activation {
    case .relu: value > 0 ? 1 : 0
    case .tanh: 1 - value * value
    case .sigmoid: value * (1 - value)
    case .identity: 1
    }
  }
}
