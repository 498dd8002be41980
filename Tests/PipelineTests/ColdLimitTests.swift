import Baselines
import Jobs
import Testing

@testable import Pipeline

/// From how many interactions on a user gets a list of the model.
struct ColdLimitTests {
  private func job(_ method: Job.Method, coldBelow: Int? = nil) -> Job {
    var job = Job(source: .init(relation: .query("SELECT 1")))
    job.method = method
    job.users.coldBelow = coldBelow
    return job
  }

  @Test func `the method decides where no test does, and the job's number always`() {
    #expect(ColdLimit(job(.ncf)).interactions == 3)
    #expect(ColdLimit(job(.auto)).interactions == 1)
    for baseline in Baseline.allCases {
      let learnsVectors = baseline == .mf || baseline == .bpr
      #expect(ColdLimit(job(.baseline(baseline))).interactions == (learnsVectors ? 3 : 1))
    }
    #expect(ColdLimit(job(.baseline(.ials), coldBelow: 7)).interactions == 7)
    let worse = Group(users: 100, model: 0, popular: 1)
    #expect(limit(.baseline(.ials), coldBelow: 2, [1: worse, 2: worse]) == 2)
  }

  @Test func `a test by the clock finds the least number at which lists are not worse`() {
    let better = Group(users: 60, model: 9, popular: 4)
    let worse = Group(users: 60, model: 4, popular: 20)
    for method in [Job.Method.ncf, .baseline(.ials)] {
      #expect(limit(method, [1: better, 2: better, 3: better]) == 1)
      #expect(limit(method, [1: worse, 2: better, 3: worse]) == 2)
      #expect(limit(method, [1: worse, 2: worse, 3: worse, 4: better]) == 4)
      #expect(
        limit(method, Dictionary(uniqueKeysWithValues: (1...15).map { ($0, worse) }))
          == ColdLimit.most)
      // One hit less of 60 is no more than chance.
      #expect(limit(method, [1: Group(users: 60, model: 5, popular: 6)]) == 1)
    }
  }

  @Test func `numbers with few tested users are decided as without a test`() {
    let better = Group(users: 29, model: 20, popular: 0)
    let worse = Group(users: 29, model: 0, popular: 20)
    #expect(limit(.baseline(.ials), [1: worse, 2: worse]) == 1)
    #expect(limit(.ncf, [1: better, 2: better]) == 3)
    #expect(limit(.ncf, [2: Group(users: 60, model: 20, popular: 0)]) == 2)
    #expect(limit(.baseline(.bpr), [:]) == 3)
  }

  /// Tested users of one number of interactions, and how many have a hit.
  private struct Group {
    var users: Int
    var model: Int
    var popular: Int
  }

  private func limit(
    _ method: Job.Method, coldBelow: Int? = nil, _ groups: [Int: Group]
  ) -> Int {
    var (known, ndcg, popular): ([Int], [Double], [Double]) = ([], [], [])
    for (interactions, group) in groups.sorted(by: { $0.key < $1.key }) {
      for user in 0..<group.users {
        known.append(interactions)
        ndcg.append(user < group.model ? 1 : 0)
        popular.append(user >= group.users - group.popular ? 1 : 0)
      }
    }
    // Users whose item no model can find follow.
    return ColdLimit(
      job(method, coldBelow: coldBelow), known: known, ndcg: ndcg + [0, 0],
      popular: popular + [0, 0]
    ).interactions
  }
}
