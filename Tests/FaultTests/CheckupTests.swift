import Foundation
import TestSupport
import Testing

extension FaultTests {
  /// What `check` says of a server, a way to it and a clock that are not as they should be.
  @Suite struct CheckupTests {
    /// What `check --json` says.
    private struct Answer {
      var code: Int32 = 0
      var results: [String: String] = [:]
      var messages: [String: String] = [:]
      var advice: [String: String] = [:]

      func words(_ name: String) -> String {
        [results[name], messages[name], advice[name]].compactMap { $0 }.joined(separator: " ")
      }
    }

    private func check(
      _ trial: Trial, _ shop: FaultShop, _ variables: [String: String] = [:],
      prefix: [String] = [], may code: Int32, at place: String
    ) throws -> Answer {
      let outcome = try shop.start(
        ["check", "--config", try shop.job(), "--json"], variables, prefix: prefix
      ).wait()
      trial.tried(outcome, code, at: place)
      var answer = Answer(code: outcome.code)
      let object = try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      let checks = (object as? [String: Any])?["checks"] as? [[String: Any]] ?? []
      trial.keeps(!checks.isEmpty, "\(place): no JSON: \(outcome.output)\(outcome.talk)")
      for entry in checks {
        let name = entry["check"] as? String ?? ""
        answer.results[name] = entry["result"] as? String
        answer.messages[name] = entry["message"] as? String
        answer.advice[name] = entry["advice"] as? String
      }
      return answer
    }

    @Test("check says whether the way is encrypted and who vouches for the server")
    func encryption() {
      Trial.of("check: TLS on, off, verified, of nobody, wrong host, expired") { trial in
        let shop = try FaultShop()
        let port = try EncryptedPort(of: shop)
        defer { port.close(trial) }
        // A name that is not this machine's, to a server that is: what another machine's would be.
        let elsewhere = ["PGHOST": "elsewhere.example", "PGHOSTADDR": "127.0.0.1"]
        func look(
          _ settings: [String: String], _ result: String, _ words: String..., may code: Int32 = 0,
          at place: String
        ) throws {
          let answer = try check(
            trial, shop, port.environment.merging(settings) { $1 }, may: code, at: place)
          let subject = code == 0 ? "tls" : "connection"
          trial.keeps(
            answer.results[subject] == result, "\(place): \(subject) is \(answer.words(subject))")
          for word in words {
            trial.keeps(
              answer.words(subject).contains(word), "\(place), \(word): \(answer.words(subject))")
          }
          if code != 0 {
            trial.keeps(answer.results["tls"] == "skip", "\(place): tls \(answer.words("tls"))")
          }
          trial.keeps(
            !"\(answer.messages)\(answer.advice)".contains(port.role.password),
            "\(place): the password shows")
        }
        try port.open(certificate: nil)
        try look([:], "ok", "not encrypted, but on this machine", at: "off, localhost")
        try look(
          elsewhere, "warn", "not encrypted", "PGSSLMODE=verify-full", at: "off, another machine")
        try look(
          port.verifying, "fail", "SSL", may: 78, at: "off, verify-full")
        try port.open(certificate: "right")
        try look(["PGSSLMODE": "require"], "ok", "TLSv1.", "on this machine", at: "localhost")
        try look(port.verifying, "ok", "is verified (verify-full)", at: "verify-full")
        try look(
          elsewhere.merging(["PGSSLMODE": "require"]) { $1 }, "warn", "nobody checks whose server",
          "PGSSLROOTCERT", at: "require, another machine")
        try look(
          elsewhere.merging(port.verifying) { $1 }, "fail", "elsewhere.example", may: 78,
          at: "verify-full, wrong host")
        try port.open(certificate: "elsewhere")
        try look(
          elsewhere.merging(port.verifying) { $1 }, "ok", "is verified", at: "another machine's own"
        )
        try port.open(certificate: "expired")
        try look(port.verifying, "fail", "certificate", may: 78, at: "expired")
      }
    }

    @Test(
      "check says that a pooler shares sessions between transactions, and lets one of sessions pass"
    )
    func pooler() {
      Trial.of("check: PgBouncer in transaction and in session mode") { trial in
        let shop = try FaultShop()
        for (mode, code, result) in [("transaction", 78, "fail"), ("session", 0, "ok")] {
          let pooler = try Pooler(shop.server, mode: mode)
          let answer = try check(trial, shop, pooler.environment, may: Int32(code), at: mode)
          trial.keeps(
            answer.results["pooler"] == result, "\(mode): it says \(answer.words("pooler"))")
          trial.keeps(
            mode == "session" || answer.advice["pooler"]?.contains("session mode") == true,
            "\(mode): it advises \(answer.words("pooler"))")
          withExtendedLifetime(pooler) {}
        }
      }
    }

    @Test("check says how far this machine's clock is from the server's, and in which direction")
    func clock() {
      Trial.of("check: a clock that is right, two seconds, an hour and a day off") { trial in
        let shop = try FaultShop()
        let clocks: [(offset: String, off: Double, result: String, words: String)] = [
          ("+0s", 0, "ok", "this machine's"), ("+2s", 2, "ok", "behind this machine's"),
          ("-3600s", 3600, "warn", "ahead of this machine's"),
          ("+1d", 86_400, "warn", "behind this machine's"),
        ]
        for (offset, off, result, words) in clocks {
          let answer = try check(
            trial, shop, prefix: ["/usr/bin/faketime", "-f", offset], may: 0, at: offset)
          trial.keeps(
            answer.results["clock"] == result && answer.words("clock").contains(words),
            "\(offset): it says \(answer.words("clock"))")
          trial.keeps(
            result == "ok" || answer.advice["clock"]?.contains("timedatectl") == true,
            "\(offset): it advises \(answer.words("clock"))")
          // A machine that is busy may take a second or two between two looks.
          let seconds = answer.messages["clock"]?.split(separator: " ").compactMap { Double($0) }
            .first
          trial.keeps(
            abs((seconds ?? 0) - off) < 5, "\(offset): it says \(answer.words("clock"))")
        }
      }
    }
  }
}
