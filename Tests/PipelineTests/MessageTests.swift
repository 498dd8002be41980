import Baselines
import NCF
import TestSupport
import Testing

@testable import Jobs

/// What a run says when its job can't be run, with the exit code: one example for each kind of fault.
struct MessageTests {
  static let mistakes: [(ExitCode, String, @Sendable (inout Job) -> Void)] = [
    (
      .configuration, "source.table: there is no relation app.absent",
      { $0.source.relation = .table("app.absent", columns: Job.Source.Columns()) }
    ),
    (
      .configuration, "the source's column user_id has a type that can't be used (OID 16)",
      query("SELECT true AS user_id, item_id, occurred_at FROM app.events")
    ),
    (
      .configuration, "the source has 2 columns named user_id",
      query("SELECT user_id, 2 AS user_id, item_id, occurred_at FROM app.events")
    ),
    (
      .data, "the source gave 0 rows and none can be used (",
      query("SELECT user_id, item_id, occurred_at FROM app.events WHERE false")
    ),
    (
      .data, "no user has the 3 interactions that testing needs, so no model could be judged",
      query("SELECT user_id, item_id, occurred_at FROM app.events WHERE user_id = 1 LIMIT 2")
    ),
    (
      .configuration, "users.query: the column user_id is text, in the source it is bigint",
      { $0.users.query = "SELECT 'a'::text AS user_id" }
    ),
    (
      .data, "items.eligible gave 1 rows of 1 whose item_id is NULL or too long",
      { $0.items.eligible = "SELECT NULL::bigint AS item_id" }
    ),
    (
      .configuration, "train.negatives can't be used",
      {
        $0.training.pretrain = .factors
        $0.initial.methods = [.mf]
        $0.initial.settings[MFOptions.self].factors = 2
        $0.training.negatives = 0
      }
    ),
  ]

  private static func query(_ text: String) -> @Sendable (inout Job) -> Void {
    { $0.source.relation = .query(text) }
  }

  @Test(arguments: mistakes.indices)
  func aJobThatCantRunIsToldWhy(index: Int) throws {
    let (code, words, change) = Self.mistakes[index]
    let shop = try Shop()
    let error = expectFailure(code) { try shop.run(shop.job(change)) }
    #expect(error?.what.hasPrefix(words) == true, "\(error?.description ?? "")")
    #expect(error?.advice?.isEmpty == false)
  }

  @Test func aDryRunOfAnEmptyLogFailsAsTheNightWould() throws {
    let shop = try Shop(events: false)
    let error = expectFailure(.data) { try shop.run(nil, RunRequest(dryRun: true)) }
    #expect(error?.what.hasPrefix("the source gave 0 rows") == true)
  }
}
