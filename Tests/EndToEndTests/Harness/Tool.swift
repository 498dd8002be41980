import Foundation
import TestSupport
import Testing

/// A program of the field's own that a test holds this one's files against.
enum Tool {
  /// Runs it from the checkout's folder, once Debian's packages are there.
  ///
  /// - Parameters:
  ///   - command: a script of the checkout, or a program, and its arguments.
  ///   - packages: Debian's names of what it needs; they are installed where they are missing.
  /// - Returns: what it left behind; nil, with the test recorded as one that could not be made, where the
  ///   packages can't be had.
  /// - Throws: `Unexpected`, or what keeps a program from being started.
  static func run(_ command: String..., installing packages: [String]) throws -> Program.Result? {
    try run(command, installing: packages)
  }

  /// The same for a command in parts.
  static func run(_ command: [String], installing packages: [String]) throws -> Program.Result? {
    if !packages.isEmpty {
      let bootstrap = try launch(["scripts/bootstrap", "--optional"] + packages)
      if bootstrap.code == 3 {
        Self.skip(packages, bootstrap.talk)
        return nil
      }
      guard bootstrap.code == 0 else { throw Unexpected(bootstrap.talk) }
    }
    let result = try launch(command)
    if command.first == "scripts/with-python", result.code == 3 {
      Self.skip(["Python packages"], result.talk)
      return nil
    }
    return result
  }

  private static func skip(_ what: [String], _ talk: String) {
    let text = "NOT TESTED: \(what.joined(separator: ", ")) can't be installed here\n\(talk)\n"
    FileHandle.standardError.write(Data(text.utf8))
  }

  private static func launch(_ command: [String]) throws -> Program.Result {
    try Running(["/usr/bin/env"] + command, in: PrivateServer.packageFolder.path).wait()
  }
}
