import Baselines
import Interactions
import NCF
import Parallelism
import Recommenders
import RunSupport
import Store
import TestSupport
import Testing

@testable import Jobs
@testable import Pipeline

/// What a job may train beside NeuMF, seen from inside.
struct MethodTests {
  private static let small: @Sendable (inout Job) -> Void = {
    $0.baselines[ALSOptions.self].factors = 6
    $0.baselines[ALSOptions.self].regularization = 1
    $0.baselines[ALSOptions.self].iterations = 4
    $0.baselines[EALSOptions.self].factors = 6
    $0.baselines[EALSOptions.self].iterations = 4
    $0.baselines[EASEOptions.self].factors = 6
    $0.baselines[BPROptions.self].factors = 6
    $0.baselines[BPROptions.self].iterations = 4
    $0.baselines[KNNOptions.self].neighbours = 10
  }

  @Test(arguments: Job.Method.allCases.filter { $0 != .auto })
  func everyModelComesBackFromItsStoreAsItWas(method: Job.Method) throws {
    let shop = try Shop()
    let job = shop.job {
      Self.small(&$0)
      $0.method = method
    }
    try shop.run(job, RunRequest(force: true, threads: 2))
    let stored = try #require(try ModelStore(on: shop.connection).load(run: 1))
    #expect(stored.model.isFinite)
    #expect(stored.model.scorer(pool: .init(threads: 1)).userCount == Shop.users)
    // The night after, the stored model judges as the new one of the same seed does.
    let outcome = try shop.run(job, RunRequest(force: true))
    func ndcg(_ model: String, _ splits: [MetricRow.Split]) -> [Double] {
      outcome.metrics.filter {
        $0.model == model && $0.metric == .ndcg && splits.contains($0.split)
      }.map(\.value)
    }
    #expect(ndcg("live", [.validation, .test]).count == 20)
    // A new model knows the last item, or the last days, before the test item; a stored one those of its night.
    let splits: [MetricRow.Split] =
      switch method {
      case .baseline(.lastitem), .baseline(.history): [.validation]
      case .baseline(.recentpop): []
      default: [.validation, .test]
      }
    #expect(ndcg("live", splits) == ndcg(job.label, splits))
  }

  @Test func aRefitIsTestedAndItsPredecessorValidated() throws {
    let shop = try Shop()
    for method in [Job.Method.ncf, .baseline(.ials)] {
      let job = shop.job {
        Self.small(&$0)
        $0.method = method
      }
      let request = RunRequest(publish: false)
      let once = try shop.run(job, request)
      var again = job
      again.training.refit = true
      let twice = try shop.run(again, request)
      func values(_ outcome: RunOutcome, _ split: MetricRow.Split) -> [Double] {
        outcome.metrics.filter { $0.model == job.label && $0.split == split }.map(\.value)
      }
      #expect(values(once, .validation) == values(twice, .validation))
      #expect(values(once, .test) != values(twice, .test))
      #expect(!once.epochs.contains { $0.isRefit })
      #expect(once.epochs.count == twice.epochs.count { !$0.isRefit })
      // A refit repeats what was chosen, without looking at validation.
      let repeated = twice.epochs.filter(\.isRefit)
      #expect(!repeated.isEmpty)
      #expect(repeated.allSatisfy { $0.hr.isNaN && $0.ndcg.isNaN })
    }
  }

  @Test func weightsFollowTheirInteractionsIntoTheRefit() {
    var columns = InteractionColumns()
    let rows: [(user: UInt32, item: UInt32, second: UInt32, weight: Float)] = [
      (0, 3, 10, 1), (0, 1, 40, 2), (0, 2, 30, 3), (0, 0, 20, 4), (1, 2, 5, 5),
    ]
    for row in rows {
      columns.append(user: row.user, item: row.item, second: row.second, weight: row.weight)
    }
    let table = InteractionTable(
      columns: columns, users: .identity(2), items: .identity(4), userCount: 2, itemCount: 4)
    let split = HoldoutSplit(table, UserSequences(firstEventsOf: table))
    let training = Positives(training: split, weighted: true)
    #expect(training.items.items == [0, 3, 2])
    #expect(training.weights == [4, 1, 5])
    // Item 1 is the test's, item 2 validation's.
    let all = Positives(beforeTest: split.beforeTest, split, of: table, weighted: true)
    #expect(all.items.items == [0, 2, 3, 2])
    #expect(all.weights == [4, 3, 1, 5])
    #expect(
      Positives(beforeTest: split.beforeTest, split, of: table, weighted: false).weights.isEmpty)
  }

  @Test func aStopRequestEndsABaselineBetweenIterations() throws {
    let shop = try Shop()
    let interruption = Interruption()
    let recorder = Recorder { event in
      if case .progress(.train, _, _, 2, _, _) = event { interruption.request(reason: "SIGTERM") }
    }
    let job = shop.job {
      Self.small(&$0)
      $0.method = .baseline(.ials)
      $0.baselines[ALSOptions.self].iterations = 50
    }
    expectFailure(.temporary) {
      try shop.run(job, RunRequest(), observer: recorder, interruption: interruption)
    }
    try shop.expect(
      "SELECT status, max(epoch) FROM ncf.runs JOIN ncf.epochs USING (run_id) GROUP BY 1",
      gives: "interrupted|1")
  }
}
