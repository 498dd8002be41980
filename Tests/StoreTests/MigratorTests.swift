import Foundation
import Jobs
import Migrations
import Postgres
import RunSupport
import Store
import TestSupport
import Testing

struct MigratorTests {
  @Test func everyFileIsEmbeddedAsItIs() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../migrations").standardized
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".sql") }.sorted()
    #expect(files == Migration.all.map { $0.name + ".sql" })
    #expect(Migration.all.map(\.number) == Array(1...files.count))
    for migration in Migration.all {
      let text = try String(
        contentsOf: folder.appending(path: migration.name + ".sql"), encoding: .utf8)
      #expect(migration.sql == text)
    }
  }

  @Test func upAppliesEachOnceAndInOrder() throws {
    let database = try TestDatabase()
    let migrator = Migrator(database.parameters)
    #expect(try migrator.status().allSatisfy { $0.standing == .pending })
    var reported: [String] = []
    let applied = try migrator.up { reported.append($0) }
    #expect(applied == Migration.all.map(\.name))
    #expect(reported == applied)
    #expect(try migrator.up().isEmpty)
    try migrator.verify()
  }

  @Test func everyTableAndColumnOfTheSchemaIsExplained() throws {
    let database = try TestDatabase()
    try Migrator(database.parameters).up()
    let unexplained = try database.connect().execute(
      """
      SELECT c.relname || coalesce('.' || a.attname, '') FROM pg_catalog.pg_class AS c
      LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
      WHERE c.relnamespace = 'ncf'::regnamespace AND c.relkind = 'r'
        AND (pg_catalog.obj_description(c.oid, 'pg_class') IS NULL
          OR pg_catalog.col_description(c.oid, a.attnum) IS NULL)
      """)
    #expect(unexplained.rowCount == 0)
  }

  @Test func everyConstraintIsNamedAfterItsTable() throws {
    let database = try TestDatabase()
    try Migrator(database.parameters).up()
    let result = try database.connect().execute(
      """
      SELECT count(*) FILTER (WHERE k.conname NOT LIKE c.relname || '\\_%'), count(*)
      FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
      WHERE c.relnamespace = 'ncf'::regnamespace
      """)
    #expect(result[row: 0, column: 0] == "0")
    #expect(Int(result[row: 0, column: 1] ?? "") ?? 0 > 20)
  }

  @Test func anEditedMigrationIsRefusedByName() throws {
    let database = try TestDatabase()
    try Migrator(database.parameters).up()
    var edited = Migration.all
    edited[1] = Migration(name: edited[1].name, bytes: Array((edited[1].sql + "\n--").utf8))
    let error = expectFailure(.configuration, "\(edited[1].name) was applied with another text") {
      try Migrator(database.parameters, migrations: edited).verify()
    }
    #expect(error?.advice?.contains("make clean") == true)
  }

  @Test func lineEndsOfACheckoutDoNotMatter() throws {
    let database = try TestDatabase()
    try Migrator(database.parameters).up()
    let windows = Migration.all.map {
      Migration(
        name: $0.name, bytes: Array($0.sql.replacingOccurrences(of: "\n", with: "\r\n").utf8))
    }
    try Migrator(database.parameters, migrations: windows).verify()
  }

  @Test func aPendingOneBeforeAnAppliedOneIsOutOfOrder() throws {
    let database = try TestDatabase()
    var without = Migration.all
    // Erasure, which comes later, does not refer to trials.
    let late = without.remove(at: 4)
    try Migrator(database.parameters, migrations: without).up()
    expectFailure(.configuration, late.name) { try Migrator(database.parameters).up() }
  }

  @Test func aNewerProgramsMigrationIsRefused() throws {
    let database = try TestDatabase()
    try Migrator(database.parameters).up()
    let older = Array(Migration.all.dropLast())
    let error = #expect(throws: BatchError.self) {
      try Migrator(database.parameters, migrations: older).verify()
    }
    #expect(error?.what.contains("unknown to this program") == true)
  }

  @Test func aMigrationThatFailsLeavesNothingOfItself() throws {
    let database = try TestDatabase()
    let count = Migration.all.count
    let broken = Migration(
      name: "\(count + 1)_broken",
      bytes: Array("CREATE TABLE ncf.half (x integer);\nSELECT 1/0;".utf8))
    let error = #expect(throws: BatchError.self) {
      try Migrator(database.parameters, migrations: Migration.all + [broken]).up()
    }
    #expect(error?.what.contains("\(count + 1)_broken") == true)
    let result = try database.connect().execute(
      "SELECT to_regclass('ncf.half'), max(number) FROM ncf.migrations")
    #expect(result[row: 0, column: 0] == nil)
    #expect(result[row: 0, column: 1] == "\(count)")
  }

  @Test func aMigratorThatFindsAnotherAtWorkSaysSo() throws {
    let database = try TestDatabase()
    let other = try database.connect()
    #expect(try other.tryAdvisoryLock(AdvisoryKey.migrations))
    expectFailure(.temporary) {
      try Migrator(database.parameters, lockTries: 1).up()
    }
  }
}
