import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

extension FaultTests {
  /// Connections whose encryption is not what is demanded.
  @Suite struct EncryptionTests {
    /// Certificates made for the test.
    private struct Certificates {
      let folder: String

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

    /// A port that nobody has now.
    private static func freePort() throws -> Int {
      let network = try FaultyNetwork(to: "/nowhere", token: "nobody")
      defer { network.close() }
      return network.port
    }

    @Test("TLS is as demanded or there is no run: wrong host, expired, unknown authority, none")
    func encryption() {
      Trial.of("TLS: verify-full, wrong host, expired, none with require") { trial in
        let shop = try FaultShop()
        let server = shop.server
        _ = try Certificates(in: shop.folder)
        let admin = try shop.database.connect()
        let role = try PasswordRole(on: admin)
        try admin.executeScript("ALTER ROLE \(role.name) SUPERUSER")
        let port = try Self.freePort()
        let rules = "\(server.data)/pg_hba.conf"
        let before = try String(contentsOfFile: rules, encoding: .utf8)
        // Those who have the password of a role that is as new as this test, and nobody else.
        try write(
          before + "host all \(role.name) 127.0.0.1/32 scram-sha-256\n", to: rules, of: server)
        let plain =
          "-c listen_addresses=127.0.0.1 -c port=\(port) -c unix_socket_directories=\(server.folder)"
        let usual = "-c listen_addresses= -c port=5432 -c unix_socket_directories=\(server.folder)"
        defer {
          do {
            try write(before, to: rules, of: server)
            try server.restart(.fast, options: usual)
            role.drop(on: try shop.database.connect())
          } catch { trial.keeps(false, "the server is not as it was: \(error)") }
        }
        func night(_ settings: [String: String]) throws -> RunningNight.Outcome {
          try shop.night(
            variables: [
              "PGHOST": "localhost", "PGPORT": "\(port)", "PGUSER": role.name,
              "PGPASSWORD": role.password, "PGGSSENCMODE": "disable",
            ].merging(settings) { $1 }
          ).wait()
        }
        let full = [
          "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "\(shop.folder)/authority.crt",
        ]
        // Without TLS on the server.
        try server.restart(.fast, options: plain)
        trial.tried(try night(["PGSSLMODE": "require"]), 78, at: "without TLS, require")
        trial.tried(try night(full), 78, at: "without TLS, verify-full")
        trial.tried(try night(["PGSSLMODE": "disable"]), 0, at: "without TLS, disable")
        // With it.
        for (certificate, code) in [("right", 0), ("elsewhere", 78), ("expired", 78)] {
          for kind in ["crt", "key"] {
            try write(
              String(contentsOfFile: "\(shop.folder)/\(certificate).\(kind)", encoding: .utf8),
              to: "\(server.data)/server.\(kind)", of: server)
          }
          try server.restart(.fast, options: plain + " -c ssl=on")
          let outcome = try night(full)
          trial.tried(outcome, Int32(code), at: "certificate \(certificate)")
          trial.keeps(
            !outcome.talk.contains(role.password), "certificate \(certificate): the password shows")
          // Who demands no identity gets encryption all the same.
          trial.tried(try night(["PGSSLMODE": "require"]), 0, at: "\(certificate), require")
        }
        // An authority that did not sign the server's certificate.
        trial.tried(
          try night([
            "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "\(shop.folder)/elsewhere.crt",
          ]), 78, at: "unknown authority")
        trial.tried(
          try night(["PGPASSWORD": "wrong", "PGSSLMODE": "require"]), 77, at: "wrong password")
      }
    }

    /// Writes a file of the server's, which is its owner's alone.
    private func write(_ text: String, to path: String, of server: FaultServer) throws {
      try Data(text.utf8).write(to: URL(filePath: path))
      unsafe chmod(path, 0o600)
      if FaultServer.isRoot, try FaultServer.run(["chown", "postgres:", path]) != 0 {
        throw Unexpected("chown \(path)")
      }
    }
  }
}
