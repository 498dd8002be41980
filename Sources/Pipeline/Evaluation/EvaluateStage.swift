import Baselines
import Interactions
import Jobs
import Ranking
import Recommenders
import RunSupport
import Source

/// Stage 4: judge it.
///
/// In: the trained model and the holdouts. Out: metrics at 1...k of the model, of ItemPop
/// and of the live model, sampled and over the whole catalogue, on validation and on test, and the share
/// of popular lists. Durable: nothing; the run's end writes them.
struct EvaluateStage {
  /// The run.
  let context: RunContext
  /// What was pulled.
  let pulled: Dataset
  /// How it was split.
  let divided: Divided
  /// What the parent's scores were worth; nil for a model trained in full.
  private let prior: Calibration?
  /// Judges lists by what belongs to none of the models: which users have an item.
  private let diversity: IntraListDiversity

  /// The size of the catalogue that holdouts are ranked in.
  private var itemCount: Int { divided.dataset.table.itemCount }

  /// Prepares for judging any number of models on the same data.
  init(context: RunContext, pulled: Dataset, divided: Divided, prior: Calibration? = nil) {
    (self.context, self.pulled, self.divided) = (context, pulled, divided)
    self.prior = prior
    diversity = IntraListDiversity(
      columnsOf: divided.split.training, itemCount: divided.dataset.table.itemCount)
  }

  /// Judges the model, ItemPop and, if there is one, the live model.
  ///
  /// - Parameters:
  ///   - trained: the model.
  ///   - live: the live model; nil for none.
  ///   - rivals: the simple methods to compare with; nil for none.
  /// - Returns: the figures.
  /// - Throws: `BatchError` when interrupted, or for a file of candidates that can't be used.
  func run(_ trained: Trained, live: Rival?, rivals: SimpleRivals? = nil) throws -> Evaluated {
    let (candidates, holdout) = try testCandidates()
    var protocols = [
      Measure(
        split: .test, holdout: divided.split.test, sampledHoldout: holdout,
        candidates: candidates, leavingOut: divided.beforeTest, missed: divided.split.missed,
        later: divided.split.later)
    ]
    if divided.clock == nil, let candidates = trained.validationCandidates {
      protocols.insert(
        Measure(
          split: .validation, holdout: divided.split.validation, sampledHoldout: nil,
          candidates: candidates, leavingOut: divided.split.training), at: 0)
    }
    let popularity = ItemPop(positives: divided.split.training, itemCount: itemCount)
    let own = try judge(trained, protocols, popularity.counts)
    var evaluated = Evaluated(
      metrics: own.metrics, ndcg: own.ndcg, coverage: own.coverage,
      coldLimit: ColdLimit(context.job), calibration: try calibration(of: trained))
    evaluated.metrics += try rehearsed(trained)
    if context.job.method != .baseline(.itempop) {
      let popular = try judge(popularity, name: "itempop", protocols, popularity.counts)
      evaluated.metrics += popular.metrics
      evaluated.itemPopNDCG = popular.ndcg
    }
    if let live, live.test.contains(where: { $0 >= 0 }) {
      let scorer = live.model.scorer(users: live.users, items: live.items, pool: context.pool)
      let judged = try judge(
        scorer, name: "live", protocols.map { $0.without(live) }, popularity.counts)
      evaluated.metrics += judged.metrics
      evaluated.liveNDCG = judged.ndcg
      let isCompared = divided.split.testUsers.map { live.test[Int($0)] >= 0 }
      evaluated.storedNDCG = zip(own.stored ?? own.ndcg, isCompared).filter(\.1).map(\.0)
    }
    if let rivals { evaluated.rivals = try rivals.run(beside: own.ndcg) }
    evaluated.coldLimit = ColdLimit(context.job, evaluated, divided)
    if let fallback = fallback(evaluated.coldLimit) { evaluated.metrics.append(fallback) }
    return evaluated
  }

  /// Judges what chose the epochs by the clock, and ItemPop beside it, on the validation.
  private func rehearsed(_ trained: Trained) throws -> [MetricRow] {
    guard let model = trained.rehearsed, let candidates = trained.validationCandidates,
      let earlier = divided.rehearsal?.divided
    else { return [] }
    let stage = EvaluateStage(context: context, pulled: pulled, divided: earlier)
    let validation = [
      Measure(
        split: .validation, holdout: earlier.split.test, sampledHoldout: nil,
        candidates: candidates, leavingOut: earlier.beforeTest, missed: earlier.split.missed)
    ]
    let popularity = ItemPop(positives: earlier.split.training, itemCount: stage.itemCount)
    var rows = try stage.judge(
      model.scorer(pool: context.pool), name: context.job.label, validation, popularity.counts
    ).metrics
    if context.job.method != .baseline(.itempop) {
      rows += try stage.judge(popularity, name: "itempop", validation, popularity.counts).metrics
    }
    return rows
  }

  /// What makes probabilities of the new model's scores.
  private func calibration(of trained: Trained) throws -> Calibration {
    try Calibration(
      of: trained.model.scorer(pool: context.pool), holdout: divided.split.test,
      known: divided.beforeTest, parent: prior, k: context.job.output.k, pool: context.pool,
      check: context.interruption.check)
  }

  /// The share of users with a list who get the popular one; nil when nobody gets a list.
  private func fallback(_ limit: ColdLimit) -> MetricRow? {
    let audience = pulled.withPopularLists(below: limit.interactions).serving.audience
    if audience.count == 0 { return nil }
    return MetricRow(
      model: context.job.label, split: .lists, proto: .full, metric: .lists(.fallback),
      k: context.job.output.k, value: Double(audience.cold.count) / Double(audience.count),
      confidence: nil, n: audience.count)
  }

  /// One holdout and what it is ranked among.
  private struct Measure {
    var split: MetricRow.Split
    var holdout: [Int32]
    /// The holdouts of users who have candidates; nil when all have.
    var sampledHoldout: [Int32]?
    var candidates: UserItems
    var leavingOut: UserItems
    /// Users whose item the log does not know: each is a miss.
    var missed: [UInt32] = []
    /// All items that users took up, where there are several.
    var later: LaterItems?

    /// The same without what the live model has learnt.
    func without(_ live: Rival) -> Measure {
      let kept = split == .test ? live.test : live.validation
      var measure = self
      measure.holdout = kept
      (measure.missed, measure.later) = ([], nil)
      measure.sampledHoldout = sampledHoldout.map { zip($0, kept).map { $1 < 0 ? -1 : $0 } }
      return measure
    }
  }

  private struct Judged {
    var metrics: [MetricRow] = []
    var ndcg: [Double] = []
    var stored: [Double]?
    var coverage = 0.0

    /// These figures of validation and those of the test.
    func followed(by test: Judged) -> Judged {
      var both = test
      both.metrics = metrics + test.metrics
      return both
    }
  }

  /// Judges the new model: on validation what has not learnt from it, on the test what has.
  ///
  /// What has not learnt from validation is tested too, as `parent`: it is what is stored, and what a
  /// later night's figures of the live model are of.
  private func judge(
    _ trained: Trained, _ protocols: [Measure], _ popularity: [Int]
  ) throws -> Judged {
    let name = context.job.label
    let scorer = trained.model.scorer(pool: context.pool)
    if divided.clock == nil, !trained.isRefit, case .baseline(let baseline) = context.job.method {
      // What happens before an item is known to what looks at the last item, or at the last days.
      let (validation, test) = (
        protocols.filter { $0.split == .validation }, protocols.filter { $0.split == .test }
      )
      if case .neighbours(let neighbours) = trained.model, baseline == .lastitem {
        var judged = try judge(scorer, name: name, validation, popularity).followed(
          by: judge(neighbours.beforeTest(divided, baseline), name: name, test, popularity))
        judged.stored = try judge(scorer, name: name, test, popularity).ndcg
        return judged
      }
      if let history = trained.history {
        let known = divided.dataset.log(divided.beforeTest, weights: [])
        let moved = try history.moved(over: known, pool: context.pool).factors
        var judged = try judge(scorer, name: name, validation, popularity).followed(
          by: judge(moved, name: name, test, popularity))
        judged.stored = try judge(scorer, name: name, test, popularity).ndcg
        return judged
      }
      if let options = context.job.baseline as? RecentPopOptions {
        let log = divided.log(weighted: false)
        func timed(_ holdout: [Int32]) -> RecentPop {
          RecentPop(log, options: options, ends: divided.moments(of: holdout))
        }
        return try judge(timed(divided.split.validation), name: name, validation, popularity)
          .followed(by: judge(timed(divided.split.test), name: name, test, popularity))
      }
    }
    guard trained.isRefit else { return try judge(scorer, name: name, protocols, popularity) }
    let before = try judge(
      trained.validated.scorer(pool: context.pool), name: name, protocols, popularity)
    var judged = try judge(
      scorer, name: name, protocols.filter { $0.split == .test }, popularity)
    judged.metrics =
      before.metrics.map { row in
        var row = row
        if row.split == .test { row.model = "parent" }
        return row
      } + judged.metrics
    judged.stored = before.ndcg
    return judged
  }

  private func judge(
    _ scorer: some Scorer, name: String, _ protocols: [Measure], _ popularity: [Int]
  ) throws -> Judged {
    let k = context.job.evaluation.k
    var judged = Judged()
    let (ranks, lists) = try scan(scorer, protocols, k: k)
    for (part, full) in zip(protocols, ranks) {
      try context.interruption.check()
      let sampled = HoldoutRanks.sampled(
        scorer, holdout: part.sampledHoldout ?? part.holdout, candidates: part.candidates,
        pool: context.pool
      ).missing(part.sampledHoldout == nil ? part.missed : [])
      judged.metrics += rows(sampled, model: name, split: part.split, proto: .sampled)
      let ofAll = part.later.map { hits(lists, $0, model: name, split: part.split) } ?? []
      let replaced = Set(ofAll.map(\.metric))
      judged.metrics += rows(full, model: name, split: part.split, proto: .full).filter {
        !replaced.contains($0.metric)
      }
      judged.metrics += ofAll
      if part.split == .test { judged.ndcg = full.values(.ndcg, k: k) }
    }
    guard protocols.contains(where: { $0.split == .test }) else { return judged }
    if let quality = ListQuality(
      lists, k: k, itemCount: itemCount, popularity: popularity,
      userCount: divided.dataset.table.userCount)
    {
      judged.coverage = quality.coverage
      let figures: [(Metric.ListMetric, Double)] = [
        (.coverage, quality.coverage), (.gini, quality.gini), (.novelty, quality.novelty),
      ]
      judged.metrics += figures.map { metric, value in
        MetricRow(
          model: name, split: .test, proto: .full, metric: .lists(metric), k: k, value: value,
          confidence: nil, n: lists.count)
      }
    }
    // Popular items have long columns: ten thousand lists tell the mean well enough.
    let distances = diversity.values(
      lists, k: k, step: max(1, lists.count / 10_000), pool: context.pool)
    if let estimate = Estimate(meanOf: distances, within: 0...2) {
      judged.metrics.append(
        MetricRow(
          model: name, split: .test, proto: .full, metric: .lists(.diversity), k: k, estimate))
    }
    return judged
  }

  /// Users ranked between two looks at whether to stop: about a second's work, whole blocks.
  private var slice: Int {
    max(64, 60_000_000 / max(itemCount, 1) / 64 * 64)
  }

  /// Ranks the holdouts among the whole catalogue and lists the best, from one look at all scores.
  private func scan(
    _ scorer: some Scorer, _ protocols: [Measure], k: Int
  ) throws -> (ranks: [HoldoutRanks], lists: RecommendationLists) {
    let users = divided.split.testUsers
    let questions = protocols.map {
      CatalogueScan.Question(holdout: $0.holdout, leavingOut: $0.leavingOut)
    }
    var ranks = protocols.map { [Int32](repeating: -1, count: $0.holdout.count) }
    var (offsets, items, scores): ([Int], [UInt32], [Float]) = ([0], [], [])
    for first in stride(from: 0, to: users.count, by: slice) {
      try context.interruption.check()
      let some = CatalogueScan(
        scorer, users: Array(users[first..<min(first + slice, users.count)]),
        questions: questions, k: k, history: divided.beforeTest, pool: context.pool)
      for question in questions.indices {
        for (user, rank) in zip(some.lists.users, some.ranks[question]) {
          ranks[question][Int(user)] = rank
        }
      }
      offsets += some.lists.offsets.dropFirst().map { $0 + items.count }
      items += some.lists.items
      scores += some.lists.scores
    }
    return (
      zip(ranks, protocols).map { HoldoutRanks(ranks: $0).missing($1.missed) },
      RecommendationLists(users: users, offsets: offsets, items: items, scores: scores)
    )
  }

  /// Recall, precision and average precision of all items that users took up.
  private func hits(
    _ lists: RecommendationLists, _ later: LaterItems, model: String, split: MetricRow.Split
  ) -> [MetricRow] {
    let k = context.job.evaluation.k
    let found = LaterHits(lists, later)
    return [HoldoutMetric.recall, .precision, .map].flatMap { metric in
      (1...k).compactMap { k in
        Estimate(meanOf: found.values(metric, k: k), within: 0...1).map {
          MetricRow(model: model, split: split, proto: .full, metric: .holdout(metric), k: k, $0)
        }
      }
    }
  }

  private func rows(
    _ ranks: HoldoutRanks, model: String, split: MetricRow.Split, proto: EvaluationProtocol
  ) -> [MetricRow] {
    let k = context.job.evaluation.k
    let resampled = ResampledRanks(ranks, k: k, seed: context.seed &+ 3, pool: context.pool)
    return HoldoutMetric.allCases.flatMap { metric in
      (1...k).compactMap { k in
        resampled.estimate(metric, k: k).map {
          MetricRow(model: model, split: split, proto: proto, metric: .holdout(metric), k: k, $0)
        }
      }
    }
  }

  /// Candidates of the test items, and the holdouts of users who have any.
  private func testCandidates() throws -> (UserItems, [Int32]?) {
    guard let path = context.job.evaluation.candidates else {
      let drawn = Candidates.drawn(
        context.job.evaluation.sampled, users: divided.split.testUsers, outside: divided.history,
        itemCount: itemCount, seed: context.seed &+ 2, pool: context.pool)
      return (drawn, nil)
    }
    let file = try CandidateFile(
      path: path, users: divided.dataset.users, items: divided.dataset.items)
    var holdout = divided.split.test
    var missing = 0
    for user in holdout.indices where holdout[user] >= 0 && !file.hasLine[user] {
      holdout[user] = -1
      missing += 1
    }
    if missing + file.unknownUsers + file.unknownItems > 0 {
      context.notice(
        "\(path): \(missing) tested users have no line, \(file.unknownUsers) lines are of unknown "
          + "users, \(file.unknownItems) candidates are unknown")
    }
    return (file.candidates, holdout)
  }
}

extension MetricRow {
  /// A figure with its interval, if it has one.
  fileprivate init(
    model: String, split: Split, proto: EvaluationProtocol, metric: Metric, k: Int,
    _ estimate: Estimate
  ) {
    var confidence: ClosedRange<Double>?
    if let low = estimate.low, let high = estimate.high { confidence = low...high }
    self.init(
      model: model, split: split, proto: proto, metric: metric, k: k, value: estimate.value,
      confidence: confidence, n: estimate.count)
  }
}

/// How good a model is, and what the gate needs to know of it.
struct Evaluated {
  /// Rows of `ncf.metrics`.
  var metrics: [MetricRow]
  /// Whole-catalogue NDCG at `evaluate.k` of each tested user, of the new model.
  var ndcg: [Double]
  /// The same of the new model in the form that is stored, on the users that the live model is judged on;
  /// nil when there is no live model.
  var storedNDCG: [Double]?
  /// The same of ItemPop; nil when that is what is judged.
  var itemPopNDCG: [Double]?
  /// The same of the live model, on the users whose test item it has not learnt; nil when there was no
  /// model or there are no such users.
  var liveNDCG: [Double]?
  /// Simple methods beside the model.
  var rivals: [RivalRow] = []
  /// Share of the catalogue in the tested users' lists.
  var coverage: Double
  /// Users tested.
  var testedUsers: Int { ndcg.count }
  /// Who gets a list of the model.
  var coldLimit: ColdLimit
  /// What makes probabilities of the new model's scores.
  let calibration: Calibration
}
