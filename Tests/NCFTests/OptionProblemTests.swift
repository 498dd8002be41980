import Foundation
import Interactions
import NCF
import Settings
import Testing

/// Wrong combinations are refused before any work, and the problem has the key.
@Suite struct OptionProblemTests {
  static let phase = PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 1, patience: 1)
  static let spec = ModelSpec(gmfWidth: 8, tower: [16, 8])
  static let good = TrainingOptions(
    pretrain: .parts, alpha: 0.5, negatives: 4, batch: 256, pretraining: phase, joint: phase,
    seed: 1)

  @Test func whatIsUsualIsNotRefused() {
    #expect(Self.good.problems(with: Self.spec).isEmpty)
    #expect(Self.spec.problem == nil)
  }

  static let wrong: [(String, @Sendable (inout TrainingOptions) -> Void)] = [
    ("alpha", { $0.alpha = 1.1 }), ("alpha", { $0.alpha = -0.1 }), ("alpha", { $0.alpha = .nan }),
    ("negatives", { $0.negatives = 0 }), ("negatives", { $0.negatives = 1_001 }),
    ("sampling.popularity", { $0.sampling = .popularity(power: -1) }),
    ("l2.embeddings", { $0.l2Embeddings = -1 }), ("l2.tower", { $0.l2Tower = .nan }),
    ("dropout", { $0.dropout = 1 }), ("own_dropout", { $0.ownDropout = .infinity }),
    ("averaging", { $0.averaging = 1 }), ("batch", { $0.batch = 0 }),
  ]

  @Test(arguments: wrong)
  func aValueThatCannotWorkIsRefused(
    key: String, change: @Sendable (inout TrainingOptions) -> Void
  ) throws {
    var options = Self.good
    change(&options)
    #expect(options.problems(with: Self.spec).map(\.path) == [key])
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
    let problem = try #require(options.problems(with: spec).first)
    #expect((problem.path, problem.value) == ("loss", objective.rawValue))
    #expect(problem.allowed.hasSuffix("squared where model.link is \(link.rawValue)"))
  }

  @Test func startsThatDoNotSuitTheShapeAreRefused() {
    var options = Self.good
    #expect(
      !options.problems(with: ModelSpec(gmfWidth: 8, tower: [16, 8], sharedEmbeddings: true))
        .isEmpty)
    options.pretrain = .factors
    #expect(!options.problems(with: Self.spec.mlpOnly).isEmpty)
    #expect(options.problems(with: Self.spec.gmfOnly).isEmpty)
    #expect(!options.problems(with: .matrixFactorization(width: 8, link: .logistic)).isEmpty)
    options = Self.good
    options.dropout = 0.1
    #expect(
      options.problems(with: Self.spec.gmfOnly)
        == [Problem("dropout", "0.1", mustBe: "0 where model.tower is empty")])
  }

  @Test func regularisationOfATowerThatIsNotThereIsRefused() {
    var options = Self.good
    options.l2Tower = 0.1
    #expect(options.problems(with: Self.spec).isEmpty)
    for spec in [Self.spec.gmfOnly, ModelSpec(gmfWidth: 8, tower: [16])] {
      #expect(
        options.problems(with: spec)
          == [Problem("l2.tower", "0.1", mustBe: "0 where model.tower has no hidden layer")])
      var fitting = options
      fitting.dropout = 0.1
      fitting.leaveOutTower(lackingIn: spec)
      #expect(fitting.problems(with: spec).isEmpty)
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
