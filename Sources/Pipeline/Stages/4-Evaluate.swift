import Baselines
import Interactions
import NCF
import Ranking

/// How good a model is, and what the gate needs to know of it.
struct Evaluated {
  /// Rows of `ncf.metrics`.
  var metrics: [MetricRow]
  /// Whole-catalogue NDCG at `evaluate.k` of each tested user, of the new model.
  var ndcg: [Double]
  /// The same of ItemPop.
  var itemPopNDCG: [Double]
  /// The same of the live model, on the same users; nil when there was none to score.
  var liveNDCG: [Double]?
  /// Share of the catalogue in the tested users' lists.
  var coverage: Double
  /// Users tested.
  var testedUsers: Int
}

/// Stage 4: judge it.
///
/// In: the trained model and the holdouts. Out: metrics at 1...k of the model, of ItemPop
/// and of the live model, sampled and over the whole catalogue, on validation and on test. Durable:
/// nothing; the run's end writes them.
struct EvaluateStage {
  /// The run.
  let context: RunContext
  /// What was pulled.
  let pulled: Pulled
  /// How it was split.
  let divided: Divided

  /// Judges the model, ItemPop and, if there is one, the live model.
  ///
  /// - Throws: `BatchError` when interrupted, or for a file of candidates that can't be used.
  func run(_ trained: Trained, live: LiveModel?) throws -> Evaluated {
    let (candidates, holdout) = try testCandidates()
    let protocols = [
      Measure(
        split: "validation", holdout: divided.split.validation, sampledHoldout: nil,
        candidates: trained.validationCandidates, leavingOut: divided.split.training),
      Measure(
        split: "test", holdout: divided.split.test, sampledHoldout: holdout,
        candidates: candidates, leavingOut: divided.beforeTest),
    ]
    let popularity = ItemPop(
      positives: divided.split.training, itemCount: pulled.table.itemCount)
    let name = trained.model.spec.label
    let own = try judge(
      NeuralScorer(trained.model, pool: context.pool), name: name, protocols, popularity.counts)
    let popular = try judge(popularity, name: "itempop", protocols, popularity.counts)
    var evaluated = Evaluated(
      metrics: own.metrics + popular.metrics, ndcg: own.ndcg, itemPopNDCG: popular.ndcg,
      liveNDCG: nil, coverage: own.coverage, testedUsers: own.ndcg.count)
    if let live {
      let scorer = live.scorer(users: pulled.users, items: pulled.items, pool: context.pool)
      let judged = try judge(scorer, name: "live", protocols, popularity.counts)
      evaluated.metrics += judged.metrics
      evaluated.liveNDCG = judged.ndcg
    }
    return evaluated
  }

  /// One holdout and what it is ranked among.
  private struct Measure {
    var split: String
    var holdout: [Int32]
    /// The holdouts of users who have candidates; nil when all have.
    var sampledHoldout: [Int32]?
    var candidates: UserItems
    var leavingOut: UserItems
  }

  private struct Judged {
    var metrics: [MetricRow] = []
    var ndcg: [Double] = []
    var coverage = 0.0
  }

  private func judge(
    _ scorer: some Scorer, name: String, _ protocols: [Measure], _ popularity: [Int]
  ) throws -> Judged {
    let k = context.job.evaluation.k
    var judged = Judged()
    for part in protocols {
      try context.interruption.check()
      let sampled = HoldoutRanks.sampled(
        scorer, holdout: part.sampledHoldout ?? part.holdout, candidates: part.candidates,
        pool: context.pool)
      judged.metrics += rows(sampled, model: name, split: part.split, proto: "sampled")
      let full = try fullRanks(scorer, part)
      judged.metrics += rows(full, model: name, split: part.split, proto: "full")
      if part.split == "test" { judged.ndcg = full.values(.ndcg, k: k) }
    }
    let lists = try self.lists(scorer, k: k)
    if let quality = ListQuality(
      lists, k: k, itemCount: pulled.table.itemCount, popularity: popularity,
      userCount: pulled.table.userCount)
    {
      judged.coverage = quality.coverage
      let figures = [
        ("coverage", quality.coverage), ("gini", quality.gini), ("novelty", quality.novelty),
      ]
      judged.metrics += figures.map { metric, value in
        MetricRow(
          model: name, split: "test", proto: "full", metric: metric, k: k, value: value,
          confidence: nil, n: lists.count)
      }
    }
    return judged
  }

  /// Users ranked between two looks at whether to stop: about a second's work, whole blocks.
  private var slice: Int {
    max(64, 60_000_000 / max(pulled.table.itemCount, 1) / 64 * 64)
  }

  private func fullRanks(_ scorer: some Scorer, _ part: Measure) throws -> HoldoutRanks {
    var ranks = [Int32](repeating: -1, count: part.holdout.count)
    for first in stride(from: 0, to: ranks.count, by: slice) {
      try context.interruption.check()
      let users = first..<min(first + slice, ranks.count)
      var holdout = [Int32](repeating: -1, count: ranks.count)
      holdout.replaceSubrange(users, with: part.holdout[users])
      let some = HoldoutRanks.full(
        scorer, holdout: holdout, leavingOut: part.leavingOut, pool: context.pool)
      ranks.replaceSubrange(users, with: some.ranks[users])
    }
    return HoldoutRanks(ranks: ranks)
  }

  private func lists(_ scorer: some Scorer, k: Int) throws -> RecommendationLists {
    let users = divided.split.testUsers
    var (offsets, items, scores): ([Int], [UInt32], [Float]) = ([0], [], [])
    for first in stride(from: 0, to: users.count, by: slice) {
      try context.interruption.check()
      let some = topK(
        scorer, users: Array(users[first..<min(first + slice, users.count)]), k: k,
        history: divided.beforeTest, pool: context.pool)
      offsets += some.offsets.dropFirst().map { $0 + items.count }
      items += some.items
      scores += some.scores
    }
    return RecommendationLists(users: users, offsets: offsets, items: items, scores: scores)
  }

  private func rows(
    _ ranks: HoldoutRanks, model: String, split: String, proto: String
  ) -> [MetricRow] {
    HoldoutMetric.allCases.flatMap { metric in
      (1...context.job.evaluation.k).compactMap { k in
        ranks.estimate(metric, k: k).map { estimate in
          var confidence: ClosedRange<Double>?
          if let low = estimate.low, let high = estimate.high { confidence = low...high }
          return MetricRow(
            model: model, split: split, proto: proto, metric: metric.rawValue, k: k,
            value: estimate.value, confidence: confidence, n: estimate.count)
        }
      }
    }
  }

  /// Candidates of the test items, and the holdouts of users who have any.
  private func testCandidates() throws -> (UserItems, [Int32]?) {
    guard let path = context.job.evaluation.candidates else {
      let drawn = Candidates.drawn(
        context.job.evaluation.sampled, users: divided.split.testUsers, outside: divided.history,
        itemCount: pulled.table.itemCount, seed: context.seed &+ 2, pool: context.pool)
      return (drawn, nil)
    }
    let file = try CandidateFile(path: path, users: pulled.users, items: pulled.items)
    var holdout = divided.split.test
    var missing = 0
    for user in holdout.indices where holdout[user] >= 0 && !file.hasLine[user] {
      holdout[user] = -1
      missing += 1
    }
    if missing + file.unknownUsers + file.unknownItems > 0 {
      context.observer.observe(
        .notice(
          "\(path): \(missing) tested users have no line, \(file.unknownUsers) lines are of unknown "
            + "users, \(file.unknownItems) candidates are unknown"))
    }
    return (file.candidates, holdout)
  }
}

extension ModelSpec {
  /// What `ncf.metrics` calls a model of this shape.
  var label: String {
    tower.isEmpty ? "gmf" : gmfWidth == 0 ? "mlp" : "neumf"
  }
}
