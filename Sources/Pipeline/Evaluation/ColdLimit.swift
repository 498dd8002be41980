import Baselines
import Interactions
import Jobs
import Ranking

/// From how many interactions on a user gets a list of the model: `users.cold_below`, or what its `auto`
/// stands for.
struct ColdLimit: Equatable {
  /// Users with fewer interactions get the popular list.
  let interactions: Int

  /// Takes the job's number.
  ///
  /// Where that is `auto` it is 1 for a method that makes the list of a user out of what it knows of items,
  /// and 3 for others, with which a user can be tested.
  ///
  /// - Parameter job: with a method that is chosen.
  init(_ job: Job) {
    interactions = job.users.coldBelow ?? Self.interactions(job.method)
  }

  private static func interactions(_ method: Job.Method) -> Int {
    if case .baseline(let baseline) = method, baseline.foldsIn { return 1 }
    return 3
  }

  /// The most interactions that `auto` lets a test by the clock ask for.
  static let most = 10
  /// The fewest tested users that say something of a number of interactions.
  private static let fewestUsers = 30
  /// How improbable so bad a list must be where it is as good as the popular one.
  private static let significance = 0.05

  /// Asks a test by the clock: the least number of interactions at which the model's lists are not worse
  /// than popular ones by more than chance.
  ///
  /// Numbers with too few tested users are decided as without a test.
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

  /// Asks the test where it was by the clock.
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
