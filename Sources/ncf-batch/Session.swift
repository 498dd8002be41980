import ArgumentParser
import Configuration
import Formatting
import Foundation
import Jobs
import Logging
import RunSupport

/// What every command has at hand: the environment, read once, and a voice.
struct Session {
  /// The process's environment.
  let environment: [String: String]
  /// Standard error, with or without a progress bar.
  let console: Console
  /// Lines for people or for a log collector.
  let log: Logger

  /// Opens the session as the options and `NCF_LOG_FORMAT` say.
  ///
  /// - Throws: `ExitCode` 78 when that variable is wrong.
  init(_ options: TalkOptions) throws {
    let environment = ProcessInfo.processInfo.environment
    self.environment = environment
    let named = environment["NCF_LOG_FORMAT"].flatMap { $0.isEmpty ? nil : $0 }
    let format = options.logFormat ?? named.flatMap { TalkOptions.LogFormat(rawValue: $0) }
    let console = Console(environment: environment, allowBar: format == nil)
    self.console = console
    var log = Logger(label: "ncf-batch") { _ in
      LineHandler(console: console, format: format ?? .text)
    }
    log.logLevel = options.verbose ? .debug : options.quiet ? .warning : .info
    self.log = log
    if options.logFormat == nil, format == nil, let named {
      tell(
        BatchError(.configuration, "NCF_LOG_FORMAT must be text or json, not \(named)"))
      throw ArgumentParser.ExitCode(Jobs.ExitCode.configuration.rawValue)
    }
  }

  /// Warns of a password that everybody can read who may list processes.
  func warnOfPasswordInArguments() {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.contains(where: { Redaction.hidingPasswords(in: $0) != $0 })
    else { return }
    log.warning(
      "a password among the arguments can be read in the process list: give it in a file that PGPASSFILE or PGSERVICEFILE names"
    )
  }

  /// Says why the command ends without doing its work.
  func tell(_ error: BatchError) {
    console.endBar()
    var metadata: Logger.Metadata = ["exit_code": "\(error.exitCode.rawValue)"]
    if let state = error.server?.sqlState { metadata["sqlstate"] = "\(state)" }
    log.error("\(error.description)", metadata: metadata)
  }

  /// Has signals ask for a stop, and says so.
  ///
  /// - Parameter also: told of it, too.
  /// - Returns: the request, to be polled.
  /// - Throws: `BatchError` with exit code 74.
  func stopOnSignals(
    _ also: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(BatchError) -> Interruption {
    Signals.ignoreClosedPipes()
    let interruption = Interruption()
    try Signals.stop(interruption) { [console, log] text in
      console.endBar()
      log.warning("\(text)")
      also(text)
    }
    return interruption
  }

  /// A slot's name by the flag, else by `NCF_SLOT`, else the usual one.
  ///
  /// - Throws: `BatchError` with exit code 78.
  func slot(_ flag: String?) throws(BatchError) -> String {
    if let flag { return flag }
    return try variable("NCF_SLOT", wanted: Job.slotForm) { Job.isSlot($0) ? $0 : nil }
      ?? Job.mainSlot
  }

  /// A variable of the environment; nil when it is not set or empty.
  func variable(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A variable of the environment, parsed.
  ///
  /// - Throws: `BatchError` with exit code 78 when it can't be.
  func variable<Value>(
    _ name: String, wanted: String, _ parse: (String) -> Value?
  ) throws(BatchError) -> Value? {
    guard let text = variable(name) else { return nil }
    guard let value = parse(text) else {
      throw BatchError(.configuration, "\(name) must be \(wanted), not \(text)")
    }
    return value
  }

  /// Warns of variables that look like this program's own and are none of them.
  func warnOfUnknownVariables() {
    let known = Job.variableNames + RunCommand.variables
    for name in environment.keys.sorted() where name.hasPrefix("NCF_") && !known.contains(name) {
      let near = Suggestion.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
      log.warning("\(name) is not a variable of ncf-batch and is ignored\(near)")
    }
  }
}
