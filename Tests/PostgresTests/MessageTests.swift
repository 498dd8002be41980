import TestSupport
import Testing

@testable import Postgres

/// The text of an error of a connection: one example for each kind of fault.
struct MessageTests {
  @Test func aMistakeIsSaidAndTheConnectionGoesOn() throws {
    let connection = try TestDatabase.connection("CREATE TEMPORARY TABLE t (n int)")
    let direction = try failure {
      _ = try connection.copyOut("COPY pg_temp.t FROM STDIN (FORMAT binary)") { _ in }
    }
    #expect(direction.message == "the COPY goes the other way")
    let number = try failure {
      try connection.execute("SELECT 1", Array(repeating: String?.none, count: 65_536))
    }
    #expect(number.message == "65536 parameters are more than a statement takes")
    let rolledBack = try failure {
      try connection.transaction { _ = try? connection.execute("SELECT 1/0") }
    }
    let words = "the server rolled back, since a statement in the transaction had failed"
    #expect(rolledBack.message == words)
    #expect(try connection.execute("SELECT 7")[row: 0, column: 0] == "7")
  }

  @Test func aConnectionStringIsNotQuoted() throws {
    let parameters = ConnectionParameters(database: "postgresql://me:a@b@nowhere.invalid/shop")
    let error = try failure { _ = try Connection(parameters, applicationName: "tests") }
    #expect(error.message.contains("must be percent-encoded in a URI"))
    #expect(!error.message.contains("a@b"))
  }

  @Test func aStreamThatIsCutShortIsToldWhere() throws {
    let header = CopyDecoder.signature + [0, 0, 0, 0, 0, 0, 0, 0]
    let error = try failure {
      var decoder = CopyDecoder(columnCount: 1)
      try unsafe (header + [0, 1, 0, 0]).withUnsafeBytes { bytes in
        try unsafe decoder.decode(bytes) { row in _ = try row.nextInt16() }
      }
    }
    #expect(error.message == "the row ends before column 1")
    #expect(error.kind == .dataShape)
  }
}
