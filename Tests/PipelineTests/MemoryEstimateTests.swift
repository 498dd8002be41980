import Baselines
import Jobs
import Testing

@testable import Pipeline

struct MemoryEstimateTests {
  @Test func eachEventOfTheSequencesCountsWithEightBytes() {
    var job = Job(source: Job.Source(relation: .query("none")))
    job.method = .ncf
    let network = job
    func bytes(events: Int) -> [Int] {
      let sizes = MemoryEstimate.Sizes(
        rows: 5_000_000, events: events, interactions: 1_000_000, users: 10_000, items: 5_000,
        testedUsers: 10_000)
      return MemoryEstimate(network, sizes, threads: 2).stages.map(\.bytes)
    }
    let (few, many) = (bytes(events: 1_000_000), bytes(events: 3_000_000))
    // The pull's fullest moment is before the sequences are made.
    #expect(zip(many, few).map { $0 - $1 } == [0] + [Int](repeating: 16_000_000, count: 4))
  }

  @Test func simpleMethodsCountWhereTheyAreFitted() {
    var job = Job(source: Job.Source(relation: .query("none")))
    job.method = .baseline(.itempop)
    job.nightly.absorbHoldout = false
    let sizes = MemoryEstimate.Sizes(
      rows: 2_000_000, events: 2_000_000, interactions: 2_000_000, users: 10_000, items: 5_000,
      testedUsers: 10_000)
    func bytes(_ job: Job, _ change: (inout MemoryEstimate) -> Void = { _ in }) -> [Int] {
      var estimate = MemoryEstimate(job, sizes, threads: 2)
      change(&estimate)
      return estimate.stages.map(\.bytes)
    }
    let with = bytes(job)
    let without = bytes(job) { $0.comparesRivals = false }
    // What followed the last item takes 24 bytes an interaction to count, and 8 that it keeps.
    #expect(with[3] - without[3] > 24 * sizes.interactions)
    #expect(with[4] - without[4] > 24 * sizes.interactions)
    #expect(with[..<3] == without[..<3])
    // The factorisation of a search is wider than what the others learn.
    let wide = bytes(job) { $0.factorization = BaselineSetup(ALSOptions(factors: 2_000)) }
    #expect(wide[3] - with[3] > 30_000_000)
    job.evaluation.rivals = false
    #expect(bytes(job) == without)
  }
}
