import Interactions
import Testing

@testable import Jobs
@testable import Postgres
@testable import Source

/// Streams of a binary COPY from a server that may say anything.
struct CopyFuzzTests {
  private static let words: [[UInt8]] = [
    CopyDecoder.signature, [0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0, 5], [0, 0, 0, 8],
    [0, 0, 0, 2], [0x7F, 0xFF, 0xFF, 0xFF], [0, 0, 0, 16], [0xC3, 0x28], [0xED, 0xA0, 0x80],
    [0, 0, 2, 0], [0x80, 0, 0, 0, 0, 0, 0, 0],
  ]

  /// A sound stream of what the pull reads: user, item, time, type, value.
  private static func stream(_ kind: IdentifierKind) throws -> [UInt8] {
    let sink = StreamSink()
    var writer = CopyWriter(columnCount: 5, sink: sink)
    for row in 0..<6 {
      try writer.beginRow(columns: 5)
      for _ in 0..<2 {
        switch kind {
        case .bigint, .integer: try writer.write(Int64(row))
        case .uuid: try writer.writeUUID(UInt128(row))
        case .text: try writer.writeText("é\(row)")
        }
      }
      try writer.writeTimestamp(1_700_000_000_000_000 + Int64(row))
      if row == 3 { try writer.writeNull() } else { try writer.writeInt16(Int16(row % 2)) }
      try writer.writeDouble(Double(row) / 2)
    }
    try writer.finish()
    return sink.stream
  }

  @Test(arguments: [IdentifierKind.bigint, .uuid, .text])
  func aDamagedStreamIsALogOrRefused(kind: IdentifierKind) throws {
    var job = Job(source: Job.Source(relation: .query("")))
    job.source.events = ["view": 1, "hide": -1]
    let types = EventTypes(job)
    let mutator = Mutator(seeds: [try Self.stream(kind)], words: Self.words)
    try Campaign(name: "copy-\(kind.rawValue)", mutator: mutator).run(percent: 10) { input in
      var reader = RowReader(
        users: kind, items: kind, types: types, watermark: 1_800_000_000_000_000, minValue: 0.5)
      var decoder = CopyDecoder(columnCount: 5)
      do {
        try unsafe input.withUnsafeBytes { bytes in
          // In one message, or with the header in one of its own, as a server may send it.
          let half = min(bytes.count, CopyDecoder.signature.count + 8)
          let rows = { (row: inout CopyRow) in try reader.take(&row) }
          if input.first == CopyDecoder.signature[0], input.count % 2 == 0 {
            try unsafe decoder.decode(bytes, eachRow: rows)
          } else {
            try unsafe decoder.decode(.init(rebasing: bytes[..<half]), eachRow: rows)
            try unsafe decoder.decode(.init(rebasing: bytes[half...]), eachRow: rows)
          }
        }
        try decoder.finish()
      } catch let error as PostgresError {
        #expect(error.kind == .dataShape && !error.message.isEmpty)
        return .refused
      }
      #expect(reader.rows == decoder.rows)
      let read = reader.rows
      let dataset = reader.finish(
        job, moments: Moments(), snapshot: "",
        times: PullTimes(watermark: 1_800_000_000_000_000, recentFrom: 0))
      let counts = dataset.counts
      // Nothing is dropped in silence, whatever came.
      let rejected = counts.rejected.reduce(0) { $0 + $1.rows }
      #expect(read == counts.rowsUsed + counts.rowsMerged + rejected)
      return .accepted
    }
  }
}
