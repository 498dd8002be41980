import ArgumentParser
import Configuration
import Jobs

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
    } catch let error as BatchError {
      session.tell(error)
      throw ArgumentParser.ExitCode(error.exitCode.rawValue)
    } catch let error as ConfigurationError {
      session.tell(error.batchError)
      throw ArgumentParser.ExitCode(error.batchError.exitCode.rawValue)
    } catch let error as ArgumentParser.ExitCode {
      throw error
    } catch let error as ArgumentParser.ValidationError {
      throw error
    } catch {
      session.tell(
        BatchError(
          .software, "unexpected: \(error)",
          advice: "this is a bug of ncf-batch; please report it with this message"))
      throw ArgumentParser.ExitCode(Jobs.ExitCode.software.rawValue)
    }
  }
}
