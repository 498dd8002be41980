import Foundation

/// Programs of other people's packages, by `scripts/with-python`.
package enum PythonPackages {
  /// What a test says that can't be run.
  package static let missing =
    "the Python packages that it compares with can't be installed here"

  /// Looks for a set of packages, and installs it when it can be.
  ///
  /// - Parameter set: a file of `scripts/requirements`, without `.txt`.
  /// - Returns: whether it is there; the script says on standard error why not.
  package static func areThere(_ set: String) -> Bool {
    (try? run(set, [], isQuiet: false).code) == 0
  }

  /// Runs a command with a set of packages.
  ///
  /// - Parameters:
  ///   - set: which.
  ///   - command: what, and its arguments.
  ///   - environment: variables beside this process's own.
  /// - Returns: how it ended and what it said.
  /// - Throws: what `Process` throws.
  package static func run(
    _ set: String, _ command: [String], environment: [String: String] = [:]
  ) throws -> Program.Result {
    try run(set, command, environment: environment, isQuiet: true)
  }

  private static func run(
    _ set: String, _ command: [String], environment: [String: String] = [:], isQuiet: Bool
  ) throws -> Program.Result {
    let script = PrivateServer.packageFolder.appending(path: "scripts/with-python").path
    return try Running(
      [script, set] + command,
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
      terminal: isQuiet ? nil : .standardError
    ).wait()
  }
}
