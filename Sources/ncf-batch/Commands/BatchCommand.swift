import ArgumentParser
import Configuration
import Jobs
import RunSupport

/// A subcommand: it does its work in a session, and its errors become a message and an exit code.
protocol BatchCommand: ParsableCommand {
  /// How it talks.
  var talk: TalkOptions { get }

  /// Does the work.
  ///
  /// - Throws: `BatchError`; anything else counts as a bug, exit code 70.
  func execute(in session: Session) throws
}

extension BatchCommand {
  func run() throws {
    let session = try Session(talk)
    session.warnOfUnknownVariables()
    session.warnOfPasswordInArguments()
    do {
      try execute(in: session)
    } catch let error as ArgumentParser.ExitCode {
      throw error
    } catch let error as ArgumentParser.ValidationError {
      throw error
    } catch {
      let failure =
        (error as? ConfigurationError)?.batchError ?? BatchError(error, doing: "unexpected")
      session.tell(failure)
      throw ArgumentParser.ExitCode(failure.exitCode.rawValue)
    }
  }
}
