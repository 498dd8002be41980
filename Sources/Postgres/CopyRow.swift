/// One row of a binary COPY, its fields read in order straight from the received bytes.
///
/// Each `next…` takes the next field; `nil` is SQL's NULL. Binary COPY carries no types, only
/// lengths: a field of another length than asked for is an error, so statements should cast their
/// columns. Fields that are not asked for are passed over.
@safe
package struct CopyRow: ~Copyable {
  /// How many fields the row has.
  package let columnCount: Int

  // Safe: `base` points at `end` readable bytes for as long as the row is lent to a closure; it
  // can't be copied out of there. Every read is checked against `end` first.
  private let base: UnsafeRawPointer
  private let end: Int
  private(set) var cursor: Int
  private var column = 0

  /// Starts at the first field's length.
  init(base: UnsafeRawPointer, end: Int, cursor: Int, columnCount: Int) {
    unsafe self.base = unsafe base
    self.end = end
    self.cursor = cursor
    self.columnCount = columnCount
  }

  /// The next field as `bigint`.
  ///
  /// - Throws: `PostgresError` of kind `.dataShape` when it has not 8 bytes or the row has no more.
  package mutating func nextInt64() throws(PostgresError) -> Int64? { try nextFixed() }

  /// The next field as `integer`.
  ///
  /// - Throws: `PostgresError` of kind `.dataShape` when it has not 4 bytes or the row has no more.
  package mutating func nextInt32() throws(PostgresError) -> Int32? { try nextFixed() }

  /// The next field as `smallint`.
  ///
  /// - Throws: `PostgresError` of kind `.dataShape` when it has not 2 bytes or the row has no more.
  package mutating func nextInt16() throws(PostgresError) -> Int16? { try nextFixed() }

  /// The next field as `double precision`.
  ///
  /// - Throws: `PostgresError` of kind `.dataShape` when it has not 8 bytes or the row has no more.
  package mutating func nextDouble() throws(PostgresError) -> Double? {
    guard let bits: UInt64 = try nextFixed() else { return nil }
    return Double(bitPattern: bits)
  }

  /// The next field as `real`.
  ///
  /// - Throws: `PostgresError` of kind `.dataShape` when it has not 4 bytes or the row has no more.
  package mutating func nextFloat() throws(PostgresError) -> Float? {
    guard let bits: UInt32 = try nextFixed() else { return nil }
    return Float(bitPattern: bits)
  }

  /// The next field as `boolean`.
  ///
  /// - Throws: `PostgresError` of kind `.dataShape` when it has not 1 byte or the row has no more.
  package mutating func nextBool() throws(PostgresError) -> Bool? {
    guard let byte: UInt8 = try nextFixed() else { return nil }
    return byte != 0
  }

  /// The next field as `uuid`, its first byte the most significant.
  ///
  /// - Throws: `PostgresError` of kind `.dataShape` when it has not 16 bytes or the row has no more.
  package mutating func nextUUID() throws(PostgresError) -> UInt128? { try nextFixed() }

  /// The next field as `timestamptz` (or `timestamp`): microseconds since 1970-01-01 00:00 UTC.
  ///
  /// `Int64.max` and `Int64.min` stand for infinity and minus infinity. The last thirty years that
  /// the server can hold (after AD 294246) don't fit and come as `Int64.max - 1`.
  ///
  /// - Throws: `PostgresError` of kind `.dataShape` when it has not 8 bytes or the row has no more.
  package mutating func nextTimestamp() throws(PostgresError) -> Int64? {
    guard let stored: Int64 = try nextFixed() else { return nil }
    if stored == .max || stored == .min { return stored }
    let (time, overflow) = stored.addingReportingOverflow(Timestamp.serverEpoch)
    return overflow ? .max - 1 : time
  }

  /// The next field as text.
  ///
  /// - Throws: `PostgresError` of kind `.dataShape` when it is not UTF-8 or the row has no more.
  package mutating func nextText() throws(PostgresError) -> String? {
    guard let length = try beginField() else { return nil }
    // Safe: `beginField` checked that `length` bytes follow the cursor.
    let bytes = unsafe UnsafeRawBufferPointer(start: base + cursor, count: length)
    cursor += length
    guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
      throw Self.malformed("column \(column) is not UTF-8")
    }
    return text
  }

  /// Lends the next field's bytes to `body`; returns `nil`, without a call, for NULL.
  ///
  /// - Parameter body: called at once; the span must not outlive the call.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws, or `PostgresError` of kind `.dataShape`.
  package mutating func nextBytes<R>(_ body: (Span<UInt8>) throws -> R) throws -> R? {
    guard let length = try beginField() else { return nil }
    // Safe: as in `nextText`; bytes are bound to UInt8 nowhere else.
    let bytes = unsafe UnsafeBufferPointer(
      start: (base + cursor).assumingMemoryBound(to: UInt8.self), count: length)
    cursor += length
    return try body(unsafe bytes.span)
  }

  /// Passes over the next field.
  ///
  /// - Throws: `PostgresError` of kind `.dataShape` when the row has no more.
  package mutating func skip() throws(PostgresError) {
    if let length = try beginField() { cursor += length }
  }

  /// Passes over what is left, so that `cursor` stands behind the row.
  mutating func skipRest() throws(PostgresError) {
    while column < columnCount { try skip() }
  }

  /// Takes a big-endian integer of exactly the size of `T`.
  @inline(__always)
  private mutating func nextFixed<T: FixedWidthInteger & BitwiseCopyable>()
    throws(PostgresError) -> T?
  {
    guard let length = try beginField() else { return nil }
    guard length == MemoryLayout<T>.size else {
      throw Self.malformed(
        "column \(column) has \(length) bytes where \(MemoryLayout<T>.size) were expected")
    }
    // Safe: `beginField` checked that `length` bytes follow the cursor.
    let value = unsafe base.loadUnaligned(fromByteOffset: cursor, as: T.self)
    cursor += length
    return T(bigEndian: value)
  }

  /// Reads a field's length; the cursor then stands at its first byte.
  @inline(__always)
  private mutating func beginField() throws(PostgresError) -> Int? {
    guard column < columnCount else {
      throw Self.malformed("the row has no more than \(columnCount) columns")
    }
    column += 1
    guard end - cursor >= 4 else { throw Self.malformed("the row ends before column \(column)") }
    // Safe: four bytes are left, as was just checked.
    let length = Int(
      Int32(bigEndian: unsafe base.loadUnaligned(fromByteOffset: cursor, as: Int32.self)))
    cursor += 4
    if length == -1 { return nil }
    guard length >= 0, length <= end - cursor else {
      throw Self.malformed("column \(column) is said to have \(length) bytes, which are not there")
    }
    return length
  }

  /// An error without its place, which the caller that knows the statement fills in.
  @inline(never)
  private static func malformed(_ message: String) -> PostgresError {
    PostgresError(kind: .dataShape, message: message, attempted: "")
  }
}

/// How the server counts time.
enum Timestamp {
  /// Microseconds from 1970-01-01 to 2000-01-01, both UTC: the server counts from the latter.
  static let serverEpoch: Int64 = 946_684_800_000_000
}
