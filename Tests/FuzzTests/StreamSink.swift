@testable import Postgres

/// Keeps the stream that a writer sends.
final class StreamSink: CopySink {
  private(set) var stream: [UInt8] = []

  func send(_ bytes: Span<UInt8>) throws(PostgresError) {
    for index in bytes.indices { stream.append(bytes[index]) }
  }
}
