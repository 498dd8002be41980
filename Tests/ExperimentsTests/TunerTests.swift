import NCF
import Recommenders
import Testing

@testable import Experiments

/// The random search.
struct TunerTests {
  private static let base = Method.Network(
    spec: ModelSpec(gmfWidth: 4, tower: [8, 4]), options: PlantedLog.training)

  private func tuner(
    _ store: any TrialStore, deadline: Double = 1,
    report: @escaping (TuneEvent) throws -> Void = { _ in }
  ) -> Tuner {
    Tuner(
      SearchSpace(base: Self.base, seed: 3), store: store, clock: { 0 }, deadline: deadline,
      report: report,
      runner: PlantedLog.runner())
  }

  @Test("It finds settings that are no worse on validation than the job's own, and resumes")
  func search() throws {
    let store = MemoryStore()
    let found = try #require(try tuner(store).search(trials: 6))
    #expect(found.finished + found.abandoned == 6)
    #expect(found.ndcg >= (found.baseNDCG ?? 1))
    #expect(store.count == 6)
    var worked = 0
    let again = try tuner(store) { if case .working = $0 { worked += 1 } }.search(trials: 6)
    #expect(worked == 0)
    #expect(again?.best == found.best)
  }

  @Test("Settings that can't be trained are abandoned, and the search goes on")
  func notFinite() throws {
    var base = Self.base
    base.options.pretraining.learningRate = 1e30
    let store = MemoryStore()
    let tuner = Tuner(
      SearchSpace(base: base, seed: 3), store: store, clock: { 0 }, deadline: 1,
      report: { _ in },
      runner: PlantedLog.runner())
    let found = try tuner.search(trials: 2)
    #expect(found == nil)
    #expect(store.count == 2)
  }

  @Test("Without time it finds nothing, and says so")
  func noTime() throws {
    #expect(try tuner(MemoryStore(), deadline: 0).search() == nil)
  }

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
    var base = Method.Network(spec: spec, options: PlantedLog.training)
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
    let drawn = SearchSpace(base: Self.base, seed: 11).settings(number)
    #expect(drawn.spec.problem == nil)
    #expect(drawn.options.problems(with: drawn.spec).isEmpty)
    #expect((drawn.options.pretrain == .factors) == !drawn.start.isEmpty)
    #expect(SearchSpace(base: Self.base, seed: 11).settings(number) == drawn)
  }

  @Test("What is drawn of a network without pre-training has a result", arguments: bases.suffix(6))
  func trainable(spec: ModelSpec) throws {
    var base = Method.Network(spec: spec, options: PlantedLog.training)
    base.options.pretrain = .none
    base.options.pretraining.epochs = 1
    if spec.link == .identity { base.options.objective = .squared }
    let tuner = Tuner(
      SearchSpace(base: base, seed: 5), store: MemoryStore(), clock: { 0 }, deadline: 1,
      report: { _ in },
      runner: PlantedLog.runner())
    let found = try #require(try tuner.search(trials: 4))
    #expect(found.finished + found.abandoned == 4)
  }

  @Test(
    "A trial is poor below the median of the others at the same point, not before there are four")
  func median() {
    func curve(_ values: [Double], phase: String = "neumf") -> [EpochRecord] {
      values.enumerated().map {
        EpochRecord(
          phase, $0 + 1, loss: 1, (hr: 0, ndcg: $1), seconds: 0, samples: 0, isBest: false)
      }
    }
    func result(_ values: [Double], phase: String = "neumf") -> TrialResult {
      var result = TrialResult()
      result.curve = curve(values, phase: phase)
      return result
    }
    let others = [0.1, 0.2, 0.3, 0.4].map { result([0, $0]) }
    #expect(Tuner.isPoor(curve([0, 0.15]), others))
    #expect(!Tuner.isPoor(curve([0, 0.25]), others))
    // The best so far counts, not the last.
    #expect(!Tuner.isPoor(curve([0.25, 0.1]), others))
    #expect(!Tuner.isPoor(curve([0, 0]), Array(others.prefix(3))))
    // A part is not judged by itself.
    #expect(
      !Tuner.isPoor(
        curve([0, 0], phase: "mlp"), [0.1, 0.2, 0.3, 0.4].map { result([0, $0], phase: "mlp") }))
    // Nobody else came that far.
    #expect(!Tuner.isPoor(curve([0, 0, 0]), others))
  }
}
