/// Reads the stream of a binary COPY, message by message: header, rows, trailer.
///
/// The server sends every row whole within one message; the header comes in front of the first row
/// or alone.
struct CopyDecoder {
  private enum State { case header, rows, ended }

  static let signature: [UInt8] = [
    0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00,
  ]

  /// How many columns the server announced.
  let columnCount: Int
  /// How many rows have been handed on.
  private(set) var rows = 0
  private var state = State.header

  init(columnCount: Int) {
    self.columnCount = columnCount
  }

  /// Hands on every row in a message.
  ///
  /// - Parameters:
  ///   - message: the payload of one CopyData message, or several joined.
  ///   - eachRow: called for each row.
  /// - Throws: what `eachRow` throws, or `PostgresError` of kind `.dataShape`.
  mutating func decode(
    _ message: UnsafeRawBufferPointer, eachRow: (inout CopyRow) throws -> Void
  ) throws {
    guard let base = message.baseAddress else { return }
    let end = message.count
    var cursor = 0
    if state == .header {
      cursor = unsafe try readHeader(message)
      state = .rows
    }
    while cursor < end {
      guard state == .rows else { throw Self.malformed("data follows the trailer") }
      guard end - cursor >= 2 else { throw Self.malformed("a row is cut short") }
      // Safe: two bytes are left, as was just checked.
      let fields = Int(
        Int16(bigEndian: unsafe base.loadUnaligned(fromByteOffset: cursor, as: Int16.self)))
      cursor += 2
      if fields == -1 {
        state = .ended
        continue
      }
      guard fields == columnCount else {
        throw Self.malformed("a row has \(fields) columns where \(columnCount) were announced")
      }
      var row = unsafe CopyRow(base: base, end: end, cursor: cursor, columnCount: fields)
      try eachRow(&row)
      try row.skipRest()
      cursor = row.cursor
      rows += 1
    }
  }

  /// Checks that the stream came to its proper end.
  func finish() throws(PostgresError) {
    guard state == .ended else { throw Self.malformed("the stream ends without its trailer") }
  }

  /// Checks signature and flags; returns where the rows begin.
  private func readHeader(_ message: UnsafeRawBufferPointer) throws(PostgresError) -> Int {
    let fixed = Self.signature.count + 8
    guard message.count >= fixed else { throw Self.malformed("the header is cut short") }
    guard unsafe message.prefix(Self.signature.count).elementsEqual(Self.signature) else {
      throw Self.malformed("this is not a binary COPY stream: the signature is missing")
    }
    // Safe: the length was checked against the fixed part just above.
    let flags = UInt32(
      bigEndian: unsafe message.loadUnaligned(
        fromByteOffset: Self.signature.count, as: UInt32.self))
    guard flags >> 16 == 0 else {
      throw Self.malformed("the header has flags this program does not know: \(flags)")
    }
    let extra = UInt32(
      bigEndian: unsafe message.loadUnaligned(
        fromByteOffset: Self.signature.count + 4, as: UInt32.self))
    guard Int(extra) <= message.count - fixed else {
      throw Self.malformed("the header's extension is cut short")
    }
    return fixed + Int(extra)
  }

  private static func malformed(_ message: String) -> PostgresError {
    PostgresError(kind: .dataShape, message: message, attempted: "")
  }
}
