import TestSupport
import Testing

extension FaultTests {
  /// Connections whose encryption is not what is demanded.
  @Suite struct EncryptionTests {
    @Test("TLS is as demanded or there is no run: wrong host, expired, unknown authority, none")
    func encryption() {
      Trial.of("TLS: verify-full, wrong host, expired, none with require") { trial in
        let shop = try FaultShop()
        let port = try EncryptedPort(of: shop)
        defer { port.close(trial) }
        func night(_ settings: [String: String]) throws -> Program.Result {
          try shop.night(variables: port.environment.merging(settings) { $1 }).wait()
        }
        let full = port.verifying
        // Without TLS on the server.
        try port.open(certificate: nil)
        trial.tried(try night(["PGSSLMODE": "require"]), 78, at: "without TLS, require")
        trial.tried(try night(full), 78, at: "without TLS, verify-full")
        trial.tried(try night(["PGSSLMODE": "disable"]), 0, at: "without TLS, disable")
        // With it.
        for (certificate, code) in [("right", 0), ("elsewhere", 78), ("expired", 78)] {
          try port.open(certificate: certificate)
          let outcome = try night(full)
          trial.tried(outcome, Int32(code), at: "certificate \(certificate)")
          trial.keeps(
            !outcome.talk.contains(port.role.password),
            "certificate \(certificate): the password shows")
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
  }
}
