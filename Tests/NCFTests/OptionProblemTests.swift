import Foundation
import Interactions
import NCF
import Testing

/// Wrong combinations are refused before any work, and the text names the key.
@Suite struct OptionProblemTests {
  static let phase = PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 1, patience: 1)
  static let spec = ModelSpec(gmfWidth: 8, tower: [16, 8])
  static let good = TrainingOptions(
    pretrain: .parts, alpha: 0.5, negatives: 4, batch: 256, pretraining: phase, joint: phase,
    seed: 1)

  @Test func whatIsUsualIsNotRefused() {
    #expect(Self.good.problem(with: Self.spec) == nil)
    #expect(Self.spec.problem == nil)
  }

  static let wrong: [(String, @Sendable (inout TrainingOptions) -> Void)] = [
    ("train.alpha", { $0.alpha = 1.1 }), ("train.alpha", { $0.alpha = -0.1 }),
    ("train.alpha", { $0.alpha = .nan }), ("train.negatives", { $0.negatives = 0 }),
    ("train.sampling.popularity", { $0.sampling = .popularity(power: -1) }),
    ("model.l2.embeddings", { $0.l2Embeddings = -1 }), ("model.l2.tower", { $0.l2Tower = .nan }),
    ("model.dropout", { $0.dropout = 1 }), ("train.averaging", { $0.averaging = 1 }),
  ]

  @Test(arguments: wrong)
  func aValueThatCannotWorkIsRefused(
    key: String, change: @Sendable (inout TrainingOptions) -> Void
  ) throws {
    var options = Self.good
    change(&options)
    #expect(try #require(options.problem(with: Self.spec)).contains(key))
  }

  @Test(arguments: [
    (Objective.margin, Link.identity), (.bpr, .identity), (.margin, .probit), (.bpr, .probit),
    (.log, .identity),
  ])
  func anObjectiveThatDoesNotSuitTheLinkIsRefused(objective: Objective, link: Link) throws {
    var options = Self.good
    options.objective = objective
    options.pretrain = .none
    var spec = Self.spec
    spec.link = link
    let problem = try #require(options.problem(with: spec))
    #expect(problem.contains("train.loss: \(objective.rawValue)"))
    #expect(problem.contains("model.link"))
  }

  @Test func startsThatDoNotSuitTheShapeAreRefused() {
    var options = Self.good
    #expect(
      options.problem(with: ModelSpec(gmfWidth: 8, tower: [16, 8], sharedEmbeddings: true)) != nil)
    options.pretrain = .factors
    #expect(options.problem(with: Self.spec.mlpOnly) != nil)
    #expect(options.problem(with: Self.spec.gmfOnly) == nil)
    #expect(options.problem(with: .matrixFactorization(width: 8, link: .logistic)) != nil)
    options = Self.good
    options.dropout = 0.1
    #expect(
      options.problem(with: Self.spec.gmfOnly)
        == "model.dropout must be 0 where model.tower is empty, not 0.1")
  }

  @Test func regularisationOfATowerThatIsNotThereIsRefused() {
    var options = Self.good
    options.l2Tower = 0.1
    #expect(options.problem(with: Self.spec) == nil)
    for spec in [Self.spec.gmfOnly, ModelSpec(gmfWidth: 8, tower: [16])] {
      #expect(
        options.problem(with: spec)
          == "model.l2.tower must be 0 where model.tower has no hidden layer, not 0.1")
      var fitting = options
      fitting.dropout = 0.1
      fitting.leaveOutTower(lackingIn: spec)
      #expect(fitting.problem(with: spec) == nil)
      #expect(fitting.dropout == (spec.tower.isEmpty ? 0 : 0.1))
    }
  }

  @Test(arguments: [
    ModelSpec(gmfWidth: 8, tower: [16, 8], fusion: .sum),
    ModelSpec(gmfWidth: 8, tower: [16, 4], fusion: .sum, sharedEmbeddings: true),
    ModelSpec(gmfWidth: 8, tower: [16, 8, 8], fusion: .sum, sharedEmbeddings: true),
    ModelSpec(gmfWidth: 4, tower: [16, 8], sharedEmbeddings: true),
    ModelSpec(gmfWidth: 4, tower: [], sharedEmbeddings: true),
    ModelSpec(gmfWidth: 8, tower: [16, 32]),
  ])
  func aShapeThatCannotBeBuiltIsRefused(spec: ModelSpec) {
    #expect(spec.problem != nil)
  }

  @Test func whatOlderRunsWroteIsStillRead() throws {
    let old = #"{"gmfWidth":8,"tower":[16,8],"activation":"relu"}"#
    #expect(try JSONDecoder().decode(ModelSpec.self, from: Data(old.utf8)) == Self.spec)
    var object = try #require(
      JSONSerialization.jsonObject(with: JSONEncoder().encode(Self.good)) as? [String: Any])
    for key in ["objective", "sampling", "l2Embeddings", "l2Tower", "dropout", "averaging"] {
      object[key] = nil
    }
    object["refit"] = nil
    object["pretrain"] = true
    let data = try JSONSerialization.data(withJSONObject: object)
    #expect(try JSONDecoder().decode(TrainingOptions.self, from: data) == Self.good)
  }
}
