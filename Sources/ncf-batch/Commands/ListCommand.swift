import Formatting
import Jobs
import Logging
import Operations
import Postgres

/// A subcommand that reads one list from a view.
protocol ListCommand: BatchCommand {
  /// Whose list it reads.
  static var subject: ListReader.Subject { get }
  /// The user's or item's id, as the source spells it.
  var id: String { get }
  /// Which job's views.
  var output: OutputSchemaOptions { get }
  /// Whether it prints JSON.
  var json: Bool { get }
  /// Where the server is.
  var connection: ConnectionOptions { get }
}

extension ListCommand {
  func execute(in session: Session) throws {
    let schema = try output.schema(in: session)
    let list = try ListReader(connection.parameters, schema: schema).list(Self.subject, id)
    let isOfUser = Self.subject == .user
    let (subject, view) = isOfUser ? ("user", "recommendations") : ("item", "similar_items")
    if json {
      let entries = list.map { entry in
        JSON.object(
          [
            ("rank", .integer(entry.rank)), ("item_id", .text(entry.item)),
            ("score", .number(entry.score)),
          ] + (entry.source.map { [("source", .text($0))] } ?? []))
      }
      let run = isOfUser ? [("run_id", JSON.optional(list.first?.runID.map { Int($0) }))] : []
      try StandardOutput.write(
        JSON.object([("\(subject)_id", .text(id))] + run + [(view, .list(entries))]).pretty)
      return
    }
    guard !list.isEmpty else {
      session.log.notice("\(subject) \(id) has no list in \(schema).\(view)")
      return
    }
    let rows = list.map { entry in
      ["\(entry.rank)", entry.item, Figures.fixed(entry.score, 4)]
        + (entry.source.map { [$0] } ?? [])
    }
    let header = ["rank", "item", "score"] + (isOfUser ? ["source"] : [])
    try StandardOutput.write(TextTable(header, rows: rows).text)
  }
}
