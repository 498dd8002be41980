package import Foundation

/// A PostgreSQL server of the tests' own, from `scripts/with-postgres`.
///
/// It lasts as long as this object or this process, whichever ends first: the script holds the
/// server for a command that waits for the end of its input, and however this process ends, its end
/// of that pipe is closed.
package final class PrivateServer: Sendable {
  /// How to reach it: PGHOST, PGPORT, PGUSER and PGDATABASE.
  package let environment: [String: String]
  // Held for its writing end, which is closed with it.
  private let input: Pipe

  /// A server that could not be started.
  package struct NotStarted: Error, CustomStringConvertible {
    /// What is known of it.
    package let description: String
  }

  /// Starts a server and waits until it takes connections.
  ///
  /// - Parameter durable: whether what is committed outlives a crash of the server.
  /// - Throws: `NotStarted`; the script has said why on standard error.
  package init(durable: Bool = false) throws {
    let script = Self.packageFolder.appending(path: "scripts/with-postgres")
    let process = Process()
    let output = Pipe()
    input = Pipe()
    process.executableURL = script
    process.arguments =
      (durable ? ["--durable"] : []) + [
        "sh", "-c",
        #"printf '%s\n' "$PGHOST" "$PGPORT" "$PGUSER" "$PGDATABASE" ready; exec cat >/dev/null"#,
      ]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var text = ""
    while !text.hasSuffix("ready\n") {
      let part = output.fileHandleForReading.availableData
      guard !part.isEmpty else {
        throw NotStarted(description: "\(script.path) ended before its server was ready")
      }
      text += String(decoding: part, as: UTF8.self)
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    environment = Dictionary(
      uniqueKeysWithValues: zip(["PGHOST", "PGPORT", "PGUSER", "PGDATABASE"], lines))
  }

  /// The folder that holds `Package.swift`.
  package static let packageFolder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}
