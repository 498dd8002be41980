import ArgumentParser
import Jobs
import Operations

/// The subcommand that reads what is like an item.
struct SimilarCommand: ListCommand {
  static let subject = ListReader.Subject.item

  static let configuration = CommandConfiguration(
    commandName: "similar", abstract: "Read the items most like an item, as they are served now.",
    discussion: """
      It reads the view similar_items in the job's output schema: that of --schema, else \
      NCF_OUTPUT_SCHEMA, else of the file in --config or NCF_CONFIG, else ncf. An item without a list is \
      told of, and no error.

      With --json it prints {"item_id", "similar_items": [{"rank", "item_id", "score"}]}; ids are \
      strings, whatever their type in the source.

      \(Manual.examples([
        ("ncf-batch similar 7 -d shop", "what is like item 7"),
        ("ncf-batch similar 7 --json -d shop", "for a program"),
      ]))

      \(Manual.exitCodes("read", [.unavailable, .permission, .configuration]))
      """)

  @Argument(help: "The item's id, as the source spells it.")
  var item: String

  @OptionGroup var output: OutputSchemaOptions

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  var id: String { item }
}
