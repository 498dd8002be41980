import CLibpq

/// Stops what a connection is running, from any thread.
///
/// It holds its own copy of what it needs, so it may outlive the connection. A request that arrives
/// when nothing runs has no effect.
@safe
package final class Canceller: @unchecked Sendable {
  // Safe to share: PQcancel only reads the object, and it is freed when nobody holds it any more.
  private let handle: OpaquePointer?

  init(connection: OpaquePointer) {
    unsafe handle = unsafe PQgetCancel(connection)
  }

  deinit {
    if let handle = unsafe handle { unsafe PQfreeCancel(handle) }
  }

  /// Asks the server to cancel the statement that is running; it then fails as `.cancelled`.
  ///
  /// Blocks until the server has taken the request, on a connection of its own.
  ///
  /// - Returns: whether the server took the request.
  @discardableResult
  package func cancel() -> Bool {
    guard let handle = unsafe handle else { return false }
    var reason = [CChar](repeating: 0, count: 256)
    return unsafe PQcancel(handle, &reason, Int32(reason.count)) == 1
  }
}
