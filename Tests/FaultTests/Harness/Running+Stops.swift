import Glibc
import TestSupport

extension Running {
  /// Waits until it has stopped at its point.
  ///
  /// - Throws: `Unexpected` when it ends instead.
  func waitUntilStopped() throws {
    var info = unsafe siginfo_t()
    // WNOWAIT leaves an end for Foundation to collect.
    while unsafe waitid(P_PID, id_t(pid), &info, WSTOPPED | WEXITED | WNOWAIT) != 0 {
      guard errno == EINTR else { break }
    }
    guard unsafe info.si_code == CLD_STOPPED else {
      let outcome = try wait()
      throw Unexpected("the run ended with \(outcome.code) before its point:\n\(outcome.talk)")
    }
  }

  /// Lets a stopped run go on and waits for its end.
  func resume() throws -> Program.Result {
    signal(SIGCONT)
    return try wait()
  }
}

/// Lets other processes do something, between looks at what they have done.
enum Breath {
  static func milliseconds(_ count: Int) { usleep(UInt32(count) * 1000) }

  /// Looks again and again until something holds.
  ///
  /// - Throws: `Unexpected` when it does not within two minutes, which no machine is too slow for.
  static func until(_ what: String, _ holds: () throws -> Bool) throws {
    for _ in 0..<12_000 {
      if try holds() { return }
      milliseconds(10)
    }
    throw Unexpected("it never came true that \(what)")
  }
}
