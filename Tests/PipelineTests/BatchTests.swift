import Interactions
import NCF
import Postgres
import Recommenders
import Store
import Synchronization
import TestSupport
import Testing

@testable import Jobs

struct BatchTests {
  @Test func aNightEndsWithListsForEveryUser() throws {
    let shop = try Shop()
    let recorder = Recorder()
    let outcome = try shop.run(observer: recorder)
    #expect(outcome.status == .published)
    #expect(outcome.exitCode == .success)
    #expect(outcome.rowsPublished == Shop.users * 5)
    #expect(recorder.stages == Stage.allCases)
    try shop.expect(
      "SELECT count(*), count(DISTINCT user_id) FROM ncf.recommendations",
      gives: "\(Shop.users * 5)|\(Shop.users)")
    // Ranks 1...5 once each, scores are probabilities that fall along the list.
    try shop.expect(
      """
      SELECT count(*) FROM (
        SELECT user_id, array_agg(rank ORDER BY rank) AS ranks,
          array_agg(score ORDER BY rank) = array_agg(score ORDER BY score DESC) AS falling,
          min(score) > 0 AND max(score) < 1 AS likely, min(source) = 'model' AS own
        FROM ncf.recommendations GROUP BY user_id) AS l
      WHERE l.ranks = '{1,2,3,4,5}' AND l.falling AND l.likely AND l.own
      """, gives: "\(Shop.users)")
  }

  @Test func listsFollowTheUsersTastes() throws {
    let shop = try Shop()
    let outcome = try shop.run()
    let share = try shop.query(
      """
      SELECT avg((item_id % 3 = user_id % 3)::integer) > 0.8 FROM ncf.recommendations
      """)
    #expect(share == "t")
    func ndcg(_ model: String) -> Double {
      outcome.metrics.first {
        $0.model == model && $0.split == .test && $0.proto == .full
          && $0.metric == .ndcg
          && $0.k == 5
      }?.value ?? -1
    }
    #expect(ndcg("neumf") > 2 * ndcg("itempop"))
    #expect(ndcg("itempop") >= 0)
  }

  @Test func theRecordAccountsForTheRun() throws {
    let shop = try Shop()
    let outcome = try shop.run(
      nil, RunRequest(seed: UInt64.max, host: "here", version: "9.9"))
    try shop.expect(
      """
      SELECT job, kind, status, host, versions ->> 'ncf-batch', seed, rows_read, rows_used,
        rows_rejected::text, users, items, cold_users, exit_code, reason,
        finished_at IS NOT NULL, snapshot IS NOT NULL, watermark <= now(),
        config #>> '{job,source,relation,table}'
      FROM ncf.runs
      """,
      gives: "default|nightly|published|here|9.9|18446744073709551615|540|540|{}|60|45|0|0|-|t|t|t|"
        + "app.events")
    try shop.expect(
      "SELECT string_agg(stage, ' ' ORDER BY started_at) FROM ncf.stages",
      gives: "pull split train evaluate publish")
    try shop.expect("SELECT rows FROM ncf.stages WHERE stage = 'publish'", gives: "300")
    try shop.expect("SELECT count(*) FROM ncf.metrics", gives: "\(outcome.metrics.count)")
    // And how many users get the popular list.
    #expect(outcome.metrics.count == 2 * (2 * 2 * 6 * 5 + 4) + 1)
    try shop.expect("SELECT count(*) FROM ncf.epochs", gives: "\(outcome.epochs.count)")
    try shop.expect(
      "SELECT DISTINCT phase FROM ncf.epochs ORDER BY phase", gives: "absorb\ngmf\nmlp\nneumf")
    try shop.expect("SELECT job, slot, run_id, generation FROM ncf.live", gives: "default|main|1|1")
  }

  @Test func theStoredModelComesBackAndItsSumIsChecked() throws {
    let shop = try Shop(
      userType: "text", user: "'u' || u", itemType: "uuid", item: "md5('i' || i)::uuid")
    try shop.run()
    let stored = try #require(try ModelStore(on: shop.connection).load(run: 1))
    #expect(stored.users.count == Shop.users)
    #expect(stored.items.count == Shop.items)
    #expect(stored.users.kind == .text && stored.items.kind == .uuid)
    try shop.expect(
      "SELECT r.model_sha256 = m.sha256 FROM ncf.runs AS r JOIN ncf.models AS m USING (run_id)",
      gives: "t")
    try shop.connection.execute(
      "UPDATE ncf.model_chunks SET data = set_byte(data, 5000, get_byte(data, 5000) # 1)")
    let error = #expect(throws: DamagedModel.self) {
      try ModelStore(on: shop.connection).load(run: 1)
    }
    #expect(error?.description == "its SHA-256 is not the one recorded")
  }

  @Test func aDamagedLiveModelIsSaidAndTheNightGoesOn() throws {
    let shop = try Shop()
    try shop.run()
    try shop.connection.execute("UPDATE ncf.model_chunks SET data = substr(data, 1, 1000)")
    let recorder = Recorder()
    #expect(try shop.run(observer: recorder).status == .published)
    #expect(recorder.warnings.contains { $0.contains("stored model of the live run 1") })
  }

  @Test func theLiveModelIsMeasuredBesideTheNewOne() throws {
    let shop = try Shop()
    try shop.run()
    let outcome = try shop.run()
    #expect(outcome.generation == 2)
    func test(_ model: String) -> [Double] {
      outcome.metrics.filter { $0.model == model && $0.split == .test && $0.proto == .full }
        .map(\.value)
    }
    // The same seed and log: the live model is the new one.
    #expect(test("live") == test("neumf"))
    #expect(test("live").count == 34)
  }

  @Test(arguments: [
    ("integer", "u", "smallint", "i"), ("uuid", "md5('u' || u)::uuid", "text", "'“i” ' || i"),
    ("text", "u || E'\\n\\t\\\\'", "uuid", "md5('i' || i)::uuid"),
    ("text", "E'\\'; DROP \"' || u || ' \u{1F98A}'", "integer", "i - 20"),
    ("bigint", "9223372036854775747 + u", "bigint", "-9223372036854775808 + i"),
  ])
  func idsArePublishedInTheirOwnType(
    userType: String, user: String, itemType: String, item: String
  ) throws {
    let shop = try Shop(userType: userType, user: user, itemType: itemType, item: item)
    #expect(try shop.run().status == .published)
    try shop.expect(
      """
      SELECT count(*), count(DISTINCT r.user_id),
        count(*) FILTER (WHERE r.item_id IN (SELECT e.item_id FROM app.events AS e)),
        count(*) FILTER (WHERE r.user_id IN (SELECT e.user_id FROM app.events AS e))
      FROM ncf.recommendations AS r
      """, gives: "300|60|300|300")
    let type = itemType == "smallint" ? "integer" : itemType
    try shop.expect(
      "SELECT DISTINCT pg_typeof(user_id), pg_typeof(item_id) FROM ncf.recommendations",
      gives: "\(userType)|\(type)")
  }

  @Test func aUserWithOneInteractionGetsAListToo() throws {
    let shop = try Shop()
    try shop.add("VALUES (999, 3, '2026-01-01')")
    let outcome = try shop.run()
    #expect(outcome.counts.coldUsers == 1)
    try shop.expect("SELECT count(*) FROM ncf.recommendations WHERE user_id = 999", gives: "5")
  }

  @Test func popularItemsAreThoseThatMostUsersHave() throws {
    let shop = try Shop()
    try shop.run()
    try shop.expect(
      "SELECT rank, item_id, score FROM ncf.popular_items ORDER BY rank",
      gives: (try shop.query(
        """
        SELECT row_number() OVER (ORDER BY count(DISTINCT user_id) DESC, item_id), item_id,
          count(DISTINCT user_id) FROM app.events GROUP BY item_id ORDER BY 1
        """)))
  }

  @Test func aDryRunWritesNothing() throws {
    let shop = try Shop()
    let recorder = Recorder()
    let outcome = try shop.run(nil, RunRequest(dryRun: true), observer: recorder)
    #expect(outcome.runID == nil)
    #expect(outcome.counts.rowsUsed == Shop.events)
    #expect(recorder.stages == [.pull, .split])
    #expect(
      recorder.notices.contains { $0.hasPrefix("60 users, 45 items; 60 users would be tested") })
    let tried = /tried: \d[\d.]*[kMG]? samples\/s, \d[\d.]*[kMG]? pairs\/s/
    #expect(recorder.notices.contains { $0.contains(tried) })
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "0")
    try shop.expect("SELECT to_regclass('ncf.recommendations_by_run')", gives: "-")
  }

  @Test func withoutPublishingTheModelIsKeptAndListsAreNot() throws {
    let shop = try Shop()
    let outcome = try shop.run(nil, RunRequest(publish: false))
    #expect(outcome.status == .trained)
    try shop.expect(
      "SELECT status, exit_code, model_sha256 IS NOT NULL FROM ncf.runs", gives: "trained|0|t")
    try shop.expect("SELECT count(*) FROM ncf.models", gives: "1")
    try shop.expect("SELECT count(*) FROM ncf.live", gives: "0")
    try shop.expect("SELECT count(*) > 0 FROM ncf.metrics", gives: "t")
  }

  @Test func aBackfillIsMarkedAsSuch() throws {
    let shop = try Shop()
    let outcome = try shop.run(nil, RunRequest(since: TimePoint("2026-01-01")))
    #expect(outcome.status == .published)
    try shop.expect(
      "SELECT kind, config #>> '{request,since}' FROM ncf.runs", gives: "backfill|@1767225600.0")
  }

  @Test func aModelThatDoesNotBeatItemPopIsRefused() throws {
    let shop = try Shop()
    try shop.run()
    let before = try shop.lists()
    // So long a step that nothing is learnt from it.
    let job = shop.job {
      $0.training.pretrain = .none
      $0.training.pretraining = PhaseOptions(
        optimizer: .sgd, learningRate: 1e-12, epochs: 1, patience: 1)
    }
    let outcome = try shop.run(job)
    #expect(outcome.status == .refused)
    #expect(outcome.exitCode == .refused)
    #expect(outcome.reason?.contains("NDCG") == true)
    try shop.expect("SELECT status, exit_code FROM ncf.runs WHERE run_id = 2", gives: "refused|20")
    try shop.expect("SELECT count(*) > 0 FROM ncf.metrics WHERE run_id = 2", gives: "t")
    #expect(try shop.lists() == before)
    let forced = try shop.run(job, RunRequest(force: true))
    #expect(forced.status == .published)
    try shop.expect("SELECT reason LIKE 'forced: %' FROM ncf.runs WHERE run_id = 3", gives: "t")
    #expect(try shop.lists() != before)
  }

  @Test func aLossThatIsNotFiniteIsRefused() throws {
    let shop = try Shop()
    let outcome = try shop.run(
      shop.job {
        $0.training.pretrain = .none
        $0.training.pretraining = PhaseOptions(
          optimizer: .sgd, learningRate: 1e30, epochs: 5, patience: 5)
      })
    #expect(outcome.status == .refused)
    #expect(outcome.reason?.contains("not a finite number") == true)
  }
}
