/// Encodes rows for a binary COPY into a buffer that goes to the server whenever it is full.
///
/// Begin each row with its number of columns, then write that many fields; the server checks that
/// each has the size of its column's type.
@safe
package struct CopyWriter: ~Copyable {
  /// How full the buffer gets before it is sent: large enough that a call into libpq and the kernel
  /// is nothing beside the encoding, small enough to stay in a core's own cache.
  static let capacity = 64 << 10

  /// How many rows have been begun.
  package private(set) var rows = 0

  // Safe: `buffer` has `capacity` bytes, is owned by this value alone, and `reserve` keeps
  // `used` within it.
  private let buffer: UnsafeMutableRawPointer
  private var used = 0
  private let columnCount: Int
  /// Fields of the current row that are still to come.
  private var pending = 0
  private let sink: any CopySink

  /// Starts with the stream's header.
  ///
  /// - Parameters:
  ///   - columnCount: the columns the server announced.
  ///   - sink: takes the bytes.
  init(columnCount: Int, sink: any CopySink) {
    self.columnCount = columnCount
    self.sink = sink
    unsafe buffer = .allocate(byteCount: Self.capacity, alignment: 16)
    for byte in CopyDecoder.signature { store(byte) }
    store(0 as UInt32)
    store(0 as UInt32)
  }

  deinit { unsafe buffer.deallocate() }

  /// Begins a row.
  ///
  /// - Parameter columns: how many fields will follow: as many as the COPY statement names.
  /// - Throws: `PostgresError` of kind `.dataShape` when the number is another or the row before
  ///   lacks fields; any kind when the server has ended the COPY.
  package mutating func beginRow(columns: Int) throws(PostgresError) {
    guard pending == 0 else {
      throw Self.misshapen("row \(rows) lacks its last \(pending) columns")
    }
    guard columns == columnCount else {
      throw Self.misshapen("a row of \(columns) columns for a COPY of \(columnCount)")
    }
    try reserve(2)
    store(UInt16(columns))
    pending = columns
    rows += 1
  }

  /// Writes a `bigint`.
  ///
  /// - Parameter value: the field.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func write(_ value: Int64) throws(PostgresError) {
    try writeFixed(UInt64(bitPattern: value))
  }

  /// Writes an `integer`.
  ///
  /// - Parameter value: the field.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeInt32(_ value: Int32) throws(PostgresError) {
    try writeFixed(UInt32(bitPattern: value))
  }

  /// Writes a `smallint`.
  ///
  /// - Parameter value: the field.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeInt16(_ value: Int16) throws(PostgresError) {
    try writeFixed(UInt16(bitPattern: value))
  }

  /// Writes a `real`.
  ///
  /// - Parameter value: the field.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeFloat(_ value: Float) throws(PostgresError) {
    try writeFixed(value.bitPattern)
  }

  /// Writes a `double precision`.
  ///
  /// - Parameter value: the field.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeDouble(_ value: Double) throws(PostgresError) {
    try writeFixed(value.bitPattern)
  }

  /// Writes a `boolean`.
  ///
  /// - Parameter value: the field.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeBool(_ value: Bool) throws(PostgresError) {
    try writeFixed(value ? 1 : 0 as UInt8)
  }

  /// Writes a `uuid`.
  ///
  /// - Parameter value: its first byte is the most significant.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeUUID(_ value: UInt128) throws(PostgresError) {
    try writeFixed(value)
  }

  /// Writes a `timestamptz`.
  ///
  /// - Parameter microseconds: since 1970-01-01 00:00 UTC; `Int64.max` and `Int64.min` stand for
  ///   infinity and minus infinity.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY, and of kind
  ///   `.dataShape` for a time the server can't hold.
  package mutating func writeTimestamp(_ microseconds: Int64) throws(PostgresError) {
    var stored = microseconds
    if microseconds != .max && microseconds != .min {
      let (time, overflow) = microseconds.subtractingReportingOverflow(Timestamp.serverEpoch)
      guard !overflow, time != .min else {
        throw Self.misshapen("the time \(microseconds) is before the server's calendar")
      }
      stored = time
    }
    try writeFixed(UInt64(bitPattern: stored))
  }

  /// Writes a text.
  ///
  /// - Parameter text: the field; the server refuses a zero byte in it.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeText(_ text: String) throws(PostgresError) {
    try writeBytes(text.utf8.span)
  }

  /// Writes a text given as UTF-8.
  ///
  /// - Parameter utf8: the field; the server refuses what is not UTF-8.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeText(_ utf8: Span<UInt8>) throws(PostgresError) {
    try writeBytes(utf8)
  }

  /// Writes a `bytea`, or any type by its binary form.
  ///
  /// - Parameter bytes: the field, of any length below 1 GiB.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeBytes(_ bytes: Span<UInt8>) throws(PostgresError) {
    guard let length = Int32(exactly: bytes.count), length < 1 << 30 else {
      throw Self.misshapen("a field of \(bytes.count) bytes is more than the server takes")
    }
    try takeField()
    try reserve(4)
    store(UInt32(bitPattern: length))
    var start = 0
    while start < bytes.count {
      if used == Self.capacity { try flush() }
      let part = min(bytes.count - start, Self.capacity - used)
      unsafe bytes.extracting(start..<(start + part)).withUnsafeBytes { source in
        // Safe: `part` bytes fit behind `used`.
        unsafe UnsafeMutableRawBufferPointer(start: buffer + used, count: part)
          .copyMemory(from: source)
      }
      used += part
      start += part
    }
  }

  /// Writes a `real[]` of one dimension.
  ///
  /// - Parameter values: the elements, none of them NULL.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeFloats(_ values: [Float]) throws(PostgresError) {
    var field: [UInt8] = []
    field.reserveCapacity(20 + 8 * values.count)
    func append(_ number: UInt32) {
      for shift in stride(from: 24, through: 0, by: -8) {
        field.append(UInt8(truncatingIfNeeded: number >> UInt32(shift)))
      }
    }
    // Dimensions, no NULL among the elements, the elements' type; then for the one dimension its length
    // and where its indices begin; then each element as a field of its own. An empty array has none.
    append(values.isEmpty ? 0 : 1)
    append(0)
    append(Self.realType)
    if !values.isEmpty {
      append(UInt32(truncatingIfNeeded: values.count))
      append(1)
    }
    for value in values {
      append(4)
      append(value.bitPattern)
    }
    try writeBytes(field.span)
  }

  /// Writes a `text[]` of one dimension.
  ///
  /// - Parameter texts: the elements, none of them NULL.
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeTexts(_ texts: [String]) throws(PostgresError) {
    try writeArray(of: Self.textType, count: texts.count) { place, field in
      field += texts[place].utf8
    }
  }

  /// Writes an array of one dimension, whose elements `body` appends.
  private mutating func writeArray(
    of type: UInt32, count: Int, _ body: (_ place: Int, _ field: inout [UInt8]) -> Void
  ) throws(PostgresError) {
    // Dimensions, no NULL among the elements, the elements' type; then for the one dimension its length
    // and where its indices begin; then each element as a field of its own. An empty array has none.
    let length = UInt32(truncatingIfNeeded: count)
    var field = ([count == 0 ? 0 : 1, 0, type] + (count == 0 ? [] : [length, 1]))
      .flatMap(Self.networkOrder)
    var element: [UInt8] = []
    for place in 0..<count {
      element.removeAll(keepingCapacity: true)
      body(place, &element)
      field += Self.networkOrder(UInt32(truncatingIfNeeded: element.count))
      field += element
    }
    try writeBytes(field.span)
  }

  private static func networkOrder(_ number: UInt32) -> [UInt8] {
    stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
  }

  /// The server's number for the type `text`.
  private static let textType: UInt32 = 25
  /// The server's number for the type `real`.
  private static let realType: UInt32 = 700

  /// Writes SQL's NULL.
  ///
  /// - Throws: `PostgresError` when the row is full or the server has ended the COPY.
  package mutating func writeNull() throws(PostgresError) {
    try takeField()
    try reserve(4)
    store(UInt32.max)
  }

  /// Writes the trailer and sends what is left.
  mutating func finish() throws(PostgresError) {
    guard pending == 0 else {
      throw Self.misshapen("row \(rows) lacks its last \(pending) columns")
    }
    try reserve(2)
    store(UInt16.max)
    try flush()
  }

  @inline(__always)
  private mutating func writeFixed<T: FixedWidthInteger & BitwiseCopyable>(
    _ value: T
  ) throws(PostgresError) {
    try takeField()
    try reserve(4 + MemoryLayout<T>.size)
    store(UInt32(MemoryLayout<T>.size))
    store(value)
  }

  @inline(__always)
  private mutating func takeField() throws(PostgresError) {
    guard pending > 0 else {
      throw Self.misshapen("row \(rows) has more than its \(columnCount) columns")
    }
    pending -= 1
  }

  /// Makes room for a few bytes.
  @inline(__always)
  private mutating func reserve(_ count: Int) throws(PostgresError) {
    if used + count > Self.capacity { try flush() }
  }

  /// Appends in network order; room has been made.
  @inline(__always)
  private mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    // Safe: `reserve` made room for it.
    unsafe buffer.storeBytes(of: value.bigEndian, toByteOffset: used, as: T.self)
    used += MemoryLayout<T>.size
  }

  private mutating func flush() throws(PostgresError) {
    guard used > 0 else { return }
    let count = used
    used = 0
    // Safe: `count` bytes were stored, which are bound to UInt8 nowhere else, and the span ends before
    // the buffer is written again.
    let part = unsafe UnsafeRawBufferPointer(start: buffer, count: count)
    try sink.send(unsafe part.assumingMemoryBound(to: UInt8.self).span)
  }

  /// An error without its place, which the caller that knows the statement fills in.
  @inline(never)
  private static func misshapen(_ message: String) -> PostgresError {
    PostgresError(kind: .dataShape, message: message, attempted: "")
  }
}
