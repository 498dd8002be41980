import ArgumentParser

/// What a command says on standard error, and how.
struct TalkOptions: ParsableArguments {
  /// Forms of a log line.
  enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Flag(name: [.short, .long], help: "Say more.")
  var verbose = false

  @Flag(name: [.short, .long], help: "Say only what is wrong.")
  var quiet = false

  @Option(
    name: .customLong("log-format"),
    help:
      "Form of log lines, which replace the progress bar where there is no terminal. [NCF_LOG_FORMAT]"
  )
  var logFormat: LogFormat?

  func validate() throws {
    if verbose, quiet { throw ValidationError("--verbose and --quiet exclude each other.") }
  }
}
