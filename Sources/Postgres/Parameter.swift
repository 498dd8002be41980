/// A value for `$1`, `$2`, … of a statement; an optional one that is nil is NULL.
package protocol ParameterValue {
  /// The value as the server takes it.
  var parameter: Parameter { get }
}

/// What a statement's `$1`, `$2`, … are sent as.
package enum Parameter: ParameterValue, Equatable {
  /// A text, of which the server infers the type.
  case text(String)
  /// A `bytea`, sent as it is.
  case bytes([UInt8])

  /// The value itself.
  package var parameter: Parameter { self }
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
