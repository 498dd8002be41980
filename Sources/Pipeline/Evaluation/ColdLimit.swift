import Baselines
import Interactions
import Jobs
import Ranking

/// How many interactions a user needs for a list of the model: `users.cold_below`, or what its `auto` finds.
struct ColdLimit: Equatable {
  /// Users with fewer interactions get the popular list.
  let interactions: Int

  /// Takes the job's number.
  ///
  /// `auto` is 1 for a method that can score for a user of one interaction (`Baseline.foldsIn`), and for
  /// others 3: with fewer, no user's latest interaction is tested. Before a search chooses the method it is 1.
  ///
  /// - Parameter job: what the run is configured with, or resolved to by a choice.
  init(_ job: Job) {
    interactions = job.users.coldBelow ?? Self.interactions(job.method)
  }

  private static func interactions(_ method: Job.Method) -> Int {
    switch method {
    case .auto: 1
    case .ncf: 3
    case .baseline(let baseline): baseline.foldsIn ? 1 : 3
    }
  }

  /// The highest limit that a test by the clock can set.
  static let most = 10
  /// With fewer tested users of a number of interactions, the test does not decide about that number.
  private static let fewestUsers = 30
  /// The one-sided p below which the model's lists count as worse than popular ones.
  private static let significance = 0.05

  /// Takes the limit from a test by the clock: the least number of interactions at which the model's lists
  /// are not worse than those of ItemPop by more than chance.
  ///
  /// A number with too few tested users is decided as without a test.
  ///
  /// - Parameters:
  ///   - job: with a method that is chosen.
  ///   - known: how many interactions each tested user had before the test.
  ///   - ndcg: of each tested user's list of the model; users after those of `known` are left out.
  ///   - popular: the same of the popular list.
  init(_ job: Job, known: [Int], ndcg: [Double], popular: [Double]) {
    let untested = ColdLimit(job)
    if job.users.coldBelow != nil {
      self = untested
      return
    }
    var limit = 1
    while limit < Self.most {
      let users = known.indices.filter { known[$0] == limit }
      let isEnough =
        users.count < Self.fewestUsers
        ? limit >= untested.interactions
        : PairedTest(users.map { ndcg[$0] }, users.map { popular[$0] })
          .map { $0.secondIsBetter >= Self.significance } ?? true
      if isEnough { break }
      limit += 1
    }
    interactions = limit
  }

  /// Takes the limit from the test where that was by the clock, and else from the job.
  ///
  /// - Parameters:
  ///   - job: with a method that is chosen.
  ///   - evaluated: the figures of the test.
  ///   - divided: how it was split.
  init(_ job: Job, _ evaluated: Evaluated, _ divided: Divided) {
    guard divided.clock != nil, let popular = evaluated.itemPopNDCG else {
      self.init(job)
      return
    }
    self.init(
      job, known: divided.split.testUsers.map { divided.beforeTest[Int($0)].count },
      ndcg: evaluated.ndcg, popular: popular)
  }
}
