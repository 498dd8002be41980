import Baselines
import Recommenders
import RunSupport
import Store
import TestSupport
import Testing

@testable import Jobs
@testable import Pipeline

/// Jobs that leave the method to their log.
struct AutomaticChoiceTests {
  private static let automatic: @Sendable (inout Job) -> Void = {
    $0.method = .auto
    $0.auto.trials = 8
  }

  @Test func aChoiceIsRecordedAndTakenOverByTheNextNight() throws {
    let shop = try Shop(.twoHundred)
    let job = shop.job(Self.automatic)
    let first = try shop.run(job, RunRequest(force: true, threads: 2))
    #expect(first.status == .published)
    try shop.add(
      """
      SELECT u, u % 7 + 1, now() - interval '1 hour' FROM generate_series(1, 30) AS u
      """)
    let second = try shop.run(job, RunRequest(force: true))
    #expect(second.status == .published)
    try shop.expect(
      """
      SELECT run_id, search_run_id, choice IS NOT NULL, jsonb_array_length(choice -> 'trials')
      FROM ncf.runs ORDER BY run_id
      """,
      gives: "1|1|t|8\n2|1|t|8")
    // Asked for again, it is searched for again.
    try shop.run(job, RunRequest(force: true, search: true))
    #expect(try shop.value("SELECT search_run_id FROM ncf.runs WHERE run_id = 3") == "3")
  }

  @Test func aSlotSearchesApart() throws {
    let shop = try Shop(.twoHundred)
    let job = shop.job(Self.automatic)
    try shop.run(job, RunRequest(force: true))
    try shop.run(job, RunRequest(slot: "b", force: true))
    #expect(try shop.value("SELECT search_run_id FROM ncf.runs WHERE run_id = 2") == "2")
  }

  @Test func aSmallLogGivesEverybodyThePopularList() throws {
    let shop = try Shop(events: false)
    try shop.add(
      """
      SELECT u, (u * 7 + i * 3) % 12, now() - i * interval '1 hour'
      FROM generate_series(1, 40) AS u, generate_series(1, 3) AS i
      """)
    let outcome = try shop.run(shop.job(Self.automatic), RunRequest())
    #expect(outcome.status == .published && outcome.exitCode == .success)
    try shop.expect(
      "SELECT source, count(DISTINCT user_id) FROM ncf.recommendations GROUP BY source",
      gives: "popular|40")
    // The next night looks again, since the popular list is what is left where nothing is better.
    try shop.add("SELECT u, 3, now() FROM generate_series(1, 40) AS u")
    try shop.run(shop.job(Self.automatic), RunRequest(force: true))
    #expect(try shop.value("SELECT search_run_id FROM ncf.runs WHERE run_id = 2") == "2")
  }

  @Test func theSameBackfillTwiceGivesTheSameLists() throws {
    let shop = try Shop(.twoHundred)
    let job = shop.job {
      Self.automatic(&$0)
      $0.auto.budget = Age(1, .second)
    }
    let request = RunRequest(since: .age(Age(20, .year)), force: true)
    try shop.run(job, request)
    let lists = try shop.lists()
    try shop.run(job, request)
    #expect(try shop.lists() == lists)
    try shop.expect(
      "SELECT count(*), count(DISTINCT choice -> 'method') FROM ncf.runs", gives: "2|1")
  }
}
