/// A value for `$1`, `$2`, … of a statement.
///
/// All but `bytes` travel as text without a declared type, so that the server infers the type from
/// the statement; `bytes` travels in binary as `bytea`.
package enum Parameter: Sendable, Equatable {
  case null
  case text(String)
  case integer(Int64)
  case double(Double)
  case boolean(Bool)
  case bytes([UInt8])
}

extension Parameter: ExpressibleByStringLiteral {
  /// Takes a text as it is written in the source.
  ///
  /// - Parameter value: the literal.
  package init(stringLiteral value: String) { self = .text(value) }
}

extension Parameter: ExpressibleByIntegerLiteral {
  /// Takes an integer as it is written in the source.
  ///
  /// - Parameter value: the literal.
  package init(integerLiteral value: Int64) { self = .integer(value) }
}

extension Parameter: ExpressibleByFloatLiteral {
  /// Takes a `double precision` as it is written in the source.
  ///
  /// - Parameter value: the literal.
  package init(floatLiteral value: Double) { self = .double(value) }
}

extension Parameter: ExpressibleByBooleanLiteral {
  /// Takes a boolean as it is written in the source.
  ///
  /// - Parameter value: the literal.
  package init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension Parameter: ExpressibleByNilLiteral {
  /// Takes `nil` for SQL's NULL.
  ///
  /// - Parameter nilLiteral: nothing.
  package init(nilLiteral: ()) { self = .null }
}

/// Texts laid out for C: one buffer, each text ended by a zero byte, and a pointer to each.
struct CStringList {
  private var bytes: [CChar] = []
  /// Where each text starts in `bytes`; `nil` stands for a null pointer.
  private var starts: [Int?] = []

  var count: Int { starts.count }

  mutating func append(_ text: String?) {
    guard let text else { return starts.append(nil) }
    starts.append(bytes.count)
    for byte in text.utf8 { bytes.append(CChar(bitPattern: byte)) }
    bytes.append(0)
  }

  mutating func append(bytes raw: [UInt8]) {
    starts.append(bytes.count)
    for byte in raw { bytes.append(CChar(bitPattern: byte)) }
    bytes.append(0)
  }

  /// Lends an array of pointers, followed by a null pointer; all are valid during `body` only.
  func withPointers<R>(_ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R) -> R? {
    // Safe: every start is an index into `bytes`, which is not touched while it is lent; both
    // buffers have at least one element, so both have a base address.
    unsafe (bytes.isEmpty ? [0] : bytes).withUnsafeBufferPointer { buffer in
      let base = buffer.baseAddress
      var pointers: [UnsafePointer<CChar>?] = unsafe starts.map { start in
        guard let start, let base = unsafe base else { return nil }
        return unsafe base + start
      }
      unsafe pointers.append(nil)
      return unsafe pointers.withUnsafeBufferPointer { array in
        guard let first = array.baseAddress else { return nil }
        return unsafe body(first)
      }
    }
  }
}
