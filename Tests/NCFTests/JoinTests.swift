import Interactions
import Testing

@testable import NCF

/// A joint model whose parts have the shares that validation prefers.
@Suite struct JoinTests {
  private static let spec = ModelSpec(gmfWidth: 8, tower: [16, 8])

  private static func options(_ pretrain: PreTraining) -> TrainingOptions {
    var options = FactorStartTests.options
    (options.pretrain, options.alpha) = (pretrain, nil)
    return options
  }

  @Test("It begins at least as good as either part", arguments: [PreTraining.parts, .factors])
  func start(pretrain: PreTraining) throws {
    let factors = pretrain == .factors ? FactorStartTests.factors(biases: false) : nil
    var records: [EpochRecord] = []
    let trained = try FactorStartTests.train(
      Self.spec, Self.options(pretrain), factors: factors
    ) { records.append($0) }
    func figures(_ phase: Phase) -> [Int: Double] {
      let pairs = records.filter { $0.phase == phase.rawValue }.map { ($0.epoch, $0.ndcg) }
      return Dictionary(uniqueKeysWithValues: pairs)
    }
    let shares = figures(.join)
    #expect(shares.keys.sorted() == TrainingRun.towerShares)
    // The ends are the parts alone.
    let tower = try #require(trained.epochs[.mlp])
    #expect(shares[100] == figures(.mlp)[tower])
    if let gmf = trained.epochs[.gmf] { #expect(shares[0] == figures(.gmf)[gmf]) }
    let best = try #require(shares.values.max())
    let parts = max(try #require(shares[0]), try #require(shares[100]))
    let share = try #require(trained.epochs[.join])
    let begun = try #require(shares[share])
    #expect(begun >= parts && begun >= best / (1 + TrainingRun.leastGain))
    let (joint, kept) = (figures(.neumf), try #require(trained.epochs[.neumf]))
    #expect(joint[0] == begun)
    #expect(try #require(joint[kept]) >= begun)
  }

  @Test("The tower has no more of the say than what gains")
  func share() {
    func share(_ figures: [Double]) -> Int {
      TrainingRun.share(of: Array(zip([0, 10, 50, 100], figures)).map { ($0, $1) })
    }
    #expect(share([0.5, 0.505, 0.502, 0.1]) == 0)
    #expect(share([0.5, 0.595, 0.6, 0.1]) == 10)
    #expect(share([0.1, 0.3, 0.499, 0.5]) == 100)
    #expect(share([0, 0, 0, 0]) == 0)
    #expect(share([.nan, .nan, .nan, .nan]) == 0)
  }

  @Test("A refit has the share that was chosen, with any number of threads")
  func refit() throws {
    let options = Self.options(.parts)
    let chosen = try FactorStartTests.train(Self.spec, options)
    for threads in [1, 4] {
      let refit = try FactorStartTests.run(options, threads: threads)
        .refit(Self.spec, epochs: chosen.epochs)
      #expect(refit == chosen.model)
    }
    var other = chosen.epochs
    other[.join] = chosen.epochs[.join] == 50 ? 20 : 50
    #expect(
      try FactorStartTests.run(options).refit(Self.spec, epochs: other) != chosen.model)
  }

  @Test("A share that is given is taken, and nothing is tried")
  func given() throws {
    var options = Self.options(.parts)
    options.alpha = 0.8
    var records: [EpochRecord] = []
    let trained = try FactorStartTests.train(Self.spec, options) { records.append($0) }
    #expect(trained.epochs[.join] == nil)
    #expect(!records.contains { $0.phase == Phase.join.rawValue })
  }
}
