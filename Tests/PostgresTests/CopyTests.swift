import Foundation
import Postgres
import TestSupport
import Testing

struct CopyTests {
  private struct Stop: Error, Equatable {}

  private struct Row: Equatable {
    var big: Int64?
    var int: Int32?
    var small: Int16?
    var double: UInt64?
    var real: UInt32?
    var truth: Bool?
    var id: UInt128?
    var time: Int64?
    var text: String?
    var bytes: [UInt8]?
  }

  private static let rows: [Row] = [
    Row(),
    Row(
      big: .max, int: .max, small: .max, double: Double.greatestFiniteMagnitude.bitPattern,
      real: Float.greatestFiniteMagnitude.bitPattern, truth: true, id: .max, time: .max, text: "",
      bytes: []),
    Row(
      big: .min, int: .min, small: .min, double: (-Double.infinity).bitPattern,
      real: (-Float.infinity).bitPattern, truth: false, id: 0, time: .min,
      text: "it's \"q\"\t\n\\ 👩‍🚀 ünï", bytes: [0, 255, 10, 92]),
    Row(
      big: 0, int: -1, small: -1, double: Double.nan.bitPattern, real: Float.nan.bitPattern,
      truth: true, id: 0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF, time: 0, text: "x",
      bytes: [UInt8](repeating: 7, count: 200_000)),
    Row(
      big: 1, int: 1, small: 1, double: Double.leastNonzeroMagnitude.bitPattern,
      real: Float.leastNonzeroMagnitude.bitPattern, truth: false, id: 1, time: -1,
      text: String(repeating: "é", count: 70_000), bytes: [1]),
  ]

  private static let table = """
    CREATE TABLE public.t (n serial, big bigint, int int, small smallint, double float8, real real,
      truth boolean, id uuid, time timestamptz, text text, bytes bytea)
    """
  private static let columns = "big, int, small, double, real, truth, id, time, text, bytes"

  private func write(_ row: Row, to writer: inout CopyWriter) throws {
    func put<Value>(_ value: Value?, _ body: (inout CopyWriter, Value) throws -> Void) throws {
      if let value { try body(&writer, value) } else { try writer.writeNull() }
    }
    try writer.beginRow(columns: 10)
    try put(row.big) { try $0.write($1) }
    try put(row.int) { try $0.writeInt32($1) }
    try put(row.small) { try $0.writeInt16($1) }
    try put(row.double) { try $0.writeDouble(Double(bitPattern: $1)) }
    try put(row.real) { try $0.writeFloat(Float(bitPattern: $1)) }
    try put(row.truth) { try $0.writeBool($1) }
    try put(row.id) { try $0.writeUUID($1) }
    try put(row.time) { try $0.writeTimestamp($1) }
    try put(row.text) { try $0.writeText($1) }
    try put(row.bytes) { try $0.writeBytes($1.span) }
  }

  private func read(_ row: inout CopyRow) throws -> Row {
    Row(
      big: try row.nextInt64(), int: try row.nextInt32(), small: try row.nextInt16(),
      double: try row.nextDouble()?.bitPattern, real: try row.nextFloat()?.bitPattern,
      truth: try row.nextBool(), id: try row.nextUUID(), time: try row.nextTimestamp(),
      text: try row.nextText(),
      bytes: try row.nextBytes { span in span.indices.map { span[$0] } })
  }

  @Test func everyTypeComesBackAsItWasSent() throws {
    let connection = try TestDatabase.connection(Self.table)
    let sent = try connection.copyIn(
      "COPY public.t (\(Self.columns)) FROM STDIN (FORMAT binary)"
    ) { writer in
      for row in Self.rows { try write(row, to: &writer) }
    }
    #expect(sent == Self.rows.count)
    var received: [Row] = []
    let count = try connection.copyOut(
      "COPY (SELECT \(Self.columns) FROM public.t ORDER BY n) TO STDOUT (FORMAT binary)"
    ) { row in
      received.append(try read(&row))
    }
    #expect(count == Self.rows.count)
    #expect(received == Self.rows)
  }

  @Test func theServerReadsWhatWasSentAsItWasMeant() throws {
    let connection = try TestDatabase.connection(Self.table)
    let microseconds: Int64 = 1_700_000_000_123_456
    _ = try connection.copyIn("COPY public.t (\(Self.columns)) FROM STDIN (FORMAT binary)") {
      let row = Row(
        big: -5, int: 6, small: -7, double: 0.1.bitPattern, real: Float(2.5).bitPattern,
        truth: true, id: 0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF, time: microseconds,
        text: "naïve", bytes: [0xDE, 0xAD])
      try write(row, to: &$0)
    }
    let found = try connection.execute("SELECT \(Self.columns) FROM public.t")
    let texts = (0..<10).map { found[row: 0, column: $0] }
    #expect(
      texts == [
        "-5", "6", "-7", "0.1", "2.5", "t", "00112233-4455-6677-8899-aabbccddeeff",
        "2023-11-14 22:13:20.123456+00", "naïve", "\\xdead",
      ])
  }

  @Test func timesAtTheEndsOfTheCalendarAreTold() throws {
    let connection = try TestDatabase().connect()
    var times: [Int64?] = []
    _ = try connection.copyOut(
      """
      COPY (SELECT t::timestamptz FROM unnest(ARRAY['infinity', '-infinity', '1970-01-01 00:00Z',
        '4713-01-01 00:00Z BC', '294276-12-31 23:59:59Z', '2000-01-01 00:00:00.000001Z', NULL])
        WITH ORDINALITY AS x(t, n) ORDER BY n) TO STDOUT (FORMAT binary)
      """
    ) { row in
      times.append(try row.nextTimestamp())
    }
    #expect(
      times == [
        .max, .min, 0, -210_863_520_000_000_000, .max - 1, 946_684_800_000_001, nil,
      ])
  }

  @Test func anEmptyResultAndAnEmptyLoadHaveNoRows() throws {
    let connection = try TestDatabase.connection("CREATE TABLE public.t (n bigint)")
    #expect(try connection.copyIn("COPY public.t FROM STDIN (FORMAT binary)") { _ in } == 0)
    #expect(
      try connection.copyOut("COPY public.t TO STDOUT (FORMAT binary)") { _ in
        Issue.record("there is no row")
      } == 0)
  }

  @Test func manyRowsArriveWholeAndInOrder() throws {
    let connection = try TestDatabase.connection("CREATE TABLE public.t (n bigint, words text)")
    let count = 100_000
    let sent = try connection.copyIn("COPY public.t FROM STDIN (FORMAT binary)") { writer in
      for number in 0..<count {
        try writer.beginRow(columns: 2)
        try writer.write(Int64(number))
        try writer.writeText(String(repeating: "x", count: number % 23))
      }
    }
    #expect(sent == count)
    var next: Int64 = 0
    let received = try connection.copyOut(
      "COPY (SELECT n, words FROM public.t ORDER BY n) TO STDOUT (FORMAT binary)"
    ) { row in
      let number = try #require(try row.nextInt64())
      let length = try row.nextBytes { $0.count }
      if number != next || length != Int(number % 23) { throw Stop() }
      next += 1
    }
    #expect(received == count)
    #expect(next == count)
  }

  @Test func fieldsThatAreNotAskedForArePassedOver() throws {
    let connection = try TestDatabase().connect()
    var sum: Int64 = 0
    let count = try connection.copyOut(
      """
      COPY (SELECT n, 'text', NULL::int, n * 10 FROM generate_series(1::bigint, 4) n)
      TO STDOUT (FORMAT binary)
      """
    ) { row in
      #expect(row.columnCount == 4)
      try row.skip()
      if sum > 30 { return }
      try row.skip()
      try row.skip()
      sum += try #require(try row.nextInt64())
    }
    #expect(count == 4)
    #expect(sum == 60)
  }

  @Test func aLoadThatIsGivenUpLeavesNothing() throws {
    let connection = try TestDatabase.connection("CREATE TABLE public.t (n bigint)")
    #expect(throws: Stop()) {
      _ = try connection.copyIn("COPY public.t FROM STDIN (FORMAT binary)") { writer in
        for number in 0..<50_000 {
          try writer.beginRow(columns: 1)
          try writer.write(Int64(number))
        }
        throw Stop()
      }
    }
    #expect(try connection.execute("SELECT count(*) FROM public.t")[row: 0, column: 0] == "0")
  }

  @Test func aRowThatTheServerRefusesEndsTheLoadWithItsReason() throws {
    let connection = try TestDatabase.connection("CREATE TABLE public.t (n bigint CHECK (n < 10))")
    let error = try failure {
      _ = try connection.copyIn("COPY public.t FROM STDIN (FORMAT binary)") { writer in
        for number in 0..<200_000 {
          try writer.beginRow(columns: 1)
          try writer.write(Int64(number))
        }
      }
    }
    #expect(error.kind == .constraint)
    #expect(error.sqlState == "23514")
    #expect(error.attempted.contains("copy in on database"))
    #expect(try connection.execute("SELECT count(*) FROM public.t")[row: 0, column: 0] == "0")
  }

  @Test func aFieldOfAnotherSizeThanItsColumnIsRefused() throws {
    let connection = try TestDatabase.connection("CREATE TABLE public.t (n bigint)")
    let error = try failure {
      _ = try connection.copyIn("COPY public.t FROM STDIN (FORMAT binary)") { writer in
        try writer.beginRow(columns: 1)
        try writer.writeInt32(1)
      }
    }
    #expect(error.sqlState == "08P01" || error.sqlState == "22P03")
    #expect(try connection.execute("SELECT count(*) FROM public.t")[row: 0, column: 0] == "0")
  }

  @Test(arguments: [0, 1, 3])
  func aRowOfTheWrongWidthIsRefusedHere(fields: Int) throws {
    let connection = try TestDatabase.connection("CREATE TABLE public.t (n bigint, m bigint)")
    let error = try failure {
      _ = try connection.copyIn("COPY public.t FROM STDIN (FORMAT binary)") { writer in
        try writer.beginRow(columns: 2)
        for field in 0..<fields { try writer.write(Int64(field)) }
      }
    }
    #expect(error.kind == .dataShape)
    #expect(error.attempted.contains("COPY public.t FROM STDIN"))
    #expect(try connection.execute("SELECT count(*) FROM public.t")[row: 0, column: 0] == "0")
  }

  @Test func aServersErrorAmidTheRowsIsThrown() throws {
    let connection = try TestDatabase().connect()
    var seen = 0
    let error = try failure {
      _ = try connection.copyOut(
        "COPY (SELECT 1 / (50000 - n) FROM generate_series(1, 60000) n) TO STDOUT (FORMAT binary)"
      ) { _ in
        seen += 1
      }
    }
    #expect(error.sqlState == "22012")
    #expect(seen == 49_999)
    #expect(try connection.execute("SELECT 1").rowCount == 1)
  }

  @Test func aReaderThatThrowsStopsTheServerAndTheConnectionGoesOn() throws {
    let connection = try TestDatabase().connect()
    // Endless for any practical purpose: it ends only because it is cancelled.
    let sql = "COPY (SELECT generate_series(1, 9000000000)) TO STDOUT (FORMAT binary)"
    var seen = 0
    #expect(throws: Stop()) {
      _ = try connection.copyOut(sql) { _ in
        seen += 1
        if seen == 1000 { throw Stop() }
      }
    }
    #expect(seen == 1000)
    for number in 0..<20 {
      #expect(
        try connection.execute("SELECT $1::int", [number])[row: 0, column: 0]
          == String(number))
    }
  }

  @Test func aReaderThatThrowsAtTheLastRowDisturbsNothingLater() throws {
    let connection = try TestDatabase().connect()
    for _ in 0..<50 {
      #expect(throws: Stop()) {
        _ = try connection.copyOut("COPY (SELECT 1) TO STDOUT (FORMAT binary)") { _ in throw Stop()
        }
      }
      #expect(try connection.execute("SELECT 1").rowCount == 1)
    }
  }

  @Test func aFieldReadAsAnotherTypeIsNamed() throws {
    let connection = try TestDatabase().connect()
    let error = try failure {
      _ = try connection.copyOut("COPY (SELECT 1::bigint, 2::int) TO STDOUT (FORMAT binary)") {
        _ = try $0.nextInt64()
        _ = try $0.nextInt64()
      }
    }
    #expect(error.kind == .dataShape)
    #expect(error.message == "column 2 has 4 bytes where 8 were expected")
    #expect(error.attempted.contains("copy out on database"))
    #expect(try connection.execute("SELECT 1").rowCount == 1)
  }

  @Test(arguments: [
    "COPY (SELECT 1) TO STDOUT", "COPY public.t FROM STDIN (FORMAT binary)", "SELECT 1",
    "CREATE TABLE public.u ()", "",
  ])
  func aStatementThatIsNotABinaryCopyOutIsRefused(sql: String) throws {
    let connection = try TestDatabase.connection("CREATE TABLE public.t (n int)")
    #expect(try failure { _ = try connection.copyOut(sql) { _ in } }.kind == .misuse)
    #expect(try connection.execute("SELECT 1").rowCount == 1)
  }

  @Test(arguments: ["COPY public.t FROM STDIN", "COPY (SELECT 1) TO STDOUT (FORMAT binary)"])
  func aStatementThatIsNotABinaryCopyInIsRefused(sql: String) throws {
    let connection = try TestDatabase.connection("CREATE TABLE public.t (n int)")
    #expect(try failure { _ = try connection.copyIn(sql) { _ in } }.kind == .misuse)
    #expect(try connection.execute("SELECT count(*) FROM public.t")[row: 0, column: 0] == "0")
  }

  @Test func aConnectionLostAmidACopyIsAConnectionError() throws {
    let database = try TestDatabase()
    let killer = try database.connect()
    try killer.executeScript("CREATE TABLE public.t (n bigint)")
    let kill = "SELECT pg_terminate_backend($1, 10000)"

    let reader = try database.connect()
    let out = try failure {
      var seen = 0
      let sql = "COPY (SELECT generate_series(1, 9000000000)) TO STDOUT (FORMAT binary)"
      _ = try reader.copyOut(sql) { _ in
        seen += 1
        if seen == 1 { try killer.execute(kill, Int(reader.backendPID)) }
      }
    }
    #expect(out.kind == .connection)
    #expect(!reader.isAlive)

    let writer = try database.connect()
    let into = try failure {
      _ = try writer.copyIn("COPY public.t FROM STDIN (FORMAT binary)") { rows in
        try killer.execute(kill, Int(writer.backendPID))
        // Endless, unless the loss is noticed; and that counts even when the body hides it.
        do {
          while true {
            try rows.beginRow(columns: 1)
            try rows.write(1)
          }
        } catch {
          throw Stop()
        }
      }
    }
    #expect(into.kind == .connection)
    #expect(!writer.isAlive)
    #expect(try killer.execute("SELECT count(*) FROM public.t")[row: 0, column: 0] == "0")
  }
}
