import Baselines
import Interactions
import Jobs
import Parallelism
import Ranking
import Recommenders
import RunSupport
import Source
import Store

/// What rivals would list now, for a sample of the users that get a list.
///
/// They are ItemPop and, where the job compares its model with simple methods, those of them that it is
/// compared with. Each learns all that was read.
struct RivalSample {
  private let pulled: Dataset
  private let context: RunContext
  private let rivals: SimpleRivals?
  private var k: Int { context.job.output.k }
  private let users: [UInt32]

  /// Chooses the sample: at most `RivalList.mostUsers`, by a hash of their ids.
  ///
  /// - Parameters:
  ///   - pulled: what was read.
  ///   - context: the run.
  ///   - rivals: the simple methods that the model is compared with; nil for none.
  init(_ pulled: Dataset, _ context: RunContext, _ rivals: SimpleRivals?) {
    (self.pulled, self.context, self.rivals) = (pulled, context, rivals)
    let (audience, all) = (pulled.serving.audience, pulled.serving.users)
    let listed = (audience.scored + audience.cold).map { user in
      let (ids, index) = all.id(of: Int(user))
      return (hash: ids.hash(at: index), user: user)
    }
    users = listed.sorted { ($0.hash, $0.user) < ($1.hash, $1.user) }
      .prefix(RivalList.mostUsers).map(\.user).sorted()
  }

  /// The same for users that are known.
  ///
  /// - Parameters:
  ///   - users: indices of the serving view, ascending.
  ///   - pulled: what was read.
  ///   - context: the run.
  ///   - rivals: the simple methods that the model is compared with; nil for none.
  init(of users: [UInt32], _ pulled: Dataset, _ context: RunContext, _ rivals: SimpleRivals?) {
    (self.users, self.pulled, self.context, self.rivals) = (users, pulled, context, rivals)
  }

  /// The lists of every rival that fits into memory.
  ///
  /// - Returns: a list for each user of the sample, by rival.
  /// - Throws: `BatchError` when interrupted.
  func lists() throws -> [RivalList] {
    var counts = [Double](repeating: 0, count: pulled.items.count)
    for item in pulled.table.items { counts[Int(item)] += 1 }
    let log = pulled.log(
      pulled.table.history, weights: context.job.source.isWeighted ? pulled.table.weights : [])
    let others = try (rivals?.setups ?? []).compactMap { name, setup -> RivalList? in
      try context.interruption.check()
      if let options = setup.options as? RecentPopOptions {
        let scores = RecentPop(log, options: options).scores(asOf: log.end)
        return popular(name, scores.map { Double($0) })
      }
      // Newcomers have no rows in these; ItemPop is there already.
      if pulled.serving.newcomers != nil || setup.baseline == .itempop { return nil }
      guard rivals?.fits(setup, log) ?? false else { return nil }
      let fitted = try setup.options.fit(log, pool: context.pool) { _ in
        try context.interruption.check()
      }
      return best(
        name, FittedModel.baseline(fitted).scorer(pool: context.pool), popular("", counts).items)
    }
    return [popular("itempop", counts)] + others
  }

  /// The best items of users of the dataset; others get the popular list.
  private func best(
    _ name: String, _ scorer: any Scorer, _ popular: [[UInt32]]
  ) -> RivalList {
    let serving = pulled.serving
    let known = users.filter { Int($0) < scorer.userCount }
    let found = topK(
      scorer, users: known, k: k, history: serving.excluded,
      eligible: serving.catalogue.eligible, cap: serving.catalogue.cap, pool: context.pool)
    var lists = popular
    var list = 0
    for (place, user) in users.enumerated() where Int(user) < scorer.userCount {
      lists[place] = Array(found.items[found.range(ofList: list)])
      list += 1
    }
    return RivalList(name: name, users: users, items: lists)
  }

  /// The items with the highest scores, the same for everyone save for what a user has had.
  private func popular(_ name: String, _ counts: [Double]) -> RivalList {
    let serving = pulled.serving
    // A new item, which only its features tell of, has no users.
    let popularity = serving.newcomers.map { newcomers in
      newcomers.items.map { $0.map { counts[$0] } ?? 0 }
    }
    let popular = PopularLists(serving, popularity: popularity ?? counts, k: k)
    return RivalList(
      name: name, users: users,
      items: users.map { popular.list(excluding: serving.excluded(of: Int($0))) })
  }
}
