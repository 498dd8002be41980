import Baselines
import Formatting
import Interactions
import Jobs
import Parallelism
import Ranking
import Recommenders
import RunSupport
import Source

/// The simple methods that a full night's model is held against.
///
/// They are popularity in all and of the last 7 and 30 days, what followed the last item, neighbours of items,
/// and iALS as the last search set it. Each learns what the tested model has learnt and is tested on the same
/// users; a hash chooses whom of many.
struct SimpleRivals {
  /// The most users that rivals are tested on.
  static let mostUsers = 20_000

  /// The run.
  let context: RunContext
  /// What is learnt and tested.
  let divided: Divided
  /// iALS as the last search set it; nil where there was no search.
  let factorization: BaselineSetup?

  private var job: Job { context.job }

  /// Prepares to compare, where the job asks for it.
  ///
  /// - Parameters:
  ///   - context: the run.
  ///   - divided: what is learnt and tested.
  ///   - factorization: iALS as the last search set it; nil for none.
  init?(_ context: RunContext, _ divided: Divided, _ factorization: BaselineSetup?) {
    guard context.job.evaluation.rivals else { return nil }
    (self.context, self.divided, self.factorization) = (context, divided, factorization)
  }

  /// The methods, with their names; without the run's own.
  var setups: [(name: String, setup: BaselineSetup)] {
    Self.setups(job, factorization).map { ($0, $1.seeded(context.seed)) }
  }

  /// The methods that a job's model is compared with.
  ///
  /// - Parameters:
  ///   - job: the job.
  ///   - factorization: iALS as the last search set it; nil for none.
  /// - Returns: the methods with their names, without the job's own.
  static func setups(
    _ job: Job, _ factorization: BaselineSetup?
  ) -> [(name: String, setup: BaselineSetup)] {
    let all: [(String, (any BaselineOptions)?)] = [
      ("itempop", ItemPopOptions()), ("recentpop30", RecentPopOptions(days: 30)),
      ("recentpop7", RecentPopOptions(days: 7)), ("lastitem", LastItemOptions()),
      ("itemknn", KNNOptions(neighbours: 100, shrinkage: 100)), ("ials", factorization?.options),
    ]
    let own = job.method == .auto ? nil : Method(job).seeded(0)
    return all.compactMap { name, options in
      guard let options, Method(options) != own else { return nil }
      return (name, BaselineSetup(options))
    }
  }

  /// Fits and tests them.
  ///
  /// - Parameter model: the tested model's NDCG of each tested user, in the order of the users.
  /// - Returns: a row for each that fits into memory.
  /// - Throws: `BatchError` when interrupted.
  func run(beside model: [Double]) throws -> [RivalRow] {
    let tested = divided.split.testUsers
    let chosen = sample(tested)
    let users = Set(chosen.map { tested[$0] })
    let holdout = divided.split.test.indices.map {
      users.contains(UInt32($0)) ? divided.split.test[$0] : -1
    }
    let missed = divided.split.missed.filter(users.contains)
    let own = chosen.map { model[$0] }
    let rows = try setups.compactMap { name, setup -> RivalRow? in
      try context.interruption.check()
      guard let scorer = try scorer(setup) else { return nil }
      let ranks = HoldoutRanks.full(
        scorer, holdout: holdout, leavingOut: divided.beforeTest, pool: context.pool
      ).missing(missed)
      return row(name, setup, ranks, own)
    }
    tell(rows)
    return rows
  }

  /// Tells of the best one; warns where a job names a method that is worse than it.
  private func tell(_ rows: [RivalRow]) {
    guard let sentence = rows.sentence else { return }
    context.notice(sentence)
    if context.configured.method != .auto, let best = rows.best, let p = best.pValue,
      p < Gate.significance
    {
      context.warning(
        "\(best.settings) ranks better than the job's model on this log; "
          + "model: auto finds the best method")
    }
  }

  /// Places of the users that are tested: all, or those with the lowest hashes.
  private func sample(_ tested: [UInt32]) -> [Int] {
    if tested.count <= Self.mostUsers { return Array(tested.indices) }
    return tested.indices.sorted {
      (mixed(UInt64(tested[$0])), $0) < (mixed(UInt64(tested[$1])), $1)
    }.prefix(Self.mostUsers).sorted()
  }

  /// Whether a rival fits into memory; told where it does not.
  ///
  /// - Parameters:
  ///   - setup: the rival.
  ///   - log: what it would learn.
  /// - Returns: whether it does.
  func fits(_ setup: BaselineSetup, _ log: TrainingLog) -> Bool {
    let needed = setup.options.fittingMemory(log.sizes, threads: context.pool.threads)
    guard let most = MemoryBudget.bytes, needed > most - MemoryBudget.resident else { return true }
    context.notice("not compared with \(setup.baseline.title): it needs \(needed >> 20) MiB")
    return false
  }

  /// A fitted rival; nil, and told, where it does not fit into memory.
  private func scorer(_ setup: BaselineSetup) throws -> (any Scorer)? {
    let log = divided.log(weighted: job.source.isWeighted)
    guard fits(setup, log) else { return nil }
    if divided.clock == nil, let options = setup.options as? RecentPopOptions {
      return RecentPop(log, options: options, ends: divided.moments(of: divided.split.test))
    }
    context.progress(
      .evaluate, "comparing with \(setup.baseline.title)", done: 0, of: nil,
      since: context.clock(), unit: "users")
    let fitted = try setup.options.fit(log, pool: context.pool) { _ in
      try context.interruption.check()
    }
    guard case .neighbours(let neighbours) = fitted else {
      return FittedModel.baseline(fitted).scorer(pool: context.pool)
    }
    return neighbours.beforeTest(divided, setup.baseline)
  }

  private func row(
    _ name: String, _ setup: BaselineSetup, _ ranks: HoldoutRanks, _ own: [Double]
  ) -> RivalRow {
    let k = job.evaluation.k
    let ndcg = ranks.values(.ndcg, k: k)
    func mean(_ values: [Double]) -> Double {
      values.reduce(0, +) / Double(max(values.count, 1))
    }
    return RivalRow(
      rival: name, settings: Method(setup.options).words, k: k, users: ndcg.count,
      hr: mean(ranks.values(.hr, k: k)), ndcg: mean(ndcg), modelNdcg: mean(own),
      pValue: PairedTest(ndcg, own)?.firstIsBetter)
  }
}

extension ItemKNN {
  /// The same for the last item that users have before the test, which training need not know; others stay.
  ///
  /// - Parameters:
  ///   - divided: the split.
  ///   - baseline: which one it is.
  /// - Returns: the neighbours.
  func beforeTest(_ divided: Divided, _ baseline: Baseline) -> ItemKNN {
    if divided.clock != nil || baseline != .lastitem { return self }
    return scoring(divided.beforeTest.last(by: divided.dataset.sequences))
  }
}

extension [RivalRow] {
  /// The best one; nil without any.
  var best: RivalRow? { self.max { $0.ndcg < $1.ndcg } }

  /// The model beside the best one, in a sentence; nil without any.
  var sentence: String? {
    guard let best else { return nil }
    let p = best.pValue.map { ", \(Figures.significance($0))" } ?? ""
    return "whole-catalogue NDCG@\(best.k) \(Figures.fixed(best.modelNdcg, 4)); "
      + "best of \(count) simple rivals: \(best.rival) \(Figures.fixed(best.ndcg, 4))\(p)"
  }
}
