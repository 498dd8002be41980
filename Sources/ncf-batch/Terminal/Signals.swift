import Foundation
import Glibc
import Jobs
import RunSupport

/// SIGINT, SIGTERM and SIGHUP as a request to stop.
enum Signals {
  /// How long a run may take to reach a safe point before the process ends all the same.
  static let patience = 9

  /// The writing end of a pipe, for the handler: the one thing that it may do is to write.
  ///
  /// Safe: it is set before the handler is installed and never again.
  nonisolated(unsafe) private static var inlet: Int32 = -1

  /// Has a thread act on signals.
  ///
  /// They come by a handler and a pipe and not by a blocked mask: libraries start threads before
  /// `main`, and a signal would find those and end the process.
  ///
  /// The first signal makes the request. A second one, or time without a safe point, ends the process
  /// at once with exit code 75; the server then rolls back what was open, as after a kill.
  ///
  /// - Parameters:
  ///   - interruption: gets the request.
  ///   - say: tells people.
  /// - Throws: `BatchError` with exit code 74 when there is no pipe to be had.
  static func stop(
    _ interruption: Interruption, say: @escaping @Sendable (String) -> Void
  ) throws(BatchError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      throw BatchError(.io, "a pipe can't be made: \(FileWriting.lastError)")
    }
    let outlet = ends[0]
    unsafe inlet = ends[1]
    install()
    Thread.detachNewThread {
      guard let first = next(from: outlet, within: -1) else { return }
      say("\(first): stopping at the next safe point; a second signal stops at once")
      interruption.request(reason: first)
      if let second = next(from: outlet, within: patience * 1000) {
        say("\(second) again: stopped at once; the server rolls back what was open")
      } else {
        say("no safe point in \(patience) s: stopped; the server rolls back what was open")
      }
      _exit(Jobs.ExitCode.temporary.rawValue)
    }
  }

  private static func install() {
    var action = sigaction()
    action.sa_flags = SA_RESTART
    unsafe action.__sigaction_handler.sa_handler = { signal in
      let before = errno
      var byte = UInt8(truncatingIfNeeded: signal)
      unsafe _ = Glibc.write(Signals.inlet, &byte, 1)
      errno = before
    }
    var watched = sigset_t()
    unsafe sigemptyset(&watched)
    // What the parent told us to ignore (nohup, a shell's background job) stays ignored.
    for signal in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(signal) {
      unsafe sigaddset(&watched, signal)
      unsafe _ = sigaction(signal, &action, nil)
    }
    unsafe pthread_sigmask(SIG_UNBLOCK, &watched, nil)
  }

  /// The name of the next signal; nil when none comes in so many milliseconds (-1: any time).
  private static func next(from outlet: Int32, within milliseconds: Int) -> String? {
    var wanted = pollfd(fd: outlet, events: Int16(POLLIN), revents: 0)
    while true {
      let ready = unsafe poll(&wanted, 1, Int32(milliseconds))
      if ready == 0 { return nil }
      if ready < 0 {
        if errno == EINTR { continue }
        return nil
      }
      var byte: UInt8 = 0
      guard unsafe read(outlet, &byte, 1) == 1 else { return nil }
      return name(of: Int32(byte))
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
