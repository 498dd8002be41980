import ArgumentParser
import Formatting
import Jobs
import Logging
import Operations

/// The subcommand that makes the lists of a kept run live.
struct RollbackCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Serve the lists of a run that was kept, at once.",
    discussion: """
      Nothing is trained: the pointer that readers follow is moved. Without --to it goes to the run \
      that the live one took the place of. --to may name any kept run of the job, a newer one too, so \
      it is also the way forward again. A run that is at work meanwhile does not publish (75). The \
      next night goes on from the run that is live then.

      With --json it prints {"job", "slot", "run_id", "previous_run_id", "generation"}.

      \(Manual.examples([
        ("ncf-batch rollback -d shop", "the lists from before the last run"),
        ("ncf-batch rollback --to 41 -d shop", "those of run 41, older or newer"),
      ]))

      \(Manual.exitCodes("the lists are served", [
        .unavailable, .temporary, .permission, .configuration,
      ]))
      """)

  @Option(help: ArgumentHelp("The run, as in ncf-batch runs.", valueName: "run"))
  var to: Int64?

  @Option(
    help: ArgumentHelp(
      "The slot whose lists change. [NCF_SLOT, default: \(Job.mainSlot)]", valueName: "name"),
    transform: RunCommand.slot)
  var slot: String?

  @OptionGroup var source: JobOptions

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func execute(in session: Session) throws {
    let job = try source.job(in: session)
    let done = try Rollback(connection.parameters, job: job, slot: try session.slot(slot))
      .run(to: to)
    let place = done.slot == Job.mainSlot ? "" : ", slot \(done.slot)"
    let before =
      done.runID == done.previousRunID
      ? "was so already" : "before: run \(done.previousRunID)"
    let text =
      "job \(done.job)\(place): run \(done.runID) is served (\(before)), generation \(done.generation)\n"
    let object: JSON = [
      "job": done.job, "slot": done.slot, "run_id": done.runID,
      "previous_run_id": done.previousRunID, "generation": done.generation,
    ]
    try StandardOutput.write(json ? object.pretty : text)
  }
}
