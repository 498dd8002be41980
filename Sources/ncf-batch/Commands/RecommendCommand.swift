import ArgumentParser
import Jobs
import Operations

/// `ncf-batch recommend`.
typealias RecommendCommand = ListCommand<UserList>

/// The list of a user.
enum UserList: ListKind {
  static let subject = ListReader.Subject.user
  static let noun = "user"
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
}
