import Baselines
import Foundation
import Interactions
import NCF
import Parallelism
import Ranking
import Testing

@testable import Recommenders

/// The logarithm of the sum over a user's catalogue, beside one that takes the scores one by one.
struct LogSumTests {
  private static let (users, items) = (23, 700)
  private static let positives: UserItems = {
    var random = CounterRandom(seed: 1, stream: 0)
    return UserItems(
      lists: (0..<users).map { user in
        (0..<UInt32(items)).filter { _ in random.uniform() < Double(user + 1) / 60 }
      })
  }()

  private static func network(_ spec: ModelSpec) -> PublishedModel {
    .network(Model(spec: spec, userCount: users, itemCount: items, seed: 1))
  }

  private static func factors(_ options: any FactorizationOptions) throws -> PublishedModel {
    .network(
      Model(
        factors: try options.factorize(
          positives, weights: [], itemCount: items, pool: WorkerPool(threads: 1), report: { _ in }))
    )
  }

  static let models: [(name: String, make: @Sendable () throws -> PublishedModel)] = [
    ("GMF", { network(ModelSpec(gmfWidth: 8, tower: [])) }),
    ("MLP", { network(ModelSpec(gmfWidth: 0, tower: [16, 8])) }),
    ("NeuMF", { network(ModelSpec(gmfWidth: 8, tower: [16, 8])) }),
    ("iALS", { try factors(ALSOptions(factors: 8, iterations: 2)) }),
    ("EASE", { try factors(EASEOptions()) }),
    (
      "ItemKNN",
      {
        .neighbours(
          ItemKNN(
            positives: positives, weights: [], itemCount: items, options: KNNOptions(),
            pool: WorkerPool(threads: 1)))
      }
    ),
  ]

  @Test(
    "It is that of the model's scores, for every kind of model and any number of threads",
    arguments: models.indices)
  func reference(model: Int) throws {
    let scorer = try Self.models[model].make().scorer(pool: WorkerPool(threads: 1))
    let users = (0..<UInt32(Self.users)).map { $0 }
    for scale: Float in [0.3, 9] {
      func lists(threads: Int) -> RecommendationLists {
        topK(
          scorer, users: users, k: 5, history: Self.positives, scale: scale,
          pool: WorkerPool(threads: threads))
      }
      let found = lists(threads: 1)
      #expect(lists(threads: 2) == found)
      #expect(lists(threads: 3) == found)
      var scratch = scorer.makeScratch()
      for user in users {
        let had = Set(Self.positives[Int(user)])
        let open = (0..<UInt32(Self.items)).filter { !had.contains($0) }
        var scores = [Float](repeating: 0, count: open.count)
        var span = scores.mutableSpan
        scorer.fill(&span, user: Int(user), items: open.span, scratch: &scratch)
        let logits = scores.map { Double(scale) * Double($0) }
        let best = logits.max() ?? 0
        let expected = best + log(logits.reduce(0) { $0 + exp($1 - best) })
        let difference = abs(Double(found.logSums[Int(user)]) - expected)
        #expect(difference < 2e-5 * max(1, abs(expected)), "\(Self.models[model].name)")
      }
    }
  }

  @Test("A stored calibration is read back as it was, and an odd one not at all")
  func stored() throws {
    let curve = ScoreCurve(slope: 0.7, offset: -1.25)
    for scale in [1.5, nil] as [Float?] {
      let calibration = Calibration(scale: scale, curve: curve, tested: 700, weight: 1_400)
      let words = StoredScores(calibration, areOfThisModel: true).metadata
      #expect(StoredScores.calibration(words) == calibration)
      for (name, word) in [
        ("slope", "0"), ("slope", "nan"), ("offset", "inf"), ("tested", "-1"), ("kind", "odd"),
        ("kind", scale == nil ? "score" : "rank"), ("scale", "-2"),
      ] {
        let odd = words.merging(["calibration.\(name)": word]) { $1 }
        #expect(StoredScores.calibration(odd) == nil, "\(name) \(word)")
      }
    }
    // Files of earlier versions.
    #expect(StoredScores.calibration(["calibration.slope": "1", "calibration.offset": "0"]) == nil)
  }
}
