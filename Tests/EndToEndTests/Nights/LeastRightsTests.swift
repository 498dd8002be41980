import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

/// Nights with the rights of `jobs/roles.sql` and no others, under names of the test's own: roles are
/// the server's.
struct LeastRightsTests {
  private let suffix = UUID().uuidString.prefix(8).lowercased()

  /// Runs `body` in a shop that the roles' script has made ready, and removes the roles.
  private func withRoles(_ body: (Shop) throws -> Void) throws {
    let shop = try Shop(.eighty)
    try shop.connection.execute("DROP SCHEMA ncf CASCADE")
    let file = PrivateServer.packageFolder.appending(path: "jobs/roles.sql")
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
    try shop.connection.executeScript(script)
    try expectSuccess(shop.program.run("migrate", "up", "-q", "-U", "ncf_owner_\(suffix)"))
    try shop.connection.executeScript(script)
    try shop.connection.executeScript(
      """
      GRANT USAGE ON SCHEMA app TO ncf_run_\(suffix);
      GRANT SELECT ON app.events TO ncf_run_\(suffix);
      ALTER ROLE ncf_read_\(suffix) LOGIN;
      """)
    try body(shop)
  }

  private func connect(_ shop: Shop, as name: String) throws -> Connection {
    var parameters = shop.database.parameters
    parameters.user = "\(name)_\(suffix)"
    return try Connection(parameters, applicationName: "tests")
  }

  @Test("ncf_run does all that a job does: nights, slots, retention, rollback, forgetting")
  func nights() throws {
    try withRoles { shop in
      let user = "ncf_run_\(suffix)"
      let keep = ["NCF_OUTPUT_KEEP_RUNS": "2", "NCF_OUTPUT_KEEP_DAYS": "0"]
      for seed in 1...3 {
        let night = try shop.night(keep, "--seed", "\(seed)", "-U", user)
        try expectSuccess(night)
        #expect(!night.talk.contains("stay until the next run"), "\(night.talk)")
        #expect(!night.talk.contains("was not counted"), "\(night.talk)")
      }
      try shop.expect("SELECT count(*) > 0 FROM ncf.served", gives: "t")
      try shop.expect("SELECT count(*) > 0 FROM ncf.rival_lists", gives: "t")
      try expectSuccess(shop.program.run("slots", "--job", "shop", "-U", user))
      // One that is stopped, and the one that goes on from it.
      let run = try shop.program.start(
        ["run", "--config", shop.jobFile(epochs: 400), "--slot", "b", "--force", "-U", user])
      try shop.wait(
        until: "SELECT count(*) > 20 FROM ncf.epochs WHERE run_id = 4", while: run)
      run.signal(SIGTERM)
      #expect(try run.wait().code == 75)
      try shop.expect("SELECT count(*) FROM ncf.checkpoints", gives: "1")
      let resumed = try shop.program.run(
        "run", "--config", shop.jobFile(epochs: 400), "--slot", "b", "--force", "-U", user)
      try expectSuccess(resumed)
      #expect(resumed.talk.contains("goes on from run 4"), "\(resumed.talk)")
      let config = try shop.jobFile()
      try expectSuccess(shop.program.run("rollback", "--config", config, "-U", user))
      try expectSuccess(shop.program.run("forget", "--user", "7", "--config", config, "-U", user))
      try shop.expect(
        "SELECT string_agg(slot || ' ' || run_id, ', ' ORDER BY slot) FROM ncf.live",
        gives: "b 5, main 2")
      try shop.expect("SELECT count(DISTINCT user_id) FROM ncf.recommendations", gives: "79")
      #expect(try shop.value("SELECT DISTINCT moved_by FROM ncf.live_moves") == user)

      // It may do no more than that.
      let runner = try connect(shop, as: "ncf_run")
      for statement in [
        "DELETE FROM app.events", "INSERT INTO ncf.slot_shares VALUES ('shop', 'b', 1)",
        "UPDATE ncf.live_moves SET cause = 'publish'", "DELETE FROM ncf.live_moves",
        "DELETE FROM ncf.migrations", "DELETE FROM ncf.forgotten",
        "DELETE FROM ncf.slot_share_changes", "DROP TABLE ncf.runs",
        "CREATE SCHEMA mine", "ALTER TABLE ncf.live ADD COLUMN x integer",
      ] {
        let error = #expect(throws: PostgresError.self, "\(statement)") {
          try runner.execute(statement)
        }
        #expect(error?.sqlState == "42501", "\(statement)")
      }
    }
  }

  @Test("Without the right to make tables it is 77, and nothing is published")
  func noCreate() throws {
    try withRoles { shop in
      try shop.connection.execute("REVOKE CREATE ON SCHEMA ncf FROM ncf_run_\(suffix)")
      expect(try shop.night("-U", "ncf_run_\(suffix)"), 77, "42501")
      #expect(try shop.value("SELECT status || ' ' || exit_code FROM ncf.runs") == "failed 77")
    }
  }

  @Test("ncf_read reads lists, runs and figures, sees each user's slot, and nothing else")
  func reader() throws {
    try withRoles { shop in
      for slot in ["main", "b"] {
        try expectSuccess(
          shop.night(
            ["NCF_OUTPUT_VECTORS": "true"], "--slot", slot, "-U", "ncf_run_\(suffix)"))
      }
      let owner = try connect(shop, as: "ncf_owner")
      try owner.execute("INSERT INTO ncf.slot_shares VALUES ('shop', 'b', 0.5)")
      let reader = try connect(shop, as: "ncf_read")
      for relation in [
        "recommendations", "recommendations_by_run", "recommendations_by_slot", "similar_items",
        "popular_items", "user_vectors", "user_vectors_by_run", "item_vectors",
        "item_vectors_by_run", "runs", "metrics", "epochs", "stages", "models", "live",
        "live_moves",
        "slot_shares", "slot_share_changes", "slot_bounds", "migrations", "served",
      ] {
        let count = try reader.execute("SELECT count(*) > 0 FROM ncf.\(relation)")
        #expect(count[row: 0, column: 0] == "t", "\(relation)")
      }
      try reader.execute("SELECT run_id, progress, written_at FROM ncf.checkpoints")
      let slots = try reader.execute(
        "SELECT count(DISTINCT ncf.slot_of(user_id, 'shop')) FROM ncf.recommendations")
      #expect(slots[row: 0, column: 0] == "2")
      for statement in [
        "SELECT FROM app.events", "SELECT FROM ncf.model_chunks", "DELETE FROM ncf.live",
        "SELECT FROM ncf.served_users", "SELECT FROM ncf.rival_lists", "SELECT FROM ncf.slot_users",
        "SELECT FROM ncf.backtest_users",
        "SELECT data FROM ncf.checkpoint_chunks", "SELECT recent FROM ncf.checkpoints",
        "UPDATE ncf.slot_shares SET share = 1", "DELETE FROM ncf.recommendations_by_run",
        "DELETE FROM ncf.user_vectors_by_run", "UPDATE ncf.item_vectors SET eligible = false",
        "TRUNCATE ncf.item_vectors_by_run",
      ] {
        let error = #expect(throws: PostgresError.self, "\(statement)") {
          try reader.execute(statement)
        }
        #expect(error?.sqlState == "42501", "\(statement)")
      }
      // Who is no member of it sees nothing at all.
      let stranger = "ncf_stranger_\(suffix)"
      try shop.connection.execute("CREATE ROLE \(stranger) LOGIN")
      defer { _ = try? shop.connection.execute("DROP ROLE \(stranger)") }
      let outside = try connect(shop, as: "ncf_stranger")
      for relation in [
        "recommendations", "similar_items", "popular_items", "user_vectors", "item_vectors",
        "user_vectors_by_run", "item_vectors_by_run", "runs",
      ] {
        let error = #expect(throws: PostgresError.self, "\(relation)") {
          try outside.execute("SELECT FROM ncf.\(relation)")
        }
        #expect(error?.sqlState == "42501", "\(relation)")
      }
    }
  }
}
