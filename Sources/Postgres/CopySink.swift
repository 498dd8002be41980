import CLibpq

/// Takes the bytes that a `CopyWriter` encodes.
protocol CopySink: AnyObject {
  /// Takes the next part of the stream.
  ///
  /// - Parameter bytes: the part; valid during the call only.
  /// - Throws: `PostgresError` when no more can be taken.
  func send(_ bytes: Span<UInt8>) throws(PostgresError)
}

/// Sends the bytes of a `COPY … FROM STDIN` to the server.
final class ServerSink: CopySink {
  private let connection: Connection
  private let attempt: Attempt
  /// Whether the server has ended the COPY or the connection is lost.
  private(set) var hasEnded = false

  /// Sends to a connection on which the COPY has begun.
  init(_ connection: Connection, _ attempt: Attempt) {
    (self.connection, self.attempt) = (connection, attempt)
  }

  /// Sends a part of the stream.
  ///
  /// libpq drops what it can't send and says so only when something is read; looking for input each
  /// time, at the price of one system call, ends a COPY whose connection is gone.
  func send(_ bytes: Span<UInt8>) throws(PostgresError) {
    guard !hasEnded, unsafe PQconsumeInput(connection.handle) == 1, put(bytes) else {
      hasEnded = true
      throw connection.connectionError(attempt)
    }
  }

  /// Hands bytes to libpq, which copies them.
  private func put(_ bytes: Span<UInt8>) -> Bool {
    unsafe bytes.withUnsafeBytes { part in
      guard let base = part.baseAddress, let count = Int32(exactly: part.count) else {
        return false
      }
      return unsafe PQputCopyData(
        connection.handle, base.assumingMemoryBound(to: CChar.self), count) == 1
    }
  }
}
