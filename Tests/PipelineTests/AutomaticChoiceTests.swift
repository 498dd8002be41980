import Baselines
import NCF
import Operations
import Postgres
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
    // Both nights tell the same choice, of the first one's search.
    let choice = try #require(second.choice)
    #expect(choice == first.choice && choice.searchRun == 1 && choice.trials.count == 8)
    #expect(choice.ndcg == choice.trials.first { $0.words == choice.words }?.ndcgOfOthers)
    #expect(choice.bestPopularList != nil && choice.methodCount >= 3 && !choice.skipped.isEmpty)
    let age = try shop.value("SELECT extract(epoch FROM now())::bigint - \(choice.searchedAt)")
    #expect((0...600).contains(try #require(age.flatMap { Int($0) })))
    #expect(try DossierReader(shop.database.parameters).read(.init(run: 2)).choice == choice)
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

  /// Runs a job until a search has so many trials, and is stopped; never for nil.
  private func stop(_ shop: Shop, _ job: Job, _ request: RunRequest, at trials: Int) throws {
    let interruption = Interruption()
    let recorder = Recorder { event in
      if case .progress(_, "choosing the method", _, let done, _, _) = event, done >= trials {
        interruption.request(reason: "SIGTERM")
      }
    }
    expectFailure(.temporary) {
      try shop.run(job, request, observer: recorder, interruption: interruption)
    }
  }

  @Test(
    "A search that was stopped twice chooses the same, and the lists are the same",
    arguments: [false, true])
  func aStoppedSearchGoesOn(isBackfill: Bool) throws {
    var request = RunRequest(force: true, threads: 2)
    if isBackfill { request.since = .age(Age(20, .year)) }
    func job(_ shop: Shop) -> Job {
      shop.job {
        $0.method = .auto
        $0.training.pretraining.epochs = 3
      }
    }
    let whole = try Shop(.twoHundred)
    try whole.run(job(whole), request)
    let choice = """
      SELECT choice ->> 'method', (SELECT string_agg(t ->> 'settings' || (t ->> 'ndcg'), ' ' ORDER BY n)
        FROM jsonb_array_elements(choice -> 'trials') WITH ORDINALITY AS t (t, n))
      FROM ncf.runs ORDER BY run_id DESC LIMIT 1
      """
    let expected = try whole.query(choice)
    let count = try #require(
      try Int(whole.value("SELECT jsonb_array_length(choice -> 'trials') FROM ncf.runs") ?? ""))

    let shop = try Shop(.twoHundred)
    try stop(shop, job(shop), request, at: 5)
    try shop.expect(
      "SELECT progress FROM ncf.checkpoints", gives: "5 trials of a search")
    // The last trials are of networks.
    try stop(shop, job(shop), request, at: 1)
    try stop(shop, job(shop), request, at: count - 1)
    let recorder = Recorder()
    try shop.run(job(shop), request, observer: recorder)
    #expect(recorder.notices.contains { $0.hasPrefix("goes on from run 3: ") })
    #expect(try shop.query(choice) == expected)
    #expect(try shop.lists() == whole.lists())
    try shop.expect(
      """
      SELECT r.resumed_run_id, r.search_run_id, (SELECT count(*) FROM ncf.checkpoints)
      FROM ncf.runs AS r ORDER BY run_id DESC LIMIT 1
      """,
      gives: "3|4|0")
  }

  @Test("Training that was stopped after the search goes on with the choice")
  func aStoppedTrainingKeepsItsChoice() throws {
    let request = RunRequest(since: .age(Age(20, .year)), force: true, threads: 2)
    let shop = try Shop(.twoHundred)
    let job = shop.job(Self.automatic)
    try shop.run(job, request)
    let lists = try shop.lists()
    let interruption = Interruption()
    expectFailure(.temporary) {
      try shop.run(
        job, request,
        observer: Recorder {
          if case .stageBegan(.evaluate) = $0 { interruption.request(reason: "SIGTERM") }
        }, interruption: interruption)
    }
    let recorder = Recorder()
    try shop.run(job, request, observer: recorder)
    #expect(recorder.notices.contains { $0.hasPrefix("goes on from run 2: the choice of ") })
    #expect(!recorder.notices.contains { $0.hasPrefix("choosing the method") })
    #expect(try shop.lists() == lists)
    try shop.expect("SELECT count(DISTINCT choice -> 'method') FROM ncf.runs", gives: "1")
  }

  @Test("The same backfill gives the same lists after a search, a refusal and a rollback")
  func aBackfillIsTheSameAmongOthers() throws {
    let shop = try Shop(.twoHundred)
    let job = shop.job(Self.automatic)
    let backfill = RunRequest(since: .age(Age(20, .year)), force: true)
    try shop.run(job, RunRequest(force: true))
    try shop.run(job, backfill)
    let lists = try shop.lists()
    try shop.run(job, RunRequest(force: true, search: true))
    var strict = job
    strict.users.query = "SELECT generate_series(1, 20) AS user_id"
    let refused = try shop.run(strict, RunRequest(search: true))
    #expect(refused.status == .refused)
    _ = try Rollback(shop.database.parameters, job: job).run()
    try shop.run(job, backfill)
    #expect(try shop.lists() == lists)
  }

  /// What a dry run says.
  private func plan(
    _ shop: Shop, _ job: Job, _ request: RunRequest = RunRequest()
  ) throws -> [String] {
    let recorder = Recorder()
    var request = request
    request.dryRun = true
    try shop.run(job, request, observer: recorder)
    return recorder.notices
  }

  @Test func aDryRunTellsWhyASearchIsDueAndWhatFollowsIt() throws {
    let shop = try Shop(.twoHundred)
    let job = shop.job(Self.automatic)
    let first = try plan(shop, job)
    #expect(first.contains("no run has searched yet: the method is searched for"))
    for start in [
      "time: at most 10min and 8 trials for the search; what follows is as for the widest",
      "time: ials at most", "time, for ItemKNN neighbours 400, shrinkage 10.0: itemknn at most",
      "time, for History", "time, for EASE", "time, for NeuMF from iALS",
    ] {
      let lines = first.filter { $0.hasPrefix(start) }
      #expect(lines.count == 1, "\(start): \(first)")
    }
    let fits = first.filter { $0.hasPrefix("time") }.dropFirst()
    #expect(fits.allSatisfy { $0.contains("comparing with simple methods at most") })
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "0")
    let outcome = try shop.run(job, RunRequest(force: true, threads: 2))
    let words = try #require(outcome.choice?.words)

    let second = try plan(shop, job)
    let known = second.first { $0.hasPrefix("the method is the choice of run 1, ") }
    #expect(known?.hasSuffix(" s ago: \(words)") == true, "\(second)")
    #expect(second.filter { $0.hasPrefix("time") }.count == 1)
    #expect(!second.contains { $0.contains("for the search") })

    var asked = RunRequest()
    asked.search = true
    #expect(
      try plan(shop, job, asked).contains(
        "it is asked for: the method is searched for again"))
    // What is true of the run that searched, and what is said then.
    for (change, said) in [
      ("started_at = started_at - interval '40 days'", ", 40 days ago, is older than 30d"),
      ("started_at = now(), status = 'refused'", "the gate has refused the choice of run 1, "),
    ] {
      try shop.connection.execute("UPDATE ncf.runs SET \(change)")
      let notices = try plan(shop, job)
      #expect(notices.contains { $0.contains(said) }, "\(said): \(notices)")
    }
    try shop.connection.execute("UPDATE ncf.runs SET status = 'published'")
    try shop.add(
      """
      SELECT u, u % 5 + i, now() - i * interval '1 hour'
      FROM generate_series(1001, 1300) AS u, generate_series(1, 4) AS i
      """)
    let grown =
      "twice as many users can be judged as for the choice of run 1: the method is searched for again"
    let third = try plan(shop, job)
    #expect(third.contains(grown) && third.contains { $0.contains("for the search") })
    let recorder = Recorder()
    try shop.run(job, RunRequest(force: true, threads: 2), observer: recorder)
    #expect(recorder.notices.contains(grown))
    #expect(try shop.value("SELECT search_run_id FROM ncf.runs WHERE run_id = 2") == "2")
  }

  @Test func aDryRunOnASmallLogTellsThatEverybodyWouldGetThePopularList() throws {
    let shop = try Shop(events: false)
    try shop.add(
      """
      SELECT u, (u * 7 + i * 3) % 12, now() - i * interval '1 hour'
      FROM generate_series(1, 40) AS u, generate_series(1, 4) AS i
      """)
    let notices = try plan(shop, shop.job(Self.automatic))
    #expect(
      notices.contains { $0.hasSuffix("since 40 users can be judged and 100 are needed") },
      "\(notices)")
    try shop.run(shop.job(Self.automatic), RunRequest(force: true))
    #expect(
      try plan(shop, shop.job(Self.automatic)).contains {
        $0.hasPrefix("the choice of run 1, ") && $0.contains("is a popular list")
      })
  }
}
