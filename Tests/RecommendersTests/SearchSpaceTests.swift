import NCF
import Recommenders
import Testing

/// The random settings of a search.
struct SearchSpaceTests {
  private static let training = TrainingOptions(
    pretrain: PreTraining.parts, alpha: 0.5, negatives: 4, batch: 32,
    pretraining: PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 2, patience: 1),
    joint: PhaseOptions(optimizer: .sgd, learningRate: 0.01, epochs: 1, patience: 1), seed: 1)

  /// A network of each kind that a job can have.
  private static let bases: [ModelSpec] = [
    ModelSpec(gmfWidth: 4, tower: [8, 4]), ModelSpec(gmfWidth: 4, tower: []),
    ModelSpec(gmfWidth: 0, tower: [8, 4]), ModelSpec(gmfWidth: 0, tower: [8]),
    ModelSpec(gmfWidth: 4, tower: [8, 4], sharedEmbeddings: true),
    ModelSpec(gmfWidth: 4, tower: [8, 4], fusion: .sum, sharedEmbeddings: true),
    ModelSpec(gmfWidth: 4, tower: [8, 4], link: .identity),
    ModelSpec(gmfWidth: 4, tower: [8, 4], link: .probit),
    ModelSpec(gmfWidth: 4, tower: [8, 4], outputsAreOne: true), .matrixFactorization(width: 4),
  ]

  @Test(
    "Every draw is one that can be trained, of the kind that the job has", arguments: bases,
    [Optimizer.sgd, .adam])
  func draws(spec: ModelSpec, optimizer: Optimizer) throws {
    var base = Method.Network(spec: spec, options: Self.training)
    base.options.pretrain = .none
    base.options.pretraining.optimizer = optimizer
    base.options.pretraining.learningRate = optimizer == .sgd ? 0.5 : 0.001
    if spec.link == .identity { base.options.objective = .squared }
    try #require(base.options.problems(with: spec).isEmpty)
    let space = SearchSpace(base: base, seed: 11)
    for number in 0..<200 {
      let drawn = space.settings(number)
      #expect(drawn.spec.problem == nil)
      #expect(drawn.options.problems(with: drawn.spec).isEmpty)
      #expect((drawn.options.pretrain == .factors) == !drawn.start.isEmpty)
      #expect(drawn.spec.tower.isEmpty == spec.tower.isEmpty)
      #expect((drawn.spec.gmfWidth == 0) == (spec.gmfWidth == 0))
      // A rate for SGD is none for Adam.
      #expect(number == 0 || drawn.options.pretraining.learningRate <= 0.005)
      #expect(space.settings(number) == drawn)
    }
  }

  @Test("Every draw around a job that trains its parts first can be trained", arguments: 0..<200)
  func drawsAroundPreTraining(number: Int) {
    let base = Method.Network(
      spec: ModelSpec(gmfWidth: 4, tower: [8, 4]), options: Self.training)
    let drawn = SearchSpace(base: base, seed: 11).settings(number)
    #expect(drawn.spec.problem == nil)
    #expect(drawn.options.problems(with: drawn.spec).isEmpty)
    #expect((drawn.options.pretrain == .factors) == !drawn.start.isEmpty)
    #expect(SearchSpace(base: base, seed: 11).settings(number) == drawn)
  }
}
