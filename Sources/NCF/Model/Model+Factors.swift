private import Elementary
package import Interactions

extension Model {
  /// Makes plain matrix factorisation [2] of factors.
  ///
  /// Biases become two more factors: a user's bias stands against 1, and 1 against an item's.
  ///
  /// - Parameter factors: of any width; the model's is 2 more where there are biases.
  package init(factors: MatrixFactors) {
    let width = factors.width + (factors.hasBiases ? 2 : 0)
    self.init(
      zeros: .matrixFactorization(width: width),
      RowCounts(users: factors.userCount, items: factors.itemCount))
    place(factors)
    for factor in 0..<width { dense[layout.gmfOutput + factor] = 1 }
  }

  /// Makes a GMF that ranks as factors do, with scores fitted to the logit of being a positive.
  ///
  /// Every output weight is the scale and the output bias the offset that a logistic regression finds
  /// on positives and negatives drawn as training draws them, by Newton's method in double precision;
  /// for the probit link both are divided by 1.702, which brings the two functions within .01.
  /// Columns beyond the factors are drawn as in a fresh model and have output weight 0.
  ///
  /// - Parameters:
  ///   - factors: no wider, with its biases, than the model.
  ///   - spec: a GMF width without a tower.
  ///   - positives: each user's training positives.
  ///   - options: how negatives are drawn, and the seed.
  init(
    fitting factors: MatrixFactors, spec: ModelSpec, positives: UserItems, options: TrainingOptions
  ) {
    let width = factors.width + (factors.hasBiases ? 2 : 0)
    precondition(spec.gmfWidth >= width && spec.tower.isEmpty, "the GMF must hold the factors")
    precondition(positives.userCount == factors.userCount, "one list of positives for each user")
    self.init(
      spec: spec, userCount: factors.userCount, itemCount: factors.itemCount, seed: options.seed)
    place(factors)
    var (scale, offset) = Self.fit(factors, positives: positives, options: options)
    if spec.link == .probit { (scale, offset) = (scale / 1.702, offset / 1.702) }
    for factor in 0..<spec.gmfWidth {
      dense[layout.gmfOutput + factor] = factor < width ? Float(scale) : 0
    }
    dense[layout.outputBias] = Float(offset)
  }

  private mutating func place(_ factors: MatrixFactors) {
    let (width, stride) = (factors.width, layout.rowStride)
    func fill(
      _ rows: inout [Float], _ vectors: [Float], _ biases: [Float], bias: Int, one: Int
    ) {
      for row in 0..<rows.count / stride {
        let start = row * stride
        for column in 0..<width { rows[start + column] = vectors[row * width + column] }
        guard factors.hasBiases else { continue }
        (rows[start + bias], rows[start + one]) = (biases.isEmpty ? 0 : biases[row], 1)
      }
    }
    fill(&users, factors.users, factors.userBiases, bias: width, one: width + 1)
    fill(&items, factors.items, factors.itemBiases, bias: width + 1, one: width)
  }

  /// The most positives that a fit looks at; two numbers need no more.
  private static let fittedPositives = 200_000

  /// Finds scale and offset; the scale is above 0 whatever the data say.
  private static func fit(
    _ factors: MatrixFactors, positives: UserItems, options: TrainingOptions
  ) -> (scale: Double, offset: Double) {
    let sampler = NegativeSampler(
      options.sampling, positives: positives, itemCount: factors.itemCount)
    let owners = InteractionOwners(positives)
    let stride = max(1, positives.count / fittedPositives)
    var scores: [(score: Double, isPositive: Bool)] = []
    for interaction in Swift.stride(from: 0, to: positives.count, by: stride) {
      let user = owners.user(of: interaction)
      var random = CounterRandom(seed: mixed(options.seed &+ 77), stream: UInt64(interaction))
      scores.append((factors.score(user: user, item: Int(positives.items[interaction])), true))
      for _ in 0..<options.negatives {
        guard let item = sampler.draw(user: user, random: &random) else { break }
        scores.append((factors.score(user: user, item: Int(item)), false))
      }
    }
    return logisticRegression(scores)
  }

  /// Fits `sigmoid(scale x + offset)` to labels by Newton's method.
  ///
  /// A little is added to both curvatures, so that scores that tell all positives from all negatives
  /// have a finite answer. A scale at or below 0 would turn the ranking round; it becomes small.
  static func logisticRegression(
    _ samples: [(score: Double, isPositive: Bool)]
  ) -> (scale: Double, offset: Double) {
    let count = Double(max(samples.count, 1))
    let mean = samples.reduce(0) { $0 + $1.score } / count
    let variance = samples.reduce(0) { $0 + ($1.score - mean) * ($1.score - mean) } / count
    let spread = variance > 0 ? variance.squareRoot() : 1
    let ridge = 1e-6
    var (slope, level) = (0.0, 0.0)
    for _ in 0..<50 {
      var (g0, g1) = (-ridge * level, -ridge * slope)
      var (h00, h01, h11) = (ridge, 0.0, ridge)
      for sample in samples {
        let x = (sample.score - mean) / spread
        let p = Elementary.sigmoid(slope * x + level)
        let error = ((sample.isPositive ? 1 : 0) - p) / count
        let curvature = p * (1 - p) / count
        g0 += error
        g1 += error * x
        h00 += curvature
        h01 += curvature * x
        h11 += curvature * x * x
      }
      let determinant = h00 * h11 - h01 * h01
      var step = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant)
      // Far from the answer Newton's step may be far too long.
      let longest = max(abs(step.0), abs(step.1))
      if longest > 2 { step = (step.0 * 2 / longest, step.1 * 2 / longest) }
      level += step.0
      slope += step.1
      if longest < 1e-10 { break }
    }
    slope = max(slope, 1e-3)
    return (slope / spread, level - slope * mean / spread)
  }
}
