import ArgumentParser
import Formatting
import Jobs
import Logging
import Operations

/// What a list is of.
protocol ListKind {
  static var subject: ListReader.Subject { get }
  /// The subject, for help and messages.
  static var noun: String { get }
  static var configuration: CommandConfiguration { get }
}

/// `ncf-batch recommend` and `ncf-batch similar`.
struct ListCommand<Kind: ListKind>: BatchCommand {
  static var configuration: CommandConfiguration { Kind.configuration }

  @Argument(
    help: ArgumentHelp("The \(Kind.noun)'s id, as the source spells it.", valueName: Kind.noun))
  var id: String

  @OptionGroup var output: OutputSchemaOptions

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func execute(in session: Session) throws {
    let schema = try output.schema(in: session)
    let list = try ListReader(connection.parameters, schema: schema).list(Kind.subject, id)
    let isOfUser = Kind.subject == .user
    let (subject, view) = (Kind.noun, isOfUser ? "recommendations" : "similar_items")
    if json {
      let entries = list.map { entry in
        JSON.object(
          [("rank", entry.rank.json), ("item_id", entry.itemID.json), ("score", entry.score.json)]
            + (entry.source.map { [("source", $0.json)] } ?? []))
      }
      let run = isOfUser ? [("run_id", (list.first?.runID).json)] : []
      try StandardOutput.write(
        JSON.object([("\(subject)_id", id.json)] + run + [(view, entries.json)]).pretty)
      return
    }
    guard !list.isEmpty else {
      session.log.notice("\(subject) \(id) has no list in \(schema).\(view)")
      return
    }
    let rows = list.map { entry in
      ["\(entry.rank)", entry.itemID, Figures.fixed(entry.score, 4)]
        + (entry.source.map { [$0] } ?? [])
    }
    let header = ["rank", "item", "score"] + (isOfUser ? ["source"] : [])
    try StandardOutput.write(TextTable(header, rows: rows).text)
  }
}
