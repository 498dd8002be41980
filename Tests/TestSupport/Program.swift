package import Foundation

/// The built executable, run as a user would.
package struct Program {
  /// What a run of it left behind.
  package struct Result {
    /// The exit code, or 128 and the signal that ended it, as a shell says it.
    package let code: Int32
    /// Standard output.
    package let output: String
    /// Standard error.
    package let talk: String
  }

  /// Variables beside which nothing of the caller's `PG*` and `NCF_*` is handed on.
  package var environment: [String: String]

  /// The program with variables of its own.
  ///
  /// - Parameter environment: the variables.
  package init(environment: [String: String] = [:]) { self.environment = environment }

  /// Runs it to its end.
  ///
  /// - Parameters:
  ///   - arguments: the command line after the program's name.
  ///   - folder: where it is run; the caller's own folder when left out.
  /// - Returns: how it ended.
  /// - Throws: `CocoaError` when it can't be started.
  package func run(_ arguments: String..., in folder: String? = nil) throws -> Result {
    try start(arguments, in: folder).wait()
  }

  /// Starts it.
  ///
  /// - Parameters:
  ///   - arguments: the command line after the program's name.
  ///   - directory: where it is run; the caller's own folder when left out.
  ///   - prefix: a program and arguments that start it, such as a shell that sets a limit.
  ///   - terminal: takes standard error.
  ///   - screen: takes standard output.
  ///   - keyboard: is standard input.
  /// - Returns: the run.
  /// - Throws: `CocoaError` when it can't be started.
  package func start(
    _ arguments: [String], in directory: String? = nil, prefix: [String] = [],
    terminal: FileHandle? = nil, screen: FileHandle? = nil, keyboard: FileHandle? = nil
  ) throws -> Running {
    let command = prefix + [try BuiltExecutable.url.path] + arguments
    var variables = ProcessInfo.processInfo.environment.filter {
      variable in !["PG", "NCF_"].contains { variable.key.hasPrefix($0) }
    }
    variables.merge(environment) { $1 }
    return try Running(
      command, in: directory, environment: variables, terminal: terminal, screen: screen,
      keyboard: keyboard)
  }

  /// Where it lies, and `ncf-bench` with it.
  package static var folder: URL {
    get throws { try BuiltExecutable.url.deletingLastPathComponent() }
  }
}

/// What a test can't go on from.
package struct Unexpected: Error, CustomStringConvertible {
  /// What happened.
  package let description: String

  /// An error.
  ///
  /// - Parameter description: what happened.
  package init(_ description: String) { self.description = description }
}
