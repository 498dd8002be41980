import Postgres
import TestSupport
import Testing

struct TransactionTests {
  private struct Stop: Error, Equatable {}

  private func table(_ database: TestDatabase) throws -> Connection {
    let connection = try database.connect()
    try connection.executeScript("CREATE TABLE public.t (n int)")
    return connection
  }

  private func rows(_ connection: Connection) throws -> [String?] {
    let result = try connection.execute("SELECT n FROM public.t ORDER BY n")
    return (0..<result.rowCount).map { result[row: $0, column: 0] }
  }

  @Test func whatABodyDoesIsCommittedWhenItReturns() throws {
    let database = try TestDatabase()
    let connection = try table(database)
    let value = try connection.transaction {
      try connection.execute("INSERT INTO public.t VALUES (1)")
      #expect(connection.isInTransaction)
      return 7
    }
    #expect(value == 7)
    #expect(!connection.isInTransaction)
    #expect(try rows(database.connect()) == ["1"])
  }

  @Test func whatABodyDoesIsUndoneWhenItThrows() throws {
    let connection = try table(TestDatabase())
    #expect(throws: Stop()) {
      try connection.transaction {
        try connection.execute("INSERT INTO public.t VALUES (1)")
        throw Stop()
      }
    }
    #expect(!connection.isInTransaction)
    #expect(try rows(connection).isEmpty)
  }

  @Test func anErrorThatTheBodySwallowsDoesNotPassForACommit() throws {
    let connection = try table(TestDatabase())
    let error = try failure {
      try connection.transaction {
        try connection.execute("INSERT INTO public.t VALUES (1)")
        _ = try? connection.execute("SELECT 1/0")
      }
    }
    #expect(error.kind == .server)
    #expect(error.message.contains("rolled back"))
    #expect(try rows(connection).isEmpty)
  }

  @Test func aTransactionInsideAnotherIsRefused() throws {
    let connection = try table(TestDatabase())
    let error = try failure { try connection.transaction { try connection.transaction {} } }
    #expect(error.kind == .misuse)
    #expect(!connection.isInTransaction)
  }

  @Test func aReadingTransactionSeesOneSnapshotAndCannotWrite() throws {
    let database = try TestDatabase()
    let connection = try table(database)
    let writer = try database.connect()
    try connection.transaction(.repeatableReadReadOnly) {
      #expect(try rows(connection).isEmpty)
      try writer.execute("INSERT INTO public.t VALUES (1)")
      #expect(try rows(connection).isEmpty)
    }
    #expect(try rows(connection) == ["1"])
    let error = try failure {
      try connection.transaction(.repeatableReadReadOnly) {
        try connection.execute("INSERT INTO public.t VALUES (2)")
      }
    }
    #expect(error.sqlState == "25006")
  }

  @Test func aSavepointUndoesItsOwnPartOnly() throws {
    let connection = try table(TestDatabase())
    try connection.transaction {
      try connection.execute("INSERT INTO public.t VALUES (1)")
      #expect(throws: PostgresError.self) {
        try connection.savepoint("a \"hostile\"; name") {
          try connection.execute("INSERT INTO public.t VALUES (2)")
          try connection.execute("SELECT 1/0")
        }
      }
      try connection.savepoint("second") {
        try connection.execute("INSERT INTO public.t VALUES (3)")
      }
    }
    #expect(try rows(connection) == ["1", "3"])
  }

  @Test func aSavepointThatCannotBeUndoneIsTheErrorThatIsHeard() throws {
    struct Expected: Error {}
    let connection = try table(TestDatabase())
    let error = try failure {
      try connection.transaction {
        do {
          try connection.savepoint("gone") {
            try connection.execute("INSERT INTO public.t VALUES (1)")
            try connection.execute("RELEASE SAVEPOINT gone")
            throw Expected()
          }
        } catch is Expected {}
      }
    }
    #expect(error.sqlState == "3B001")
    #expect(try rows(connection).isEmpty)
  }

  @Test func aConstraintCheckedAtCommitIsAnErrorOfKnownOutcome() throws {
    let connection = try table(TestDatabase())
    try connection.executeScript(
      "ALTER TABLE public.t ADD CONSTRAINT once UNIQUE (n) DEFERRABLE INITIALLY DEFERRED")
    let error = try failure {
      try connection.transaction { try connection.execute("INSERT INTO public.t VALUES (1), (1)") }
    }
    #expect(error.kind == .constraint)
    #expect(error.sqlState == "23505")
    #expect(try rows(connection).isEmpty)
  }

  @Test func aConnectionLostDuringCommitLeavesTheOutcomeUnknown() throws {
    let database = try TestDatabase()
    let connection = try table(database)
    // The server runs this trigger as part of COMMIT, and there ends the very session.
    try connection.executeScript(
      """
      CREATE FUNCTION public.hang_up() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON public.t DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION public.hang_up();
      """)
    let error = try failure {
      try connection.transaction { try connection.execute("INSERT INTO public.t VALUES (1)") }
    }
    #expect(error.kind == .commitUnknown)
    #expect(!connection.isAlive)
  }

  @Test func aConnectionLostBeforeCommitIsAnOrdinaryConnectionError() throws {
    let database = try TestDatabase()
    let connection = try table(database)
    let killer = try database.connect()
    let error = try failure {
      try connection.transaction {
        try connection.execute("INSERT INTO public.t VALUES (1)")
        try killer.execute(
          "SELECT pg_terminate_backend($1, 10000)", [Int(connection.backendPID)])
        try connection.execute("INSERT INTO public.t VALUES (2)")
      }
    }
    #expect(error.kind == .connection)
    #expect(try rows(killer).isEmpty)
  }
}
