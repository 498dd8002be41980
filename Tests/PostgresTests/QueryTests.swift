import Foundation
import Postgres
import TestSupport
import Testing

struct QueryTests {
  @Test func parametersOfEveryKindComeBackAsTheyWere() throws {
    let connection = try TestDatabase().connect()
    let result = try connection.execute(
      """
      SELECT $1::text, $2::bigint, $3::bigint, $4::float8, $5::boolean, $6::bytea, $7::int,
        $8::text, $9::float8
      """,
      [
        "it's \"quoted\" \\ 👩‍🚀", Int64.max, Int64.min, 0.1, true, Parameter.bytes([0, 255, 39, 92]),
        nil, "", -Double.infinity,
      ])
    #expect(result.rowCount == 1)
    #expect(
      (0..<9).map { result[row: 0, column: $0] } == [
        "it's \"quoted\" \\ 👩‍🚀", "9223372036854775807", "-9223372036854775808", "0.1", "t",
        "\\x00ff275c", nil, "", "-Infinity",
      ])
  }

  @Test func rowsAndNamesAndCountsAreThoseOfTheStatement() throws {
    let connection = try TestDatabase().connect()
    let rows = try connection.execute(
      "SELECT n AS number, n * n AS square FROM generate_series(1,3) n")
    #expect(rows.columnNames == ["number", "square"])
    #expect(try rows.map { try $0.decode(Int.self, "square") } == [1, 4, 9])
    try connection.executeScript("CREATE TABLE public.t (n int)")
    #expect(
      try connection.execute("INSERT INTO public.t SELECT generate_series(1, 5)").affectedRows == 5)
    #expect(try connection.execute("DELETE FROM public.t WHERE n > $1", [3]).affectedRows == 2)
  }

  @Test func columnsAreDescribedWithoutRunningTheStatement() throws {
    let connection = try TestDatabase.connection("CREATE TABLE public.t (n int)")
    let columns = try connection.describe(
      "INSERT INTO public.t VALUES (1) RETURNING n, n::text AS words, now() AS at")
    #expect(columns.map(\.name) == ["n", "words", "at"])
    #expect(columns.map(\.typeOID) == [23, 25, 1184])
    #expect(
      try connection.execute("SELECT count(*) FROM public.t")[row: 0, column: 0] == "0")
    #expect(try connection.describe("CREATE TABLE public.u ()").isEmpty)
  }

  @Test func aScriptThatFailsLeavesNothingOfItself() throws {
    let connection = try TestDatabase().connect()
    let error = try failure {
      try connection.executeScript("CREATE TABLE public.a (n int); SELECT 1/0")
    }
    #expect(error.sqlState == "22012")
    #expect(
      try connection.execute("SELECT to_regclass('public.a')")[row: 0, column: 0] == nil)
  }

  @Test(arguments: [
    ("53100", PostgresError.Kind.diskFull), ("42501", .permission), ("57014", .cancelled),
    ("55P03", .lockTimeout), ("40001", .conflict), ("40P01", .conflict), ("08006", .connection),
    ("53300", .connection), ("57P03", .connection), ("28P01", .authentication),
    ("3D000", .missingDatabase), ("42P01", .missingObject), ("23505", .constraint),
    ("22012", .server), ("XX000", .server),
  ])
  func theServersCodeDecidesTheKind(state: String, kind: PostgresError.Kind) throws {
    let connection = try TestDatabase().connect()
    let error = try failure {
      try connection.executeScript(
        """
        DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '\(state)', DETAIL = 'd', HINT = 'h';
        END $$
        """)
    }
    #expect(error.kind == kind)
    #expect(error.sqlState == state)
    #expect([error.message, error.detail, error.hint] == ["no", "d", "h"])
  }

  @Test func missingRightsAreToldApart() throws {
    let connection = try TestDatabase.connection(

      """
      CREATE TABLE public.secret (n int);
      DO $$ BEGIN CREATE ROLE ncf_test_nobody NOLOGIN;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
      SET ROLE ncf_test_nobody;
      """)
    let error = try failure { try connection.execute("SELECT * FROM public.secret") }
    #expect(error.kind == .permission)
    #expect(error.sqlState == "42501")
    #expect(error.description.contains("permission denied for table secret (SQLSTATE 42501)"))
  }

  @Test func aLockThatIsNotToBeHadInTimeIsItsOwnKind() throws {
    let database = try TestDatabase()
    let holder = try database.connect()
    let waiter = try database.connect()
    try holder.executeScript("CREATE TABLE public.t (n int)")
    try holder.transaction {
      try holder.execute("LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE")
      try waiter.execute("SET lock_timeout = '20ms'")
      let error = try failure { try waiter.execute("SELECT * FROM public.t") }
      #expect(error.kind == .lockTimeout)
      #expect(error.sqlState == "55P03")
    }
    #expect(try waiter.execute("SELECT * FROM public.t").rowCount == 0)
  }

  @Test func anotherThreadCancelsWhatRuns() throws {
    let database = try TestDatabase()
    let connection = try database.connect()
    let canceller = connection.makeCanceller()
    let (pid, parameters) = (connection.backendPID, database.parameters)
    let thread = Thread {
      // Cancelled only once it is seen to sleep: a request that comes too early has no effect.
      guard let watcher = try? Connection(parameters, applicationName: "tests") else { return }
      let asleep = "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'"
      while let seen = try? watcher.execute(asleep, Int(pid)), seen.rowCount == 0 {}
      canceller.cancel()
    }
    thread.start()
    let error = try failure { try connection.execute("SELECT pg_sleep(600)") }
    #expect(error.kind == .cancelled)
    #expect(error.sqlState == "57014")
    #expect(try connection.execute("SELECT 1").rowCount == 1)
  }

  @Test func aCancellerOutlivesItsConnection() throws {
    let database = try TestDatabase()
    var connection: Connection? = try database.connect()
    let canceller = try #require(connection).makeCanceller()
    connection = nil
    canceller.cancel()
    #expect(try database.connect().execute("SELECT 1").rowCount == 1)
  }

  @Test func anAdvisoryLockIsHeldByOneConnectionAtATime() throws {
    let database = try TestDatabase()
    let first = try database.connect()
    let second = try database.connect()
    #expect(try first.tryAdvisoryLock(.max))
    #expect(try !second.tryAdvisoryLock(.max))
    #expect(try second.tryAdvisoryLock(.min))
    try first.unlockAdvisory(.max)
    #expect(try second.tryAdvisoryLock(.max))
    let error = try failure { try first.unlockAdvisory(.max) }
    #expect(error.kind == .misuse)
  }

  @Test(arguments: [
    #"a"; DROP TABLE public.kept;--"#, "UPPER and space", "ünï🙂", "semi;colon'quote", "select",
  ])
  func hostileNamesAndTextsAreQuoted(name: String) throws {
    let connection = try TestDatabase.connection("CREATE TABLE public.kept (n int)")
    let quoted = try connection.quoteIdentifier(name)
    try connection.executeScript("CREATE TABLE public.\(quoted) (\(quoted) int)")
    let found = try connection.execute(
      """
      SELECT relname = \(try connection.quoteLiteral(name)), to_regclass('public.kept') IS NOT NULL
      FROM pg_class WHERE relname = $1
      """, [name])
    #expect(found.rowCount == 1)
    #expect(found[row: 0, column: 0] == "t")
    #expect(found[row: 0, column: 1] == "t")
  }

  @Test func whatCannotBeSentIsRefusedBeforeItIsCut() throws {
    let connection = try TestDatabase().connect()
    #expect(try failure { try connection.execute("SELECT 1 -- \0") }.kind == .misuse)
    #expect(try failure { try connection.execute("SELECT $1::text", ["a\0b"]) }.kind == .misuse)
    #expect(try failure { try connection.executeScript("SELECT 1;\0") }.kind == .misuse)
    #expect(try failure { _ = try connection.quoteIdentifier("a\0") }.kind == .misuse)
    #expect(try failure { _ = try connection.quoteIdentifier("") }.kind == .misuse)
    #expect(try failure { _ = try connection.quoteLiteral("a\0") }.kind == .misuse)
  }

  @Test(arguments: ["COPY (SELECT 1) TO STDOUT", "COPY public.t FROM STDIN"])
  func aCopyThroughTheWrongCallIsRefusedAndTheConnectionGoesOn(sql: String) throws {
    let connection = try TestDatabase.connection("CREATE TABLE public.t (n int)")
    #expect(try failure { try connection.execute(sql) }.kind == .misuse)
    #expect(try failure { try connection.executeScript(sql) }.kind == .misuse)
    #expect(try connection.execute("SELECT count(*) FROM public.t")[row: 0, column: 0] == "0")
  }
}
