import Foundation
import Postgres
import TestSupport
import Testing

/// The published views as sources of a dbt project, by dbt itself.
struct DBTTests {
  @Test(
    "dbt finds the lists fresh after a night and stale days later, and whole unless they are not",
    .enabled(if: PythonPackages.areThere("dbt"), "\(PythonPackages.missing)"))
  func sources() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    let project = PrivateServer.packageFolder.appending(path: "jobs/dbt").path
    func dbt(_ arguments: String...) throws -> Program.Result {
      try PythonPackages.run(
        "dbt",
        ["dbt", "--no-use-colors"] + arguments + [
          "--project-dir", project, "--profiles-dir", project, "--vars", "{ncf_job: shop}",
          "--target-path", "\(shop.folder.path)/target", "--log-path", "\(shop.folder.path)/log",
        ],
        environment: shop.database.environment.merging([
          "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"
        ]) { $1 })
    }
    let fresh = try dbt("source", "freshness")
    #expect(fresh.code == 0, "\(fresh.output)")
    #expect(fresh.output.contains("PASS freshness of ncf.runs"), "\(fresh.output)")
    let whole = try dbt("test")
    #expect(whole.code == 0, "\(whole.output)")
    #expect(whole.output.contains("PASS=34 WARN=0 ERROR=0 SKIP=0"), "\(whole.output)")

    try shop.connection.execute(
      """
      UPDATE ncf.runs SET started_at = started_at - interval '9 days',
        finished_at = finished_at - interval '9 days'
      """)
    try shop.connection.execute(
      "DELETE FROM ncf.recommendations_by_run WHERE rank = 2 AND user_id = 3")
    let stale = try dbt("source", "freshness")
    #expect(stale.code == 1 && stale.output.contains("ERROR STALE freshness of ncf.runs"))
    let broken = try dbt("test")
    #expect(broken.code == 1, "\(broken.output)")
    #expect(broken.output.contains("recommendations_are_whole"), "\(broken.output)")
  }
}
