import Foundation
import TestSupport

/// PgBouncer for as long as this lasts.
final class Pooler {
  /// Where its socket is, on port 6432.
  let folder: String
  private let process: Running

  /// Starts it.
  ///
  /// - Parameters:
  ///   - server: what it leads to.
  ///   - mode: `session`, `transaction` or `statement`.
  /// - Throws: `Unexpected`, `CocoaError`.
  init(_ server: FaultServer, mode: String) throws {
    // Not below TMPDIR: a socket's path has to fit in 107 bytes.
    folder = "/tmp/ncf-pooler-\(UInt32.random(in: .min ... .max))"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
    let user = server.environment["PGUSER"] ?? ""
    try Data("\"\(user)\" \"\"\n".utf8).write(to: URL(filePath: "\(folder)/users"))
    let settings = """
      [databases]
      * = host=\(server.folder) port=5432 user=\(user)
      [pgbouncer]
      listen_addr =
      unix_socket_dir = \(folder)
      listen_port = 6432
      auth_type = trust
      auth_file = \(folder)/users
      pool_mode = \(mode)
      default_pool_size = 20
      """
    try Data(settings.utf8).write(to: URL(filePath: "\(folder)/pgbouncer.ini"))
    var command = ["/usr/sbin/pgbouncer", "\(folder)/pgbouncer.ini"]
    if FaultServer.isRoot {
      guard try FaultServer.run(["chown", "-R", "postgres:", folder]) == 0 else {
        throw Unexpected("chown \(folder)")
      }
      // PgBouncer refuses to be root, as the server does.
      command = ["/usr/sbin/runuser", "-u", "postgres", "--"] + command
    }
    process = try Running(command, in: "/")
    try Breath.until("PgBouncer listens") {
      guard process.isRunning else { throw Unexpected("PgBouncer did not start") }
      return FileManager.default.fileExists(atPath: "\(folder)/.s.PGSQL.6432")
    }
  }

  /// Variables that lead through it.
  var environment: [String: String] { ["PGHOST": folder, "PGPORT": "6432"] }

  deinit {
    process.signal(15)
    _ = try? process.wait()
    try? FileManager.default.removeItem(atPath: folder)
  }
}
