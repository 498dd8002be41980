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
}
