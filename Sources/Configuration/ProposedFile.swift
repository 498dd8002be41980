package import Jobs
import NCF

/// The file of a job whose source was found in a database.
package struct ProposedFile {
  /// The file's text.
  package let text: String

  /// Writes a job with comments, and reads it again to be sure of it.
  ///
  /// - Parameters:
  ///   - proposal: the source.
  ///   - job: the job's name.
  ///   - schema: where it publishes.
  ///   - others: what the source could have been instead.
  /// - Throws: `BatchError` with exit code 78 for a name that can't be a job's or a schema's; 70 when
  ///   the text would not be the job.
  package init(
    _ proposal: SourceProposal, job: String, schema: String, others: [SourceProposal] = []
  ) throws(BatchError) {
    text =
      """
      # A job of ncf-batch. What is left out has its default; jobs/nightly.yaml explains every key.
      # How to reach the server is not said here: give it as for psql (-d -h -p -U, PG* variables).

      # The job's name: its lock, its history, what is live.
      job: \(Self.scalar(job))

      source:
      \(Self.source(proposal))

        # How old an event may be: 90d, 2y. null reads all there are.
        window: null

        # How late a row may arrive and still be learnt by the next night.
        lookback: 2d
      \(Self.events(proposal))
      # What is trained is chosen on the log itself, on the first night and once a month: the network, a
      # matrix factorisation or another baseline. ncf.runs.choice says which, and why.
      model: auto

      # How a night trains: in full, or the live run's network further on what is new.
      train: {mode: auto, seed: 1}

      # A model that is worse than the live one by more than tolerance is not published, nor one whose
      # users or rows shrank by more than max_shrink.
      gate: {tolerance: 0.02, max_shrink: 0.2}

      # Where the lists go, how long a list is, how many similar items an item has, and how long old
      # lists stay, for ncf-batch rollback.
      output: {schema: \(Self.scalar(schema, inFlow: true)), k: 10, similar: 10, keep_runs: 7, keep_days: 30}
      \(Self.alternatives(others))
      """
    let read: Job
    do {
      read = try Job(yaml: text, file: "the new file")
    } catch {
      throw error.batchError
    }
    guard read.source.relation == proposal.relation, read.name == job, read.output.schema == schema
    else { throw BatchError(.software, "the file would mean another source than was found") }
  }

  private static func source(_ proposal: SourceProposal) -> String {
    let size = proposal.rows.map { "about \($0) rows" } ?? "rows not counted yet"
    var lines = ["  # \(harmless(proposal.title)): \(size)."]
    switch proposal.relation {
    case .query(let query):
      for part in proposal.parts {
        lines.append(
          "  # \(part.role) is \(harmless(part.column)) (\(harmless(part.description))).")
      }
      lines.append("  query: |-")
      lines += query.split(separator: "\n").map { "    \($0)" }
    case .table(let name, _):
      lines += ["  table: \(scalar(name))", "  columns:"]
      let pairs = proposal.parts.map { "\($0.role): \(scalar($0.column))" }
      let width = pairs.map(\.count).max() ?? 0
      for (pair, part) in zip(pairs, proposal.parts) {
        let space = String(repeating: " ", count: width - pair.count)
        lines.append("    \(pair)\(space)  # \(harmless(part.description))")
      }
    }
    return lines.joined(separator: "\n")
  }

  /// What event types and values could be used for, as comments.
  private static func events(_ proposal: SourceProposal) -> String {
    var lines = [""]
    if !proposal.eventTypes.isEmpty {
      let found = proposal.eventTypes.map { "\(harmless($0.name)) \($0.count)" }
      let weights = proposal.eventTypes.map { "\(scalar($0.name, inFlow: true)): 1" }
      lines += [
        "  # Weights of event types, below 0 for one that speaks against the item; types that are not",
        "  # named don't count. Without it every row counts alike. Found in the first rows:",
        "  # \(found.joined(separator: ", "))",
        "  # events: {\(weights.joined(separator: ", "))}",
        "",
      ]
    }
    if proposal.parts.contains(where: { $0.role == "value" }) {
      lines += [
        "  # Rows with a lower value are left out. Without it every row counts.",
        "  # min_value: 1",
        "",
      ]
    }
    return lines.joined(separator: "\n")
  }

  private static func alternatives(_ others: [SourceProposal]) -> String {
    guard !others.isEmpty else { return "" }
    return "\n# The source could also be (ncf-batch init-config --table …):\n"
      + others.prefix(5).map { "#   \(harmless($0.summary))" }.joined(separator: "\n") + "\n"
  }

  /// Text that can't end a comment.
  private static func harmless(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }

  /// A text as YAML takes it for a text: plain where that is safe, else in quotes.
  static func scalar(_ text: String, inFlow: Bool = false) -> String {
    let first = text.utf8.first ?? 0
    let isLetter = (0x61...0x7A).contains(first | 0x20) || first == 0x5F
    let isPlain = text.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x5F
        || byte == 0x2E || (byte == 0x2D && !inFlow)
    }
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
    if isLetter, isPlain, !words.contains(text.lowercased()) { return text }
    let escaped = text.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\"": "\\\""
      case "\\": "\\\\"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        "\\x" + String(scalar.value + 0x100, radix: 16).dropFirst()
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}
