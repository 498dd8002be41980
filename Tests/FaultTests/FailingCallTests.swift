import Foundation
import Glibc
import Interactions
import TestSupport
import Testing

extension FaultTests {
  /// Nights in which the N-th call of a kind fails.
  @Suite struct FailingCallTests {
    /// What fails; `Shim/failing.c` says how.
    enum Kind: String, CaseIterable {
      case lost, refused, file, memory

      var fault: String {
        switch self {
        case .lost: "the connection is cut at the N-th call of libpq"
        case .refused: "the N-th call of libpq fails by itself"
        case .file: "the N-th write, fsync or rename fails"
        case .memory: "the N-th request for memory fails"
        }
      }

      /// Codes that a night may end with.
      ///
      /// Swift stops a program that gets no memory, so there a signal is what is promised, like a kill.
      var codes: Set<Int32> {
        switch self {
        case .lost: [0, 69, 75]
        case .refused: [0, 69, 70, 74, 75]
        case .file: [0, 74]
        case .memory:
          [
            0, 69, 70, 74, 75, 78, 128 + SIGILL, 128 + SIGTRAP, 128 + SIGABRT, 128 + SIGSEGV,
          ]
        }
      }
    }

    /// The shim, compiled for this test.
    private static func shim(in folder: String) throws -> String {
      let source = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Shim/failing.c").path
      let library = "\(folder)/failing.so"
      let command = ["clang", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
      guard try FaultServer.run(command) == 0 else {
        throw Unexpected("\(command.joined(separator: " ")) failed")
      }
      return library
    }

    @Test(
      "Whichever call fails, the lists are whole, the code is of its class, and the next night works",
      arguments: Kind.allCases)
    func everyCall(kind: Kind) {
      Trial.of(kind.fault) { trial in
        let shop = try FaultShop()
        let library = try Self.shim(in: shop.folder)
        let (count, report) = ("\(shop.folder)/count", "\(shop.folder)/report.json")
        let config = try shop.job(epochs: 1)
        func night(failing number: Int) throws -> Program.Result {
          try shop.night(
            config: config, ["--report", report],
            variables: [
              "LD_PRELOAD": library, "FAIL_KIND": kind.rawValue, "FAIL_AT": "\(number)",
              "FAIL_COUNT": count, "SWIFT_BACKTRACE": "enable=no",
            ]
          ).wait()
        }
        trial.tried(try night(failing: 0), 0, at: "nothing fails")
        let counted = try String(contentsOfFile: count, encoding: .utf8)
        let calls = Int(counted.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        guard calls >= (kind == .file ? 3 : 50) else {
          throw Unexpected("the shim was called \(calls) times")
        }
        try Watchers.during(trial, shop) {
          for number in numbers(kind, upTo: calls, trial) {
            let before = try shop.live()
            let outcome = try night(failing: number)
            let place = "at call \(number) of \(calls)"
            trial.tried(outcome, kind.codes, at: place)
            try shop.server.waitUntilGone("ncf-batch/%")
            try shop.isWhole(trial, place)
            if outcome.code == 0 {
              trial.keeps(try shop.live() != before, "\(place): it says 0 and published nothing")
            }
          }
          try shop.recovers(trial, after: "after failing calls")
        }
        try shop.isBounded(trial)
      }
    }

    /// Which calls to fail: all of them, or some spread over the night.
    private func numbers(_ kind: Kind, upTo calls: Int, _ trial: Trial) -> [Int] {
      // Of some hundred thousand requests for memory, all would take days.
      let most = FaultSize.pick(6, full: 150)
      if calls <= most { return Array(1...calls) }
      // The report comes last; what is written before are lines of the log.
      if kind == .file { return Array((calls - most + 1)...calls) }
      return (0..<most).map { part in
        let (from, to) = (part * calls / most, (part + 1) * calls / most)
        return 1 + from + trial.random.uniform(below: to - from)
      }
    }
  }
}
