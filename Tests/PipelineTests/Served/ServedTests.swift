import Postgres
import RunSupport
import Store
import TestSupport
import Testing

@testable import Jobs

/// What became of the lists, night by night.
struct ServedTests {
  /// Two generations: from 40 and from 10 hours ago on.
  private func twoNights(_ change: (inout Job) -> Void = { _ in }) throws -> (Shop, Job) {
    let shop = try Shop()
    try shop.connection.execute(
      "CREATE TABLE app.people AS SELECT u::bigint AS user_id FROM generate_series(1, 60) AS u")
    let job = shop.quickJob(change)
    try shop.run(job, RunRequest(force: true, threads: 1))
    try shop.age(hours: 30)
    try shop.run(job, RunRequest(force: true, threads: 1))
    try shop.age(hours: 10)
    return (shop, job)
  }

  private let sums = """
    SELECT generation, run_id, sum(taking_users), sum(hits), round(sum(ndcg)::numeric, 6)
    FROM ncf.served GROUP BY generation, run_id ORDER BY generation
    """

  @Test func anEventMeetsTheListThatWasLiveWhenItOccurredWheneverItArrives() throws {
    let (shop, job) = try twoNights()
    // Both arrive after the second night.
    try shop.take(rank: 1, of: 1, users: 1...10, hours: 20)
    try shop.take(rank: 3, of: 2, users: 11...20, hours: 5)
    // Only the first new item of a user and day counts.
    try shop.take(rank: 2, of: 1, users: 1...10, hours: 20, minutes: 9)
    try shop.run(job, RunRequest(force: true))
    try shop.expect(sums, gives: "1|1|10|10|10.000000\n2|2|10|10|5.000000")
    try shop.expect("SELECT DISTINCT listed_users, k, slot FROM ncf.served", gives: "60|5|main")
    // Counted again, also by a night with nothing new, it is the same.
    let counts = try shop.counts()
    var again = job
    again.nightly.mode = .auto
    try shop.run(again, RunRequest(force: true))
    let skipped = try shop.run(again, RunRequest(force: true))
    #expect(skipped.status == .skipped)
    #expect(skipped.served.days.reduce(0) { $0 + $1.hits } == 20)
    #expect(try shop.counts(ofGenerationsBelow: 3) == counts)
  }

  @Test func aRollbackIsAnotherGenerationOfTheSameRun() throws {
    let (shop, job) = try twoNights()
    try shop.connection.executeScript(
      """
      UPDATE ncf.live SET run_id = 1, generation = 3;
      INSERT INTO ncf.live_moves (job, slot, generation, run_id, previous_run_id, cause, moved_at)
      VALUES ('default', 'main', 3, 1, 2, 'rollback', now() - interval '4 hours');
      """)
    try shop.take(rank: 2, of: 1, users: 1...7, hours: 2)
    try shop.run(job, RunRequest(force: true))
    try shop.expect(
      "SELECT run_id, sum(hits) FROM ncf.served WHERE generation = 3 GROUP BY run_id", gives: "1|7")
  }

  @Test func anItemThatTheUserHadIsNotNewUnlessItWasReadmitted() throws {
    for readmits in [false, true] {
      let (shop, job) = try twoNights {
        if readmits { $0.exclude.readmitAfter = Age(10, .day) }
      }
      // Items of January, taken again by a user each; the next night knows them.
      try shop.add(
        """
        SELECT DISTINCT ON (user_id) user_id, item_id, now() - interval '5 hours' FROM app.events
        WHERE user_id <= 20 ORDER BY user_id, item_id
        """)
      try shop.run(job, RunRequest(force: true))
      try shop.expect("SELECT sum(taking_users) FROM ncf.served", gives: readmits ? "20" : "0")
    }
  }

  @Test func daysAreProvisionalWithinLookbackThenFinalAndStayAsTheyAre() throws {
    let (shop, job) = try twoNights { $0.source.lookback = Age(1, .second) }
    try shop.take(rank: 1, of: 1, users: 1...10, hours: 39)
    try shop.run(job, RunRequest(force: true))
    try shop.expect(
      """
      SELECT count(*) FROM ncf.served
      WHERE provisional <> (day = (now() AT TIME ZONE 'UTC')::date)
      """, gives: "0")
    try shop.expect("SELECT count(*) > 0 FROM ncf.served WHERE NOT provisional", gives: "t")
    try shop.expect("SELECT sum(hits) FROM ncf.served WHERE NOT provisional", gives: "10")
    try shop.expect(
      "SELECT count(*) FROM ncf.served_users AS u JOIN ncf.served AS s USING (job, day) "
        + "WHERE NOT s.provisional", gives: "0")
    // What arrives too late is not counted, and nothing that was counted is lost.
    try shop.take(rank: 1, of: 1, users: 11...20, hours: 39)
    let final = "SELECT to_jsonb(s)::text FROM ncf.served AS s WHERE NOT provisional ORDER BY 1"
    let before = try shop.query(final)
    try shop.run(job, RunRequest(force: true))
    #expect(try shop.query(final) == before)
  }

  @Test func daysOfListsThatAreGoneStayAsTheyWereCounted() throws {
    let (shop, job) = try twoNights()
    try shop.take(rank: 1, of: 1, users: 1...10, hours: 20)
    try shop.run(job, RunRequest(force: true))
    try shop.connection.executeScript(
      """
      ALTER TABLE ncf.recommendations_by_run DETACH PARTITION ncf.recommendations_run_1;
      DROP TABLE ncf.recommendations_run_1;
      DELETE FROM app.events WHERE occurred_at > now() - interval '2 days';
      """)
    try shop.run(job, RunRequest(force: true))
    try shop.expect("SELECT sum(hits) FROM ncf.served WHERE run_id = 1", gives: "10")
  }

  @Test func listsOfRivalsAreKeptUntilTheirDaysAreFinal() throws {
    let (shop, job) = try twoNights { $0.source.lookback = Age(1, .second) }
    let runs = "SELECT string_agg(DISTINCT run_id::text, ' ') FROM ncf.rival_lists"
    // Run 1's last day is over, or it is the first of the days that may still change.
    try shop.run(job, RunRequest(force: true))
    let isOver = try shop.value(
      "SELECT NOT bool_or(provisional) FROM ncf.served WHERE run_id = 1")
    try shop.expect(runs, gives: isOver == "t" ? "2 3" : "1 2 3")
    try shop.expect(
      "SELECT DISTINCT rival, cardinality(items) FROM ncf.rival_lists ORDER BY rival",
      gives: "itemknn|5\nitempop|5\nlastitem|5\nrecentpop30|5\nrecentpop7|5")
    // A run's go with its lists.
    var short = job
    (short.output.keepRuns, short.output.keepDays) = (1, 1)
    try shop.age(hours: 60)
    try shop.run(short, RunRequest(force: true))
    try shop.expect(runs, gives: "4")
  }

  @Test func neitherABackfillNorADryRunCounts() throws {
    let (shop, job) = try twoNights()
    try shop.connection.executeScript("TRUNCATE ncf.served")
    try shop.take(rank: 1, of: 1, users: 1...10, hours: 20)
    try shop.run(job, RunRequest(dryRun: true))
    try shop.run(
      job, RunRequest(until: TimePoint("2026-02-01"), publish: false, force: true))
    try shop.expect("SELECT count(*) FROM ncf.served", gives: "0")
    try shop.run(job, RunRequest(publish: false))
    try shop.expect("SELECT sum(hits) FROM ncf.served", gives: "10")
  }

  @Test func whoIsForgottenLeavesWhatIsProvisionalAtOnce() throws {
    let (shop, job) = try twoNights()
    try shop.take(rank: 1, of: 1, users: 1...10, hours: 20)
    try shop.take(rank: 1, of: 2, users: 11...15, hours: 5)
    try shop.run(job, RunRequest(force: true))
    let users = "SELECT DISTINCT listed_users FROM ncf.served WHERE generation < 3"
    let rivals = """
      SELECT sum(taking_users), sum(live_hits) FROM ncf.served_rivals WHERE rival = 'itempop'
      """
    try shop.expect(users, gives: "60")
    try shop.expect(rivals, gives: "15|15")
    let done = try Forgetting(shop.database.parameters, job: job).forget(["3", "11", "60"])
    #expect(done.users == 3)
    let gone = "1|1|9|9|9.000000\n2|2|4|4|4.000000"
    try shop.expect(sums, gives: gone)
    try shop.expect(users, gives: "57")
    try shop.expect(rivals, gives: "13|13")
    for table in ["served_users", "served_shown", "slot_users", "rival_lists"] {
      try shop.expect(
        "SELECT count(*) FROM ncf.\(table) WHERE user_id IN ('3', '11', '60')", gives: "0")
    }
    try shop.expect("SELECT count(DISTINCT user_id) FROM ncf.rival_lists", gives: "57")
    // The source still has them; what they did before is counted no more all the same.
    try shop.run(job, RunRequest(force: true))
    try shop.expect(
      "SELECT sum(taking_users), sum(hits) FROM ncf.served WHERE generation < 3", gives: "13|13")
  }

  @Test func whoIsAbsentFromTheUsersQueryIsCountedNoMore() throws {
    let (shop, job) = try twoNights {
      $0.users.query = "SELECT user_id FROM app.people"
      $0.users.forgetAbsent = true
    }
    try shop.take(rank: 1, of: 1, users: 1...10, hours: 20)
    try shop.run(job, RunRequest(force: true))
    try shop.expect("SELECT sum(hits) FROM ncf.served", gives: "10")
    try shop.connection.execute("DELETE FROM app.people WHERE user_id = 4")
    try shop.run(job, RunRequest(force: true))
    try shop.expect("SELECT sum(hits) FROM ncf.served", gives: "9")
    try shop.expect("SELECT count(*) FROM ncf.served_users WHERE user_id = '4'", gives: "0")
  }

  @Test func impressionsTellWhoWasShownTheList() throws {
    let (shop, first) = try twoNights()
    try shop.connection.executeScript(
      """
      CREATE TABLE app.shown AS
        SELECT r.user_id, r.item_id, now() - interval '6 hours' AS shown_at
        FROM ncf.recommendations AS r WHERE r.rank = 2 AND r.user_id <= 8;
      -- Nothing of the user's list.
      INSERT INTO app.shown SELECT u, 1000, now() - interval '6 hours' FROM generate_series(9, 20) AS u;
      """)
    var job = first
    job.served.impressions = "SELECT user_id, item_id, shown_at FROM app.shown;"
    try shop.take(rank: 1, of: 2, users: 5...12, hours: 5)
    try shop.run(job, RunRequest(force: true))
    try shop.expect(
      """
      SELECT sum(shown_users), sum(hits) FROM ncf.served WHERE generation = 2
      """, gives: "8|8")
    // On the same day, unless midnight lay between.
    let sameDay = try shop.value(
      """
      SELECT ((now() - interval '6 hours') AT TIME ZONE 'UTC')::date
        = ((date_trunc('hour', now()) - interval '5 hours') AT TIME ZONE 'UTC')::date
      """)
    try shop.expect(
      "SELECT sum(shown_hits) FROM ncf.served WHERE generation = 2",
      gives: sameDay == "t" ? "4" : "0")
    _ = try Forgetting(shop.database.parameters, job: job).forget(["5"])
    try shop.expect(
      "SELECT sum(shown_users) FROM ncf.served WHERE generation = 2", gives: "7")
    job.served.impressions = "SELECT user_id, item_id::text AS item_id, shown_at FROM app.shown"
    let error = #expect(throws: BatchError.self) { try shop.run(job, RunRequest(dryRun: true)) }
    #expect(error?.exitCode == .configuration)
    #expect(error?.what.contains("served.impressions: the column item_id is text") == true)
  }
}
