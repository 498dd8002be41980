import Baselines
import Interactions
import Testing

/// What of a log is a position, and what a target.
struct HistorySequencesTests {
  /// A log of events (user, item, second) with the positives of each user.
  private func log(
    _ events: [(UInt32, UInt32, UInt32)], positives: [[UInt32]], weights: [Float] = []
  ) throws -> TrainingLog {
    let offsets = (0...positives.count).map { user in events.count { $0.0 < user } }
    let sequences = UserSequences(
      offsets: offsets, items: events.map(\.1), seconds: events.map(\.2))
    return TrainingLog(
      positives: UserItems(lists: positives), weights: weights, itemCount: 10, events: sequences)
  }

  @Test func `consecutive repeats are one position, and an item's first event alone is a target`()
    throws
  {
    let log = try log(
      [(0, 3, 1), (0, 3, 2), (0, 5, 3), (0, 3, 4), (0, 7, 5), (1, 2, 1)],
      positives: [[3, 5, 7], [2]])
    let own = try HistorySequences(log, repeats: false)
    #expect(own.offsets == [0, 4, 5])
    #expect(own.items == [3, 5, 3, 7, 2])
    #expect(own.weights == [1, 1, 0, 1, 1])
    #expect(own.inputs == 3)
    #expect(try HistorySequences(log, repeats: true).weights == [1, 1, 1, 1, 1])
  }

  @Test func `weights follow the positives`() throws {
    let log = try log(
      [(0, 7, 1), (0, 2, 2), (0, 4, 3)], positives: [[2, 4, 7]], weights: [0.5, 2, 3])
    #expect(try HistorySequences(log, repeats: false).weights == [3, 0.5, 2])
  }

  @Test func `nothing after a held-out latest item is a position`() throws {
    for held: UInt32 in [8, 9] {
      let log = try log(
        [(0, 1, 1), (0, 2, 2), (0, held, 3), (0, 1, 4), (0, 2, 5)], positives: [[1, 2]])
      #expect(try HistorySequences(log, repeats: false).items == [1, 2])
    }
  }

  @Test func `an item that is held out between others is left out`() throws {
    let log = try log([(0, 1, 1), (0, 8, 2), (0, 2, 3)], positives: [[1, 2]])
    #expect(try HistorySequences(log, repeats: false).items == [1, 2])
  }

  @Test func `a log without times is refused`() {
    let log = TrainingLog(positives: UserItems(lists: [[1]]), itemCount: 2)
    let error = #expect(throws: FactorizationError.self) {
      try HistorySequences(log, repeats: false)
    }
    #expect(error?.description.contains("no times") == true)
  }
}
