import Baselines
import Interactions
import NCF
import Parallelism
import Postgres
import Recommenders
import TestSupport
import Testing

@testable import Jobs
@testable import Store

/// Stored models without some of their users.
struct ForgettingTests {
  @Test(arguments: [Job.Method.ncf, .baseline(.ials), .baseline(.itemknn), .baseline(.bpr)])
  func whoIsLeftIsScoredAsBefore(method: Job.Method) throws {
    let shop = try Shop(userType: "text", user: "'u' || u")
    let job = shop.job {
      $0.method = method
      $0.baselines[BPROptions.self].iterations = 3
      if method == .baseline(.itemknn) { $0.source.events = ["view": 2] }
      $0.source.relation = .table("app.events", columns: .init(event: "event_type"))
    }
    try shop.run(job, RunRequest(force: true))
    let store = ModelStore(on: shop.connection)
    let before = try #require(try store.load(run: 1))
    let parameters = shop.database.parameters
    let gone = ["u3", "u60", "u17"]
    let outcome = try Forgetting(parameters, job: job).forget(gone)
    #expect(outcome.users == 3 && outcome.rows == 15 && outcome.models == 1)
    let after = try #require(try store.load(run: 1))
    #expect(after.users.count == Shop.users - 3)
    #expect(gone.allSatisfy { after.users.index(of: $0) == nil })
    #expect(after.items == before.items)

    let pool = WorkerPool(threads: 1)
    let (old, new) = (before.model.scorer(pool: pool), after.model.scorer(pool: pool))
    #expect(new.userCount == Shop.users - 3)
    func scores(_ scorer: PublishedScorer, user: Int) -> [Float] {
      var scores = [Float](repeating: 0, count: Shop.items)
      let items = (0..<Shop.items).map { UInt32($0) }
      var scratch = scorer.makeScratch()
      var span = scores.mutableSpan
      scorer.fill(&span, user: user, items: items.span, scratch: &scratch)
      return scores
    }
    for user in 0..<after.users.count {
      let place = try #require(before.users.index(of: after.users.text(at: user)))
      #expect(scores(new, user: user) == scores(old, user: place))
    }
  }

  @Test func aModelThatDeclaresNoAxesIsDroppedWhole() throws {
    let shop = try Shop()
    let job = shop.job()
    try shop.run(job, RunRequest(force: true))
    let store = ModelStore(on: shop.connection)
    let older = try #require(try store.file(run: 1)).withoutAxes
    try shop.connection.transaction { try store.replace(run: 1, with: older) }
    let error = #expect(throws: DamagedModel.self) { try store.load(run: 1) }
    #expect(error?.description.hasSuffix("train anew with --mode full") == true)
    let outcome = try Forgetting(shop.database.parameters, job: job).forget(["1"])
    #expect(outcome.droppedModels == [1] && outcome.models == 0)
    #expect(try store.load(run: 1) == nil)
  }

  @Test func textsBecomeAnArrayAsTheServerReadsIt() throws {
    let shop = try Shop(events: false)
    let texts = ["a", "", "b,c", "{}", "\"", "\\", "NULL", "é🦊", " x "]
    let rows = try shop.connection.execute(
      "SELECT t FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY AS u (t, n) ORDER BY n",
      [ForgettingWork.arrayText(texts)])
    #expect((0..<rows.rowCount).map { rows[row: $0, column: 0] } == texts)
  }
}
