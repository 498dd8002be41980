import Ranking
import TestSupport
import Testing

@testable import Jobs
@testable import Operations

/// What a backtest computes without a server.
struct BacktestTests {
  private static let day: UInt32 = 86_400

  private func plan(_ from: String, _ to: String, _ every: String) throws -> BacktestPlan {
    try BacktestPlan(
      from: try #require(TimePoint(from)), to: try #require(TimePoint(to)),
      every: try #require(Age(every)))
  }

  @Test func nightsAreAStepApartAndTheLastIsJudgedUntilTheEnd() throws {
    let begin: UInt32 = 1_767_225_600  // 2026-01-01
    let weeks = try plan("2026-01-01", "2026-01-22", "7d").periods
    #expect(weeks.map(\.moment) == [0, 7, 14].map { begin + $0 * Self.day })
    #expect(weeks.map(\.until) == [7, 14, 21].map { begin + $0 * Self.day })
    // The end comes sooner than a step.
    let short = try plan("2026-01-01", "2026-01-16T12:00Z", "1w").periods
    #expect(short.count == 3)
    #expect(short.last?.until == begin + 15 * Self.day + Self.day / 2)
    // Steps may be shorter than a day, and longer than the whole time.
    let hours = try plan("2026-01-01", "2026-01-02", "6h")
    #expect(hours.periods.count == 4 && hours.step == 21_600)
    #expect(try plan("2026-01-01", "2026-01-02", "30d").periods.count == 1)
    #expect(BacktestPlan.text(begin) == "2026-01-01")
    #expect(BacktestPlan.text(begin + 3_600) == "2026-01-01T01:00:00Z")
  }

  @Test func momentsThatMakeNoNightsAreRefused() throws {
    for (from, to, every, words) in [
      ("2026-01-02", "2026-01-02", "7d", "--from must be before --to"),
      ("2026-01-03", "2026-01-02", "7d", "--from must be before --to"),
      ("90d", "2026-01-02", "7d", "--from must be a moment"),
      ("2026-01-02", "1d", "7d", "--to must be a moment"),
      ("2026-01-02", "2999-01-01", "7d", "--to must lie between 1970 and 2106"),
      ("2026-01-02", "2027-01-02", "1mo", "--every must be of seconds"),
      ("2026-01-02", "2026-01-03", "1s", "86400 nights are more than 10000"),
    ] {
      let error = #expect(throws: BatchError.self, "\(from) \(to) \(every)") {
        try plan(from, to, every)
      }
      #expect(error?.exitCode == .usage)
      #expect(error?.what.contains(words) == true, "\(error?.what ?? "-")")
    }
  }

  @Test func aUserCountsOnceHoweverManyNightsThereAre() throws {
    // By hand, at 10: places 1, 2 and 4 give 1, 1 / log2 3 and 1 / log2 5.
    let (second, fourth) = (0.6309297535714575, 0.43067655807339306)
    let pairs: [[(first: Int?, second: Int?)]] = [
      [(1, 2), (nil, nil)], [(4, nil)], [(nil, 1)], [(2, 2), (1, nil), (1, 1)],
    ]
    let found = try #require(BacktestComparison(pairs, k: 10))
    #expect(found.users == 4 && found.judgements == 7)
    let differences = [
      (1 - second) / 2, fourth, -1, ((second + 2) - (second + 1)) / 3,
    ]
    let expected = try #require(
      PairedTest(differences, [Double](repeating: 0, count: 4)))
    #expect(abs(found.ndcg.value - differences.reduce(0, +) / 4) < 1e-12)
    #expect(abs(found.ndcgP - expected.twoSided) < 1e-12)
    // Hits: 0, 1, -1 and a third.
    #expect(abs(found.hr.value - 1.0 / 12) < 1e-12)
    // A place beyond k is none.
    let beyond = try #require(BacktestComparison([[(11, nil)], [(nil, 12)], [(1, 1)]], k: 10))
    #expect(beyond.ndcg.value == 0 && beyond.ndcgP == 1)
    #expect(BacktestComparison([[(1, 1)]], k: 10) == nil)
  }
}
