import Postgres
import TestSupport
import Testing

struct RowTests {
  private enum Status: String, CaseIterable, ColumnValue {
    case running, published
  }

  @Test func fieldsAreReadByColumnAndType() throws {
    let connection = try TestDatabase().connect()
    let rows = try connection.execute(
      """
      SELECT n AS number, n / 2.0 AS half, n > 1 AS is_large, 'published' AS status,
        CASE WHEN n > 1 THEN 'é' END AS word, 18446744073709551615 AS seed
      FROM generate_series(1, 2) AS n
      """)
    #expect(try rows.map { try $0.decode(Int.self, "number") } == [1, 2])
    #expect(try rows.map { try $0.decode(Double.self, "half") } == [0.5, 1])
    #expect(try rows.map { try $0.decode(Bool.self, "is_large") } == [false, true])
    #expect(try rows.map { try $0.decodeIfPresent(String.self, "word") } == [nil, "é"])
    let seed: UInt64 = try rows[0].decode("seed")
    #expect(seed == .max)
    let status: Status? = try rows[1].decodeIfPresent("status")
    #expect(status == .published)
  }

  @Test func oneFieldIsReadAsAValue() throws {
    let connection = try TestDatabase().connect()
    #expect(try connection.execute("SELECT true").value(Bool.self))
    #expect(try connection.execute("SELECT NULL::bigint").valueIfPresent(Int64.self) == nil)
    #expect(try connection.execute("SELECT 1 AS n WHERE false").valueIfPresent(Int.self) == nil)
    #expect(try connection.execute("SELECT 'Infinity'::float8").value(Double.self) == .infinity)
    #expect(try connection.execute("SELECT 3 AS n, 4 AS m").row().decode(Int.self, "m") == 4)
  }

  @Test(
    arguments: [
      ("SELECT NULL::int AS users", "column users is NULL"),
      ("SELECT 1 AS items", "there is no column users"),
      ("SELECT 'many' AS users", "column users holds many, which is not a whole number from"),
      ("SELECT 1.5 AS users", "column users holds 1.5, which is not a whole number from"),
      (
        "SELECT 9223372036854775808 AS users",
        "column users holds 9223372036854775808, which is not a whole number from"
      ),
    ])
  func aFieldThatCannotBeReadIsAnErrorWithColumnAndStatement(sql: String, message: String) throws {
    let row = try TestDatabase().connect().execute(sql).row()
    let error = try failure { try row.decode(Int.self, "users") }
    try expectShapeError(error, message, sql)
  }

  @Test func anUnknownCaseIsAnErrorThatListsTheKnownOnes() throws {
    let sql = "SELECT 'gone' AS status"
    let row = try TestDatabase().connect().execute(sql).row()
    let message = "column status holds gone, which is not one of running, published"
    try expectShapeError(failure { try row.decode(Status.self, "status") }, message, sql)
    try expectShapeError(failure { try row.decodeIfPresent(Status.self, "status") }, message, sql)
  }

  @Test func aTruthThatIsNeitherTNorFIsAnError() throws {
    let sql = "SELECT 'true' AS is_live"
    let error = try failure { try TestDatabase().connect().execute(sql).value(Bool.self) }
    try expectShapeError(error, "column is_live holds true, which is not t or f", sql)
  }

  @Test func moreOrFewerRowsThanOneAreErrors() throws {
    let connection = try TestDatabase().connect()
    let two = "SELECT n FROM generate_series(1, 2) AS n"
    try expectShapeError(
      failure { try connection.execute(two).value(Int.self) },
      "2 rows of 1 columns came instead of one field", two)
    try expectShapeError(
      failure { try connection.execute(two).valueIfPresent(Int.self) },
      "2 rows of 1 columns came instead of one field", two)
    try expectShapeError(
      failure { try connection.execute(two).row() }, "2 rows came instead of one", two)
    let none = "SELECT 1 AS n WHERE false"
    try expectShapeError(
      failure { try connection.execute(none).value(Int.self) }, "0 rows came instead of one", none)
    let wide = "SELECT 1 AS n, 2 AS m"
    try expectShapeError(
      failure { try connection.execute(wide).value(Int.self) },
      "1 rows of 2 columns came instead of one field", wide)
    let null = "SELECT NULL::int AS n"
    try expectShapeError(
      failure { try connection.execute(null).value(Int.self) }, "column n is NULL", null)
    let row = try connection.execute(null).row()
    try expectShapeError(failure { try row.decode(as: Int?.self) }, "a row is read as", null)
  }

  private func expectShapeError(_ error: PostgresError, _ message: String, _ sql: String) throws {
    #expect(error.kind == .resultShape)
    #expect(error.message.hasPrefix(message), "\(error.message)")
    #expect(error.attempted.hasSuffix(sql), "\(error.attempted)")
  }
}
