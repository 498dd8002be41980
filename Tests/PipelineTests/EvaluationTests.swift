import NCF
import TestSupport
import Testing

@testable import Jobs

struct EvaluationTests {
  /// A night's figures of a model, the others left out, by split, protocol, metric and k.
  private func figures(
    of model: String, _ shop: Shop, seed: UInt64 = 1, _ change: (inout Job) -> Void
  ) throws -> [String: Double] {
    let outcome = try shop.run(
      shop.job { job in
        job.training.pretraining.epochs = 2
        job.training.joint.epochs = 1
        change(&job)
      }, RunRequest(publish: false, seed: seed))
    let rows = outcome.metrics.filter { $0.model == model }
    return Dictionary(
      uniqueKeysWithValues: rows.map {
        ("\($0.split) \($0.proto) \($0.metric.rawValue) \($0.k)", $0.value)
      })
  }

  @Test func anyNumberOfCandidatesCanBeDrawn() throws {
    let shop = try Shop()
    let one = try figures(of: "itempop", shop) { $0.evaluation.sampled = 1 }
    // Among two, the second place is the last.
    #expect(one["test sampled hr 2"] == 1)
    #expect(try #require(one["test sampled hr 1"]) < 1)
    let seven = try figures(of: "itempop", shop) { $0.evaluation.sampled = 7 }
    #expect(try #require(seven["test sampled hr 1"]) < #require(one["test sampled hr 1"]))
    // More than there are: everything that the user does not know, which is the whole catalogue.
    let all = try figures(of: "itempop", shop) { $0.evaluation.sampled = 1_000 }
    for metric in ["hr", "ndcg", "mrr", "recall", "precision", "map"] {
      for k in 1...5 {
        for split in ["test", "validation"] {
          let sampled = try #require(all["\(split) sampled \(metric) \(k)"])
          #expect(sampled == all["\(split) full \(metric) \(k)"])
        }
      }
    }
  }

  @Test func theRunsSeedDrawsTheCandidates() throws {
    let shop = try Shop()
    func sampled(seed: UInt64) throws -> [String: Double] {
      try figures(of: "itempop", shop, seed: seed) { $0.evaluation.sampled = 5 }
        .filter { $0.key.contains(" sampled ") }
    }
    let first = try sampled(seed: 1)
    #expect(first.count == 2 * 6 * 5)
    #expect(try sampled(seed: 1) == first)
    #expect(try sampled(seed: 2) != first)
  }

  @Test func listsOfOneGroupAreLessDiverseThanPopularOnes() throws {
    let shop = try Shop()
    let outcome = try shop.run()
    func diversity(_ model: String) throws -> MetricRow {
      try #require(
        outcome.metrics.first {
          $0.model == model && $0.metric == .lists(.diversity) && $0.k == 5 && $0.proto == .full
        })
    }
    let (own, popular) = (try diversity("neumf"), try diversity("itempop"))
    #expect(own.n == Shop.users && popular.n == Shop.users)
    #expect(own.value > 0 && own.value + 0.05 < popular.value && popular.value < 1.2)
    #expect(try #require(own.confidence).contains(own.value))
    try shop.expect(
      "SELECT count(*) FROM ncf.metrics WHERE metric = 'diversity' AND ci_low < value", gives: "2")
  }
}
