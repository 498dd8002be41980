import Foundation
import Postgres
import Synchronization
import TestSupport

/// A durable PostgreSQL server that tests may stop and crash.
final class FaultServer: Sendable {
  /// How a server is stopped.
  enum Manner: String, CaseIterable {
    /// Sessions are ended and what is open is rolled back.
    case fast
    /// Everything is dropped at once, as in a crash; the next start recovers.
    case immediate
  }

  private let server: PrivateServer
  private let programs: String
  /// Whether this process is root, so that the server is another user's.
  static let isRoot = geteuid() == 0

  /// Starts a server.
  init() throws {
    server = try PrivateServer(durable: true)
    let connection = try Connection(
      TestServer(environment: server.environment).parameters(), applicationName: "faults")
    let place = try connection.execute(
      "SELECT setting FROM pg_catalog.pg_config WHERE name = 'BINDIR'")
    programs = place[row: 0, column: 0] ?? ""
  }

  private static let only = Result { try FaultServer() }

  /// The server that all faults share, running.
  static func shared() throws -> FaultServer {
    let server = try only.get()
    if !server.isRunning { try server.start() }
    return server
  }

  /// PG* variables that lead to it.
  var environment: [String: String] { server.environment }
  /// For databases on it.
  var asTestServer: TestServer { TestServer(environment: server.environment) }
  /// The folder of its socket, which only its owner and root can enter.
  var folder: String { environment["PGHOST"] ?? "" }
  /// Where its data are.
  var data: String { "\(folder)/data" }

  /// Whether there is a server process.
  var isRunning: Bool { FileManager.default.fileExists(atPath: "\(data)/postmaster.pid") }

  /// Stops it and starts it again.
  ///
  /// - Parameters:
  ///   - manner: how it is stopped.
  ///   - options: its settings from now on; those that it had when left out.
  /// - Throws: `Unexpected` when it does not come back.
  func restart(_ manner: Manner, options: String? = nil) throws {
    try control(
      ["restart", "--mode=\(manner.rawValue)"] + (options.map { ["--options=\($0)"] } ?? []))
  }

  /// Stops it.
  func stop(_ manner: Manner) throws { try control(["stop", "--mode=\(manner.rawValue)"]) }

  /// Starts it with the settings that it had.
  func start() throws {
    // pg_ctl keeps the settings for a restart only.
    try control(["restart", "--mode=fast"])
  }

  private func control(_ arguments: [String]) throws {
    // Foundation waits for a child until the last copy of a file of its own is closed, and a server
    // that was started by the child would keep one.
    let closing = """
      (for file in /proc/$BASHPID/fd/*; do
        number=${file##*/}; if [ "$number" -gt 2 ]; then eval "exec $number>&-"; fi
      done; exec "$@"); exit $?
      """
    try asOwner(
      ["bash", "-c", closing, "bash", "\(programs)/pg_ctl"] + arguments
        + ["--pgdata=\(data)", "--silent", "--wait", "--timeout=120", "--log=\(data)/server.log"])
  }

  /// Runs a program as the user who owns the server, and waits for it.
  ///
  /// - Throws: `Unexpected` when it fails.
  func asOwner(_ command: [String]) throws {
    let status = try Self.run(
      Self.isRoot ? ["runuser", "-u", "postgres", "--"] + command : command)
    guard status == 0 else {
      throw Unexpected("\(command.joined(separator: " ")) ended with \(status)")
    }
  }

  /// Runs a program, found on the path, and gives its exit code.
  static func run(_ command: [String], in folder: String = "/") throws -> Int32 {
    try Running(["/usr/bin/env"] + command, in: folder).wait().code
  }

  /// Waits until nobody is connected by a name.
  func waitUntilGone(_ pattern: String) throws {
    let connection = try Connection(asTestServer.parameters(), applicationName: "faults")
    try Breath.until("no session is called \(pattern)") {
      try connection.execute(
        "SELECT FROM pg_catalog.pg_stat_activity WHERE application_name LIKE $1", [pattern]
      ).rowCount == 0
    }
  }
}
