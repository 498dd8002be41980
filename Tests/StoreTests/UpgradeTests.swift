import Jobs
import Migrations
import Postgres
import Store
import TestSupport
import Testing

/// Databases that an earlier version made.
struct UpgradeTests {
  /// The migrations of the last development version before they were rewritten.
  private static let earlierNames = [
    "0001_schema", "0002_runs", "0003_metrics", "0004_epochs", "0005_stages", "0006_models",
    "0007_live", "0008_trials", "0009_baselines", "0010_rollback", "0011_slots", "0012_gate",
    "0013_lists", "0014_forgetting", "0015_fine_tuning", "0016_features", "0017_checkpoints",
    "0018_ease",
  ]

  /// Puts the ledger of an earlier development version in place of the schema `ncf`.
  private static func plantEarlierLedger(
    of names: [String], on connection: Connection
  ) throws {
    try connection.executeScript(
      """
      DROP SCHEMA IF EXISTS ncf CASCADE;
      CREATE SCHEMA ncf;
      CREATE TABLE ncf.migrations (
        number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now(),
        applied_by text NOT NULL DEFAULT current_user);
      """)
    for (index, name) in names.enumerated() {
      try connection.execute(
        "INSERT INTO ncf.migrations (number, name, sha256) VALUES ($1, $2, repeat('0', 64))",
        index + 1, name)
    }
  }

  /// What a catalog says of the schema: columns in their order, constraints, indexes, views, comments.
  private static let definition = """
    SELECT c.relname || ' ' || coalesce(
      (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
          a.attnotnull, a.attidentity, a.attstorage, pg_get_expr(d.adbin, d.adrelid),
          col_description(c.oid, a.attnum)), ', ' ORDER BY a.attnum)
        FROM pg_attribute AS a
        LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '') AS text
    FROM pg_class AS c WHERE c.relnamespace = 'ncf'::regnamespace AND c.relkind IN ('r', 'v')
    UNION ALL
    SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'ncf'::regnamespace
    UNION ALL
    SELECT pg_get_indexdef(i.indexrelid) FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indrelid WHERE c.relnamespace = 'ncf'::regnamespace
    UNION ALL
    SELECT pg_get_viewdef(oid) FROM pg_class
    WHERE relnamespace = 'ncf'::regnamespace AND relkind = 'v'
    UNION ALL
    SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'ncf'::regnamespace
    ORDER BY text
    """

  @Test func aNightRunsOnASchemaThatWasUpgradedFromTheFirstMigration() throws {
    let shop = try Shop()
    try shop.connection.execute("DROP SCHEMA ncf CASCADE")
    let migrator = Migrator(shop.database.parameters)
    let first = try Migrator(shop.database.parameters, migrations: [Migration.all[0]]).up()
    #expect(first == [Migration.all[0].name])
    #expect(try migrator.up() == Migration.all.dropFirst().map(\.name))
    try migrator.verify()
    #expect(try shop.run().status == .published)
    try shop.expect("SELECT count(*) FROM ncf.recommendations", gives: "300")
    try shop.expect("SELECT run_id, generation FROM ncf.live", gives: "1|1")
  }

  @Test(arguments: 1..<Migration.all.count)
  func everyPrefixIsUpgradedToTheSameSchemaAndKeepsItsRuns(count: Int) throws {
    let database = try TestDatabase()
    let prefix = Array(Migration.all.prefix(count))
    let migrator = Migrator(database.parameters)
    #expect(try Migrator(database.parameters, migrations: prefix).up() == prefix.map(\.name))
    let standings = try migrator.status().map(\.standing)
    #expect(standings.dropFirst(count).allSatisfy { $0 == .pending })
    #expect(standings.prefix(count).allSatisfy { $0 != .pending })
    #expect(try migrator.pending() == Migration.all.dropFirst(count).map(\.name))
    expectFailure(.configuration, "\(Migration.all[count].name) is pending") {
      try migrator.verify()
    }
    let connection = try database.connect()
    try connection.execute(
      """
      INSERT INTO ncf.runs (job, kind, host, versions, config, config_sha256, seed)
      VALUES ('shop', 'nightly', 'h', '{}', '{}', repeat('0', 64), 1)
      """)
    #expect(try migrator.up() == Migration.all.dropFirst(count).map(\.name))
    try migrator.verify()
    let kept: Int64 = try connection.execute("SELECT count(*) FROM ncf.runs").value()
    #expect(kept == 1)
    let fresh = try TestDatabase()
    try Migrator(fresh.parameters).up()
    let found = try Self.column(Self.definition, on: connection)
    #expect(found.count > 100)
    #expect(try found == Self.column(Self.definition, on: fresh.connect()))
  }

  @Test(arguments: [earlierNames, Array(earlierNames.prefix(1))])
  func aSchemaOfAnEarlierDevelopmentVersionIsRecognised(names: [String]) throws {
    let database = try TestDatabase()
    let connection = try database.connect()
    try Self.plantEarlierLedger(of: names, on: connection)
    let migrator = Migrator(database.parameters)
    for attempt in [{ try migrator.verify() }, { try migrator.up() }] as [() throws -> Void] {
      let error = expectFailure(
        .configuration, "made by an earlier development version", "0001_schema"
      ) { try attempt() }
      #expect(error?.advice?.contains("for the demo run make clean") == true)
      #expect(error?.advice?.contains("DROP SCHEMA ncf CASCADE (all runs, metrics") == true)
      #expect(error?.advice?.contains("use the ncf-batch that made it") == true)
    }
    let states = try migrator.status()
    #expect(states.map(\.name) == names)
    for state in states {
      guard case .development = state.standing else {
        Issue.record("\(state.name) stands as \(state.standing)")
        continue
      }
    }
    // Nothing was applied.
    let tables = try Self.column(
      "SELECT relname FROM pg_class WHERE relnamespace = 'ncf'::regnamespace AND relkind = 'r'",
      on: connection)
    #expect(tables == ["migrations"])
  }

  @Test func theMessageNamesTheFirstMigrationThatThisProgramLacks() throws {
    let database = try TestDatabase()
    let migrator = Migrator(database.parameters)
    try migrator.up()
    let connection = try database.connect()
    try connection.execute("UPDATE ncf.migrations SET name = '0002_figures' WHERE number = 2")
    expectFailure(.configuration, "this program has no migration 0002_figures") {
      try migrator.verify()
    }
    try connection.execute("DELETE FROM ncf.migrations WHERE number > 2")
    let standings = try migrator.status().map(\.standing)
    guard standings.count == 2, case .applied = standings[0], case .development = standings[1]
    else {
      Issue.record("\(standings)")
      return
    }
    expectFailure(.configuration, "this program has no migration 0002_figures") {
      try migrator.up()
    }
  }

  @Test(arguments: [false, true])
  func aRunOnASchemaOfAnEarlierDevelopmentVersionIsRefused(isDry: Bool) throws {
    let shop = try Shop()
    try Self.plantEarlierLedger(of: Self.earlierNames, on: shop.connection)
    var request = RunRequest(threads: 1)
    request.dryRun = isDry
    let error = expectFailure(.configuration, "made by an earlier development version") {
      try shop.run(nil, request)
    }
    #expect(error?.advice?.contains("make clean") == true)
  }

  @Test func aNewMethodNeedsNoMigration() throws {
    let database = try TestDatabase()
    try Migrator(database.parameters).up()
    let connection = try database.connect()
    try connection.execute(
      """
      INSERT INTO ncf.runs (job, kind, host, versions, config, config_sha256, seed)
      VALUES ('shop', 'nightly', 'h', '{}', '{}', repeat('0', 64), 1)
      """)
    let insert = """
      INSERT INTO ncf.epochs (run_id, phase, epoch, seconds, samples_per_second)
      VALUES (1, $1, 1, 1, 1)
      """
    try connection.execute(insert, "a_new_method2")
    for name in ["", "A method", "2nd"] {
      let error = #expect(throws: PostgresError.self) { try connection.execute(insert, name) }
      #expect(error?.sqlState == "23514", "\(name)")
    }
  }

  private static func column(_ sql: String, on connection: Connection) throws -> [String?] {
    let result = try connection.execute(sql)
    return (0..<result.rowCount).map { result[row: $0, column: 0] }
  }
}
