import Baselines
import Elementary
import Interactions
import NCF

/// What a random search draws from, around a job's own settings.
package struct SearchSpace: Sendable {
  /// The job's own settings: the first that is tried, and what is not drawn.
  package let base: Method.Network
  /// Seed of the draws.
  package let seed: UInt64

  /// A space around a job.
  package init(base: Method.Network, seed: UInt64) {
    (self.base, self.seed) = (base, seed)
  }

  /// The settings of a number: 0 gives the job's own, each other one a draw of its own.
  ///
  /// What is drawn can be trained: a part that the base lacks stays away, shared embeddings and
  /// `fusion: sum` keep their shape, and pre-training is drawn among what link and outputs allow.
  package func settings(_ number: Int) -> Method.Network {
    guard number > 0 else { return base }
    var random = CounterRandom(seed: seed, stream: UInt64(number))
    var drawn = base
    drawShape(&drawn.spec, &random)
    drawn.options.negatives = Self.pick([2, 4, 6, 8, 10], &random)
    drawn.options.l2Embeddings = Self.pick([0, 0, 1e-5, 1e-4, 1e-3], &random)
    drawn.options.dropout = Self.pick([0, 0, 0.1, 0.2, 0.4], &random)
    drawn.options.leaveOutTower(lackingIn: drawn.spec)
    drawn.options.pretraining.learningRate =
      base.options.pretraining.optimizer == .adam
      ? base.options.pretraining.learningRate * Self.power(0.2, 5, &random)
      : Self.power(0.0002, 0.005, &random)
    drawn.options.pretraining.optimizer = .adam
    drawn.options.joint.optimizer = Self.pick([.sgd, .adam], &random)
    drawn.options.joint.learningRate =
      drawn.options.joint.optimizer == .sgd
      ? Self.power(0.002, 0.05, &random) : Self.power(0.00003, 0.001, &random)
    drawn.options.alpha = Self.pick([0.3, 0.5, 0.7, 0.9], &random)
    drawStart(&drawn, &random)
    return drawn
  }

  /// Draws widths.
  private func drawShape(_ spec: inout ModelSpec, _ random: inout CounterRandom) {
    let tower = Self.tower(&random)
    let width = Self.pick([8, 16, 32, 64], &random)
    if base.spec.fusion == .sum {
      (spec.tower, spec.gmfWidth) = ([2 * width, width], width)
      return
    }
    if !base.spec.tower.isEmpty { spec.tower = tower }
    if base.spec.gmfWidth > 0 { spec.gmfWidth = spec.sharedEmbeddings ? spec.mlpWidth : width }
  }

  /// Draws what the network starts from.
  private func drawStart(_ drawn: inout Method.Network, _ random: inout CounterRandom) {
    drawn.start = []
    let kinds: [PreTraining] = [.none, .parts, .parts, .factors, .factors]
    drawn.options.pretrain = Self.pick(
      kinds.filter { kind in
        var options = drawn.options
        options.pretrain = kind
        return options.problems(with: drawn.spec).isEmpty
      }, &random)
    guard drawn.options.pretrain == .factors else { return }
    let options = ALSOptions(
      factors: Self.pick([16, 32, 64, 128], &random),
      regularization: Self.power(5, 100, &random), alpha: Self.power(1, 15, &random),
      iterations: 15)
    drawn.start = [BaselineSetup(options)]
    drawn.spec.gmfWidth = options.factors
  }

  /// Two or three hidden layers, each half the one below.
  private static func tower(_ random: inout CounterRandom) -> [Int] {
    let last = pick([8, 8, 16, 32], &random)
    let layers = pick([2, 3], &random)
    return (0...layers).reversed().map { last << $0 }
  }

  private static func pick<Value>(_ values: [Value], _ random: inout CounterRandom) -> Value {
    values[random.uniform(below: values.count)]
  }

  /// A number whose logarithm is uniform, to two digits, so that a file holds just what was tried.
  private static func power(
    _ low: Double, _ high: Double, _ random: inout CounterRandom
  ) -> Float {
    let value = low * Elementary.exp(random.uniform() * Elementary.log(high / low))
    var scale = 1.0
    while value >= 100 * scale { scale *= 10 }
    while value < 10 * scale { scale /= 10 }
    return Float((value / scale).rounded() * scale)
  }
}
