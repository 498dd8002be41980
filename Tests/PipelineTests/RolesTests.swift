import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

/// The night as `jobs/roles.sql` allows it, under names of the test's own: roles are the server's.
struct RolesTests {
  private let suffix = UUID().uuidString.prefix(8).lowercased()

  /// Runs `body` with the roles' script, and removes the roles.
  private func withRoles(
    _ shop: Shop,
    _ body: (_ script: String, _ role: (String) -> ConnectionParameters) throws -> Void
  ) throws {
    let file = URL(filePath: #filePath).appending(path: "../../../jobs/roles.sql").standardized
    var script = try String(contentsOf: file, encoding: .utf8)
    let names = ["ncf_owner", "ncf_run", "ncf_read"]
    for name in names {
      script = script.replacingOccurrences(of: name, with: "\(name)_\(suffix)")
    }
    defer {
      for name in names.map({ "\($0)_\(suffix)" }) {
        _ = try? shop.connection.executeScript("DROP OWNED BY \(name); DROP ROLE \(name);")
      }
    }
    try body(script) { name in
      var parameters = shop.database.parameters
      parameters.user = "\(name)_\(suffix)"
      return parameters
    }
  }

  @Test func theWholeNightRunsWithTheLeastRights() throws {
    let shop = try Shop()
    try shop.connection.execute("DROP SCHEMA ncf CASCADE")
    try withRoles(shop) { script, role in
      try shop.connection.executeScript(script)
      try Migrator(role("ncf_owner")).up()
      try shop.connection.executeScript(script)
      try shop.connection.executeScript(
        """
        GRANT USAGE ON SCHEMA app TO ncf_run_\(suffix);
        GRANT SELECT ON app.events TO ncf_run_\(suffix);
        """)
      for _ in 1...2 {
        let outcome = try Batch(
          job: shop.job { ($0.output.keepRuns, $0.output.keepDays) = (1, 0) },
          request: RunRequest(), parameters: role("ncf_run"), interruption: Interruption(),
          observer: Recorder()
        ).run()
        #expect(outcome.status == .published)
      }
      let runner = try Connection(role("ncf_run"), applicationName: "tests")
      #expect(throws: PostgresError.self) { try runner.execute("DELETE FROM app.events") }
      #expect(throws: PostgresError.self) { try runner.execute("DELETE FROM ncf.migrations") }
      #expect(throws: PostgresError.self) { try runner.execute("DROP TABLE ncf.runs") }

      try shop.connection.execute("ALTER ROLE ncf_read_\(suffix) LOGIN")
      let reader = try Connection(role("ncf_read"), applicationName: "tests")
      #expect(try shop.query("SELECT count(*) FROM ncf.recommendations", on: reader) == "300")
      #expect(try shop.query("SELECT count(*) FROM ncf.popular_items", on: reader) == "45")
      #expect(try shop.query("SELECT count(*) FROM ncf.runs", on: reader) == "2")
      #expect(throws: PostgresError.self) { try reader.execute("SELECT FROM ncf.model_chunks") }
      #expect(throws: PostgresError.self) { try reader.execute("SELECT FROM app.events") }
      #expect(throws: PostgresError.self) { try reader.execute("DELETE FROM ncf.live") }
    }
  }

  @Test func withoutTheRightToPublishTheOldListsStay() throws {
    let shop = try Shop()
    try withRoles(shop) { script, role in
      try shop.connection.executeScript(script)
      try shop.connection.executeScript(
        """
        GRANT USAGE ON SCHEMA app TO ncf_run_\(suffix);
        GRANT SELECT ON app.events TO ncf_run_\(suffix);
        REVOKE CREATE ON SCHEMA ncf FROM ncf_run_\(suffix);
        """)
      let error = #expect(throws: BatchError.self) {
        try Batch(
          job: shop.job(), request: RunRequest(), parameters: role("ncf_run"),
          interruption: Interruption(), observer: Recorder()
        ).run()
      }
      #expect(error?.exitCode == .permission)
      #expect(error?.server?.sqlState == "42501")
      #expect(try shop.query("SELECT status, exit_code FROM ncf.runs") == "failed|77")
    }
  }
}
