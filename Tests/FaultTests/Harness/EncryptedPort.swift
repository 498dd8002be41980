import Foundation
import Glibc
import Postgres
import TestSupport

/// Certificates of an authority that is as new as the test: a right one, one of another host, one that
/// is out of date.
struct Certificates {
  /// Where they are.
  let folder: String

  /// Makes them, each as NAME.crt with its NAME.key.
  init(in folder: String) throws {
    self.folder = folder
    try openssl(
      "req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=faults-authority "
        + "-keyout authority.key -out authority.crt")
    try make("right", name: "localhost")
    try make("elsewhere", name: "elsewhere.example")
    try make("expired", name: "localhost", yearsAgo: 3)
  }

  private func make(_ file: String, name: String, yearsAgo: Int = 0) throws {
    try Data("subjectAltName=DNS:\(name)\n".utf8)
      .write(to: URL(filePath: "\(folder)/\(file).ext"))
    try openssl(
      "req -new -newkey rsa:2048 -nodes -subj /CN=\(name) -keyout \(file).key -out \(file).csr")
    try openssl(
      "x509 -req -in \(file).csr -CA authority.crt -CAkey authority.key -CAcreateserial "
        + "-days 365 -extfile \(file).ext -out \(file).crt",
      before: yearsAgo > 0 ? ["faketime", "-f", "-\(yearsAgo)y"] : [])
  }

  private func openssl(_ arguments: String, before: [String] = []) throws {
    let command = before + ["openssl"] + arguments.split(separator: " ").map(String.init)
    guard try FaultServer.run(command, in: folder) == 0 else {
      throw Unexpected("\(command.joined(separator: " ")) failed")
    }
  }
}

/// A port of this machine's loopback at which the server takes one role's password, with TLS or without.
final class EncryptedPort {
  /// Who may come in, as superuser, and nobody else.
  let role: PasswordRole
  private let shop: FaultShop
  private let port: Int
  private let certificates: Certificates
  private let rules: String
  private let rulesBefore: String

  /// Makes role, rule and certificates; `open` is what opens the port.
  ///
  /// - Throws: `Unexpected`, `PostgresError`, `CocoaError`.
  init(of shop: FaultShop) throws {
    self.shop = shop
    certificates = try Certificates(in: shop.folder)
    let admin = try shop.database.connect()
    role = try PasswordRole(on: admin)
    try admin.executeScript("ALTER ROLE \(role.name) SUPERUSER")
    // A port that nobody has now.
    let network = try FaultyNetwork(to: "/nowhere", token: "nobody")
    port = network.port
    network.close()
    rules = "\(shop.server.data)/pg_hba.conf"
    rulesBefore = try String(contentsOfFile: rules, encoding: .utf8)
    try write(rulesBefore + "host all \(role.name) 127.0.0.1/32 scram-sha-256\n", to: rules)
  }

  /// Variables that lead to it.
  var environment: [String: String] {
    [
      "PGHOST": "localhost", "PGPORT": "\(port)", "PGUSER": role.name,
      "PGPASSWORD": role.password, "PGGSSENCMODE": "disable",
    ]
  }

  /// Variables of those who let the server prove who it is.
  var verifying: [String: String] {
    ["PGSSLMODE": "verify-full", "PGSSLROOTCERT": "\(certificates.folder)/authority.crt"]
  }

  /// Restarts the server so that it listens there.
  ///
  /// - Parameter certificate: the name of its certificate; nil for a server without TLS.
  /// - Throws: `Unexpected`, `CocoaError`.
  func open(certificate: String?) throws {
    let server = shop.server
    for kind in ["crt", "key"] {
      guard let certificate else { continue }
      try write(
        String(contentsOfFile: "\(certificates.folder)/\(certificate).\(kind)", encoding: .utf8),
        to: "\(server.data)/server.\(kind)")
    }
    try server.restart(
      .fast,
      options: "-c listen_addresses=127.0.0.1 -c port=\(port) "
        + "-c unix_socket_directories=\(server.folder) -c ssl=\(certificate == nil ? "off" : "on")")
  }

  /// Makes the server what it was.
  func close(_ trial: Trial) {
    do {
      try write(rulesBefore, to: rules)
      try shop.server.restart(
        .fast,
        options: "-c listen_addresses= -c port=5432 "
          + "-c unix_socket_directories=\(shop.server.folder)")
      role.drop(on: try shop.database.connect())
    } catch { trial.keeps(false, "the server is not as it was: \(error)") }
  }

  /// Writes a file of the server's, which is its owner's alone.
  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
    unsafe chmod(path, 0o600)
    if FaultServer.isRoot, try FaultServer.run(["chown", "postgres:", path]) != 0 {
      throw Unexpected("chown \(path)")
    }
  }
}
