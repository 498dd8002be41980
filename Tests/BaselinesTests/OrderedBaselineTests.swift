import Baselines
import Interactions
import Parallelism
import Testing

/// Baselines that look at when things were taken up.
struct OrderedBaselineTests {
  /// Three users' items in order of time: 0 1 2, then 0 1, then 2 0 3; the last item of user 1 is held out.
  private let log: TrainingLog = {
    var columns = InteractionColumns()
    let events: [(UInt32, UInt32, UInt32)] = [
      (0, 0, 100_000), (0, 1, 200_000), (0, 2, 300_000), (0, 0, 900_000),
      (1, 0, 400_000), (1, 1, 500_000), (1, 3, 650_000),
      (2, 2, 600_000), (2, 0, 700_000), (2, 3, 800_000),
    ]
    for (user, item, second) in events {
      columns.append(user: user, item: item, second: second)
    }
    let table = InteractionTable(
      columns: columns, users: .identity(3), items: .identity(4), userCount: 3, itemCount: 4)
    return TrainingLog(
      positives: UserItems(lists: [[0, 1, 2], [0, 1], [0, 2, 3]]), itemCount: 4,
      events: UserSequences(firstEventsOf: table), end: 850_000)
  }()

  private func scores(_ fitted: FittedBaseline, user: Int) -> [Float] {
    var row = [Float](repeating: -1, count: 4)
    let items: [UInt32] = [0, 1, 2, 3]
    func fill(_ scorer: some Scorer) {
      var scratch = scorer.makeScratch()
      var span = row.mutableSpan
      scorer.fill(&span, user: user, items: items.span, scratch: &scratch)
    }
    switch fitted {
    case .factors(let factors): fill(factors)
    case .neighbours(let neighbours): fill(neighbours)
    case .history(let history): fill(history.factors)
    }
    return row
  }

  @Test func `recent popularity counts first events in the days before the end`() throws {
    let fitted = try RecentPopOptions(days: 3).fit(log, pool: WorkerPool(threads: 1)) { _ in }
    // From 590,800 on: items 2, 0 and 3 of the last user. Item 0 has 3 users in all, the most.
    #expect(scores(fitted, user: 1) == [1.75, 0.5, 1.5, 1.25] as [Float])
  }

  @Test func `each user's window may end at a moment of its own, in any order of users`() {
    let model = RecentPop(
      log, options: RecentPopOptions(days: 2), ends: [300_000, 850_000, 450_000])
    var rows = [Float](repeating: 0, count: 16)
    let users: [UInt32] = [1, 0, 2, 0]
    var scratch = model.makeScratch()
    var span = rows.mutableSpan
    model.fill(&span, users: users.span, items: 0..<4, scratch: &scratch)
    let ties: [Float] = [0.75, 0.5, 0.5, 0.25]
    func row(_ counts: [Float]) -> [Float] { zip(counts, ties).map { $0 + $1 } }
    // The window of user 0 begins at 127,200 and ends before 300,000: the second item alone is in it.
    let own = row([0, 1, 0, 0])
    #expect(Array(rows[0..<4]) == row([1, 0, 0, 1]))
    #expect(Array(rows[4..<8]) == own && Array(rows[12..<16]) == own)
    #expect(Array(rows[8..<12]) == row([1, 0, 1, 0]))
  }

  @Test func `the last item's counts are of what came right after it, then of popularity`() throws {
    let fitted = try LastItemOptions().fit(log, pool: WorkerPool(threads: 1)) { _ in }
    // After 1 came 2 once; after 2 came 0; user 2's last item is 3, after which nothing came.
    #expect(scores(fitted, user: 1) == [0.75, 0.5, 1.5, 0.25] as [Float])
    #expect(scores(fitted, user: 0) == [1.75, 0.5, 0.5, 0.25] as [Float])
    #expect(scores(fitted, user: 2) == [0.75, 0.5, 0.5, 0.25] as [Float])
  }

  @Test func `without times popularity is left`() throws {
    let plain = TrainingLog(positives: log.positives, itemCount: 4)
    let fitted = try LastItemOptions().fit(plain, pool: WorkerPool(threads: 1)) { _ in }
    #expect(scores(fitted, user: 0) == [0.75, 0.5, 0.5, 0.25] as [Float])
  }
}
