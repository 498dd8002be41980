import ArgumentParser
import Formatting
import Jobs
import Logging
import Operations
import Postgres

/// The subcommand that reads a user's list.
struct RecommendCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "recommend", abstract: "Read the list of a user, as it is served now.",
    discussion: """
      It reads the view recommendations in the job's output schema: that of --schema, else \
      NCF_OUTPUT_SCHEMA, else of the file in --config or NCF_CONFIG, else ncf. A user without a list is \
      told of, and no error.

      With --json it prints {"user_id", "run_id", "recommendations": [{"rank", "item_id", "score", \
      "source"}]}; ids are strings, whatever their type in the source.

      \(Manual.examples([
        ("ncf-batch recommend 42 -d shop", "the list of user 42"),
        ("ncf-batch recommend 42 --schema shop_b --json -d shop", "of another job, for a program"),
      ]))

      \(Manual.exitCodes("read", [.unavailable, .permission, .configuration]))
      """)

  @Argument(help: "The user's id, as the source spells it.")
  var user: String

  @OptionGroup var output: OutputSchemaOptions

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func execute(in session: Session) throws {
    let schema = try output.schema(in: session)
    let list = try RecommendationReader(connection.parameters, schema: schema).list(user: user)
    if json {
      try StandardOutput.write(json(list).pretty)
      return
    }
    guard !list.isEmpty else {
      session.log.notice("user \(user) has no list in \(schema).recommendations")
      return
    }
    let rows = list.map { ["\($0.rank)", $0.item, Figures.fixed($0.score, 4), $0.source] }
    try StandardOutput.write(TextTable(["rank", "item", "score", "source"], rows: rows).text)
  }

  private func json(_ list: [RecommendationReader.Entry]) -> JSON {
    .object([
      ("user_id", .text(user)), ("run_id", .optional(list.first.map { Int($0.runID) })),
      (
        "recommendations",
        .list(
          list.map { entry in
            .object([
              ("rank", .integer(entry.rank)), ("item_id", .text(entry.item)),
              ("score", .number(entry.score)), ("source", .text(entry.source)),
            ])
          })
      ),
    ])
  }
}
