import Testing

@testable import Postgres

struct ErrorTextTests {
  @Test func anErrorSaysWhatWasTriedWhatWasSaidAndTheCode() {
    let error = PostgresError(
      kind: .missingObject, sqlState: "42P01", message: "relation \"a.b\" does not exist",
      hint: "look again", attempted: "execute on database x at y, port 1, as z: SELECT 1")
    #expect(
      error.description == "execute on database x at y, port 1, as z: SELECT 1: relation \"a.b\" "
        + "does not exist (SQLSTATE 42P01); hint: look again")
  }

  @Test(arguments: [("22P02", false), ("23505", false), ("42P01", true)])
  func detailsThatQuoteRowsAreKeptOutOfTheText(state: String, shown: Bool) {
    let error = PostgresError(
      kind: .init(sqlState: state), sqlState: state, message: "m", detail: "Key (id)=(5)",
      attempted: "a")
    #expect(error.description.contains("Key (id)=(5)") == shown)
    #expect(error.detail == "Key (id)=(5)")
  }

  @Test func aVerboseReportIsReadIntoCodeAndSentence() {
    let report = ConnectionReport(
      """
      connection to server on socket "/s/.s.PGSQL.5432" failed: FATAL:  28P01: password \
      authentication failed for user "a"
      LOCATION:  auth_failed, auth.c:330

      """)
    #expect(report.sqlState == "28P01")
    #expect(
      report.message == "connection to server on socket \"/s/.s.PGSQL.5432\" failed: FATAL: "
        + "password authentication failed for user \"a\"")
  }

  @Test func aReportInAnotherLanguageStillGivesItsCode() {
    let report = ConnectionReport("… : FATALE :  3D000: la base de données « x » n'existe pas")
    #expect(report.sqlState == "3D000")
  }

  @Test func aReportOfTheNetworkHasNoCode() {
    let report = ConnectionReport(
      "connection to server at \"h\" (::1), port 5 failed: Connection refused\n\tIs the server on?\n"
    )
    #expect(report.sqlState == nil)
    #expect(
      report.message
        == "connection to server at \"h\" (::1), port 5 failed: Connection refused; Is the server on?"
    )
  }

  @Test(arguments: [
    "connection to server at \"h\", port 5 failed: server does not support SSL, but SSL was required",
    "connection to server at \"h\", port 5 failed: server certificate for \"x\" does not match \"h\"",
    "connection to server at \"h\", port 5 failed: root certificate file \"/r\" does not exist",
  ])
  func aReportThatEncryptionFailedIsKnown(text: String) {
    #expect(ConnectionReport(text).mentionsEncryption)
    #expect(!ConnectionReport(text).mentionsInvalidSetting)
  }

  @Test func aRefusedConnectionStringIsExplainedWithoutItsText() {
    #expect(
      ConnectionReport.unquoted("missing \"=\" after \"secret\" in connection info string\n")
        == "missing *** in connection info string")
    #expect(ConnectionReport.unquoted("out of memory\n") == "out of memory")
  }
}
