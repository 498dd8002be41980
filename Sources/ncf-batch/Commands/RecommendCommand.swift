import ArgumentParser
import Jobs
import Operations

/// The subcommand that reads a user's list.
struct RecommendCommand: ListCommand {
  static let subject = ListReader.Subject.user

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

  var id: String { user }
}
