import Glibc
package import Jobs
package import Postgres
import Synchronization

/// A request to stop, made once by a signal handler's thread and polled by the run at safe points.
///
/// `request()` also cancels the statement that the server is running for this job, so that a long
/// query does not outlive the request. It takes a lock: call it from a thread, not from the handler.
package final class Interruption: Sendable {
  private struct State {
    var reason: String?
    var cancellers: [Int32: Canceller] = [:]
  }

  private let state = Mutex(State())

  /// A request that nobody has made yet.
  package init() {}

  /// Asks the run to stop; `reason` is recorded with it, "SIGTERM" for example.
  package func request(reason: String) {
    let cancellers = state.withLock { state in
      if state.reason == nil { state.reason = reason }
      return Array(state.cancellers.values)
    }
    for canceller in cancellers { canceller.cancel() }
  }

  /// Why the run should stop; nil while it should go on.
  package var reason: String? { state.withLock { $0.reason } }

  /// Stops here if asked to.
  ///
  /// - Throws: `BatchError` with exit code 75 once a request was made.
  package func check() throws(BatchError) {
    if let reason {
      throw BatchError(
        .temporary, "stopped by \(reason)", advice: "start the run again; nothing is half-done")
    }
  }

  /// Waits in slices, so that a request is heard; a signal may end a slice sooner.
  ///
  /// - Throws: `BatchError` (75) once a request was made.
  func pause(milliseconds: Int) throws(BatchError) {
    for start in stride(from: 0, to: milliseconds, by: 100) {
      var slice = timespec(tv_sec: 0, tv_nsec: min(100, milliseconds - start) * 1_000_000)
      unsafe nanosleep(&slice, nil)
      try check()
    }
  }

  /// Does work on a connection, whose statement `request()` cancels meanwhile.
  ///
  /// - Throws: what `body` throws; `BatchError` (75) when a request was made before.
  package func watching<R>(_ connection: Connection, _ body: (Connection) throws -> R) throws -> R {
    watch(connection)
    defer { forget(connection) }
    // A request that came before the watch has cancelled nothing.
    try check()
    return try body(connection)
  }

  /// Has `request()` cancel what `connection` is running, until `forget` is called with it.
  private func watch(_ connection: Connection) {
    let (pid, canceller) = (connection.backendPID, connection.makeCanceller())
    state.withLock { $0.cancellers[pid] = canceller }
  }

  /// Ends what `watch` began, before statements that must not be cancelled or a close.
  package func forget(_ connection: Connection) {
    let pid = connection.backendPID
    state.withLock { $0.cancellers[pid] = nil }
  }
}
