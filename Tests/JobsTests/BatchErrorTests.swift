import Foundation
import Jobs
import TestSupport
import Testing

/// What an error says, and the table of exit codes.
struct BatchErrorTests {
  @Test func aMessageSaysWhatWasTriedWhatWasSaidWhatIsServedAndWhatToDo() {
    let error = BatchError(
      .permission, "read app.events",
      server: BatchError.Server(sqlState: "42501", message: "permission denied", hint: "ask"),
      stillServed: "the lists of run 4", advice: "grant SELECT")
    #expect(
      error.description == """
        read app.events
        the server said: permission denied (SQLSTATE 42501)
        its hint: ask
        still served: the lists of run 4
        what to do: grant SELECT
        """)
  }

  @Test func aPasswordThatAMessageQuotesIsHidden() {
    let error = BatchError(
      .data, "dblink('password=canary')", advice: "not postgresql://me:canary@host/shop")
    #expect(error.what == "dblink('password=***')")
    #expect(error.advice == "not postgresql://me:***@host/shop")
  }

  @Test func theReadmesTableOfExitCodesIsTheProgramsOwn() throws {
    let file = PrivateServer.packageFolder.appending(path: "README.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    // Of this section alone: other tables begin their rows with a number, too.
    let sections = text.split(separator: "\n## ")
    let section = try #require(sections.first { $0.hasPrefix("Exit codes\n") })
    let rows = section.split(separator: "\n").filter { $0.wholeMatch(of: /\| \d+ \|.*/) != nil }
      .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    #expect(rows.map { $0.first.flatMap { Int32($0) } } == ExitCode.allCases.map(\.rawValue))
    // Each says what to do.
    #expect(rows.allSatisfy { $0.count == 3 && $0.allSatisfy { !$0.isEmpty } })
  }
}
