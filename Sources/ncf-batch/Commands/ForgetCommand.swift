import ArgumentParser
import Formatting
import Jobs
import Logging
import Store

/// The subcommand that removes users from everything that a job keeps.
struct ForgetCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Remove users from lists and stored models, old ones too.",
    discussion: """
      They are gone from the lists of every kept run, from every stored model and from what was stored \
      of their history, and from the counts of the days that are not final (ncf.served), in one \
      transaction; how many there were is kept in ncf.forgotten, not who. \
      Delete what the source holds of them first: the next run learns from whatever is there. To have \
      it done every night, see users.forget_absent.

      With --json it prints {"job", "users", "list_rows", "models", "dropped_models"}.

      \(Manual.examples([
        ("ncf-batch forget --user 42 -d shop", "one user"),
        ("ncf-batch forget --user 42 --user 43 -d shop", "two"),
      ]))

      \(Manual.exitCodes("forgotten, or not known", [
        .unavailable, .temporary, .permission, .configuration,
      ]))
      """)

  @Option(
    help: ArgumentHelp("The user's id, as the source spells it; may be repeated.", valueName: "id"))
  var user: [String]

  @OptionGroup var source: JobOptions

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func execute(in session: Session) throws {
    let job = try source.job(in: session)
    let done = try Forgetting(connection.parameters, job: job).forget(user)
    for run in done.droppedModels {
      session.log.warning(
        "the stored model of run \(run) could not be read and was dropped; its lists are kept")
    }
    let users = done.users == 1 ? "1 user" : "\(done.users) users"
    let text =
      "job \(done.job): \(users) forgotten, \(done.rows) rows of lists, \(done.models) stored models\n"
    let object: JSON = [
      "job": done.job, "users": done.users, "list_rows": done.rows, "models": done.models,
      "dropped_models": done.droppedModels,
    ]
    try StandardOutput.write(json ? object.pretty : text)
  }
}
