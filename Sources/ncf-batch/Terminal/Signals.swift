import Foundation
import Glibc
import Pipeline

/// SIGINT, SIGTERM and SIGHUP as a request to stop.
enum Signals {
  /// How long a run may take to reach a safe point before the process ends all the same.
  static let patience = 9

  /// Has a thread wait for signals.
  ///
  /// Call it before any other thread exists: they inherit the mask.
  /// The first signal makes the request. A second one, or time without a safe point, ends the process
  /// at once with exit code 75; the server then rolls back what was open, as after a kill.
  ///
  /// - Parameters:
  ///   - interruption: gets the request.
  ///   - say: tells people.
  static func stop(_ interruption: Interruption, say: @escaping @Sendable (String) -> Void) {
    var watched = sigset_t()
    unsafe sigemptyset(&watched)
    // What the parent told us to ignore (nohup, a shell's background job) stays ignored.
    for signal in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(signal) {
      unsafe sigaddset(&watched, signal)
    }
    unsafe pthread_sigmask(SIG_BLOCK, &watched, nil)
    let set = watched
    Thread.detachNewThread {
      var watched = set
      var signal: Int32 = 0
      while unsafe sigwait(&watched, &signal) != 0 {}
      let name = name(of: signal)
      say("\(name): stopping at the next safe point; a second signal stops at once")
      interruption.request(reason: name)
      var limit = timespec(tv_sec: patience, tv_nsec: 0)
      while true {
        let second = unsafe sigtimedwait(&watched, nil, &limit)
        if second > 0 {
          say(
            "\(Self.name(of: second)) again: stopped at once; the server rolls back what was open")
        } else if errno == EINTR {
          continue
        } else {
          say("no safe point in \(patience) s: stopped; the server rolls back what was open")
        }
        _exit(Pipeline.ExitCode.temporary.rawValue)
      }
    }
  }

  /// Lets a write to a closed pipe fail instead of killing the process.
  static func ignoreClosedPipes() {
    _ = signal(SIGPIPE, SIG_IGN)
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard unsafe sigaction(signal, nil, &action) == 0 else { return false }
    let handler = unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    let ignoring = unsafe unsafeBitCast(SIG_IGN, to: Int.self)
    return handler == ignoring
  }

  private static func name(of signal: Int32) -> String {
    switch signal {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    case SIGHUP: "SIGHUP"
    default: "signal \(signal)"
    }
  }
}
