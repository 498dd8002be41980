import Formatting
import Glibc
import Jobs
import Source

/// Asks somebody before a terminal which log is meant, and which of its columns are what.
struct SourceInterview {
  private let search: SourceSearch
  private let choice: SourceSearch.Choice

  /// Questions about what is not settled.
  ///
  /// - Parameters:
  ///   - search: finds a table that is not among those shown.
  ///   - choice: what flags have settled.
  init(_ search: SourceSearch, _ choice: SourceSearch.Choice) {
    (self.search, self.choice) = (search, choice)
  }

  /// Whether there is a terminal to ask on.
  static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

  /// Asks.
  ///
  /// - Parameter found: what the log could be, the likeliest first.
  /// - Returns: the log, with all parts that one needs.
  /// - Throws: `BatchError` with exit code 64 when the answers end before the questions.
  func answer(_ found: [SourceDraft]) throws(BatchError) -> SourceDraft {
    try columns(of: choice.table == nil ? source(found) : found[0])
  }

  /// What could be the log, a line each, numbered.
  static func lines(_ found: [SourceDraft]) -> String {
    found.enumerated().map { place, draft in
      "\(place + 1)  \(TextTable.harmless(draft.proposal.summary))\n"
    }.joined()
  }

  private func source(_ found: [SourceDraft]) throws(BatchError) -> SourceDraft {
    let shown = Array(found.prefix(9))
    say("Which of these is the log?\n\(Self.lines(shown))")
    while true {
      let answer = try ask(
        "\(shown.count == 1 ? "1" : "1 to \(shown.count)"), or the name of another table [1]: ",
        about: "source", flag: "--table")
      if answer.isEmpty { return found[0] }
      if let number = Int(answer) {
        if shown.indices.contains(number - 1) { return shown[number - 1] }
        continue
      }
      do throws(BatchError) {
        var choice = choice
        choice.table = answer
        return try search.run(choice, mayLack: true)[0]
      } catch {
        guard error.exitCode == .configuration || error.exitCode == .permission else { throw error }
        say(Self.words(error))
      }
    }
  }

  /// Confirms, or replaces, the column of each part that no flag has named.
  private func columns(of draft: SourceDraft) throws(BatchError) -> SourceDraft {
    var draft = draft
    let open = ColumnRole.allCases.filter { choice[$0] == nil }
    guard !open.isEmpty else { return draft }
    let all = draft.columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
    say(
      "Columns of \(draft.proposal.title): \(all).\n"
        + "Which of them hold what? Enter takes the one in brackets.\n")
    for role in open { try confirm(role, in: &draft) }
    return draft
  }

  private func confirm(
    _ role: ColumnRole, in draft: inout SourceDraft
  ) throws(BatchError) {
    while true {
      let now = draft.column(of: role)
      let shown = now ?? (role.isNeeded ? nil : "-")
      let answer = try ask(
        role.plural + (role.isNeeded ? "" : ", - for none")
          + (shown.map { " [\(TextTable.harmless($0))]" } ?? "") + ": ",
        about: "column of \(role.plural)", flag: role.flag)
      if answer.isEmpty, now != nil || !role.isNeeded { return }
      if answer.isEmpty { continue }
      do throws(BatchError) {
        if answer == "-", !role.isNeeded {
          try draft.give(role, to: nil)
        } else {
          try draft.give(role, to: answer)
        }
        return
      } catch {
        say(Self.words(error))
      }
    }
  }

  private func ask(
    _ question: String, about what: String, flag: String
  ) throws(BatchError) -> String {
    say(question)
    guard let answer = readLine() else {
      say("\n")
      throw BatchError(
        .usage, "no \(what) was chosen", advice: "choose one, or name it with \(flag)")
    }
    // A terminal's answers may end with spaces, names don't.
    var word = Substring(answer)
    while word.last?.isWhitespace == true { word.removeLast() }
    while word.first?.isWhitespace == true { word.removeFirst() }
    return String(word)
  }

  private static func words(_ error: BatchError) -> String {
    TextTable.harmless(error.what) + (error.advice.map { ": \(TextTable.harmless($0))" } ?? "")
      + "\n"
  }

  private func say(_ text: String) {
    _ = FileWriting.write(Console.wrapped(text, width: Console.width), to: STDERR_FILENO)
  }
}
