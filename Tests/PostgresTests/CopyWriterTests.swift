import Testing

@testable import Postgres

struct CopyWriterTests {
  /// The bytes that a writer of `columns` columns sends, part by part.
  private func parts(
    columns: Int, _ body: (inout CopyWriter) throws -> Void
  ) throws -> [[UInt8]] {
    let sink = PartsSink()
    var writer = CopyWriter(columnCount: columns, sink: sink)
    try body(&writer)
    try writer.finish()
    return sink.parts
  }

  @Test func theStreamIsHeaderRowsAndTrailer() throws {
    let sent = try parts(columns: 2) { writer in
      try writer.beginRow(columns: 2)
      try writer.writeInt16(0x1234)
      try writer.writeNull()
      try writer.beginRow(columns: 2)
      try writer.writeText("é")
      try writer.writeTimestamp(Timestamp.serverEpoch + 1)
      #expect(writer.rows == 2)
    }
    let header = CopyDecoder.signature + [0, 0, 0, 0, 0, 0, 0, 0]
    let first: [UInt8] = [0, 2, 0, 0, 0, 2, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF]
    let second: [UInt8] = [0, 2, 0, 0, 0, 2, 0xC3, 0xA9, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1]
    #expect(sent == [header + first + second + [0xFF, 0xFF]])
  }

  @Test func partsStayWithinTheBufferAndJoinToTheWhole() throws {
    // Lengths around the buffer's, so that fields end before, at and behind its end.
    for length in [0, 1, 65_000, 65_500, 65_503, 65_504, 65_505, 65_506, 65_536, 200_000] {
      let field = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let sent = try parts(columns: 2) { writer in
        for _ in 0..<2 {
          try writer.beginRow(columns: 2)
          try writer.writeBytes(field.span)
          try writer.writeInt16(5)
        }
      }
      #expect(sent.allSatisfy { $0.count <= CopyWriter.capacity && !$0.isEmpty })
      var decoder = CopyDecoder(columnCount: 2)
      var rows = 0
      try unsafe Array(sent.joined()).withUnsafeBytes { bytes in
        try unsafe decoder.decode(bytes) { row in
          let bytes = try row.nextBytes { span in span.indices.map { span[$0] } }
          #expect(bytes == field)
          #expect(try row.nextInt16() == 5)
          rows += 1
        }
      }
      try decoder.finish()
      #expect(rows == 2)
    }
  }

  @Test func rowsAreCheckedForTheirWidth() throws {
    #expect(
      try failure {
        _ = try parts(columns: 2) { try $0.beginRow(columns: 3) }
      }.message == "a row of 3 columns for a COPY of 2")
    #expect(
      try failure {
        _ = try parts(columns: 1) {
          try $0.beginRow(columns: 1)
          try $0.beginRow(columns: 1)
        }
      }.message == "row 1 lacks its last 1 columns")
    #expect(
      try failure {
        _ = try parts(columns: 1) {
          try $0.beginRow(columns: 1)
          try $0.write(1)
          try $0.write(2)
        }
      }.message == "row 1 has more than its 1 columns")
    #expect(
      try failure {
        _ = try parts(columns: 1) { try $0.beginRow(columns: 1) }
      }.message == "row 1 lacks its last 1 columns")
    #expect(try failure { _ = try parts(columns: 1) { try $0.writeNull() } }.kind == .dataShape)
  }

  @Test func aTimeBeforeTheCalendarIsRefused() throws {
    let error = try failure {
      _ = try parts(columns: 1) {
        try $0.beginRow(columns: 1)
        try $0.writeTimestamp(.min + 1)
      }
    }
    #expect(error.kind == .dataShape)
  }
}

/// Keeps the parts that a writer sends.
private final class PartsSink: CopySink {
  private(set) var parts: [[UInt8]] = []

  func send(_ bytes: Span<UInt8>) throws(PostgresError) {
    parts.append(bytes.indices.map { bytes[$0] })
  }
}
