import TestSupport
import Testing

@testable import Postgres

/// What is said of mistakes in using a connection, word for word.
struct WordingTests {
  /// A mistake and what is said of it.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let words: String
    let make: @Sendable (Connection) throws -> Void

    var testDescription: String { words }

    init(_ words: String, _ make: @escaping @Sendable (Connection) throws -> Void) {
      (self.words, self.make) = (words, make)
    }
  }

  static let mistakes = [
    Mistake("the COPY goes the other way") {
      _ = try $0.copyOut("COPY pg_temp.t FROM STDIN (FORMAT binary)") { _ in }
    },
    Mistake("the COPY must have FORMAT binary") {
      _ = try $0.copyOut("COPY (SELECT 1) TO STDOUT") { _ in }
    },
    Mistake("the COPY must not have FORMAT binary") {
      _ = try $0.copyOutText("COPY (SELECT 1) TO STDOUT (FORMAT binary)") { _ in }
    },
    Mistake("the statement is not a COPY with this program") {
      _ = try $0.copyOut("SELECT 1") { _ in }
    },
    Mistake("a COPY was started by a call that is not for COPY") {
      try $0.execute("COPY (SELECT 1) TO STDOUT")
    },
    Mistake("65536 parameters are more than a statement takes") {
      try $0.execute("SELECT 1", Array(repeating: .null, count: 65_536))
    },
    Mistake("this session does not hold advisory lock 5") { try $0.unlockAdvisory(5) },
    Mistake("a name is empty") { _ = try $0.quoteIdentifier("") },
    Mistake("a text holds a zero byte, which PostgreSQL can't store") {
      _ = try $0.quoteLiteral("a\0b")
    },
    Mistake("a transaction is already open") { connection in
      try connection.transaction { try connection.transaction {} }
    },
    Mistake("the server rolled back, since a statement in the transaction had failed") {
      connection in
      try connection.transaction { _ = try? connection.execute("SELECT 1/0") }
    },
  ]

  @Test(arguments: mistakes)
  func aMistakeIsSaidAndTheConnectionGoesOn(mistake: Mistake) throws {
    let connection = try TestDatabase().connect()
    try connection.executeScript("CREATE TEMPORARY TABLE t (n int)")
    let error = try failure { try mistake.make(connection) }
    #expect(error.message == mistake.words)
    #expect(try connection.execute("SELECT 7")[row: 0, column: 0] == "7")
  }

  @Test(arguments: [
    ("shop\0", "a connection parameter holds a zero byte"),
    ("password='x", "the connection string can't be read: unterminated quoted string"),
    (
      "postgresql://me:a@b@nowhere.invalid/shop",
      "connecting failed; its report could show parts of a password, since the connection string "
        + "has a character in or near its credentials that must be percent-encoded in a URI"
    ),
  ])
  func aConnectionStringIsNotQuoted(database: String, words: String) throws {
    let parameters = ConnectionParameters(database: database)
    let error = try failure { _ = try Connection(parameters, applicationName: "tests") }
    #expect(error.message.hasPrefix(words), "\(error.message)")
  }

  private static let header = CopyDecoder.signature + [0, 0, 0, 0, 0, 0, 0, 0]

  @Test(arguments: [
    ([0x50], "the header is cut short"),
    (
      [UInt8](repeating: 0x20, count: 19),
      "this is not a binary COPY stream: the signature is missing"
    ),
    (
      CopyDecoder.signature + [0, 1, 0, 0, 0, 0, 0, 0],
      "the header has flags this program does not know: 65536"
    ),
    (CopyDecoder.signature + [0, 0, 0, 0, 0, 0, 0, 9], "the header's extension is cut short"),
    (header + [0, 1, 0, 0], "the row ends before column 1"),
    (header + [0, 1, 0xFF, 0xFF, 0xFF, 0xFF], "the stream ends without its trailer"),
  ])
  func aStreamThatIsNoneIsToldHow(bytes: [UInt8], words: String) throws {
    let error = try failure {
      var decoder = CopyDecoder(columnCount: 1)
      try unsafe bytes.withUnsafeBytes { bytes in
        try unsafe decoder.decode(bytes) { row in _ = try row.nextInt16() }
      }
      try decoder.finish()
    }
    #expect(error.message == words)
    #expect(error.kind == .dataShape)
  }

  @Test(arguments: [
    (
      "database \"postgresql://me:canary-cut-off\" does not exist",
      "database \"postgresql://me:***\" does not exist"
    ),
    ("see https://a.b:8080/c, or https://a.b: no", "see https://a.b:8080/c, or https://a.b: no"),
    ("postgresql://host:5432/shop", "postgresql://host:5432/shop"),
    ("postgresql://host/a:b", "postgresql://host/a:b"),
  ])
  func aURIThatWasCutOffIsHiddenAndAPortIsNot(text: String, shown: String) {
    #expect(Redaction.hidingPasswords(in: text) == shown)
  }
}
