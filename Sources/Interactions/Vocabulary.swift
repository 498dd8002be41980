/// The type that the source's identifiers have, which is the type they are published in.
package enum IdentifierKind: String, Sendable, Codable {
  case bigint
  case integer
  case uuid
  case text
}

/// The identifiers of the users, or of the items, in ascending order; a position is a dense index.
///
/// Order is by number, and by bytes for uuid and text, so it is the same wherever and in whatever
/// order the identifiers were met.
package struct Vocabulary: Sendable, Equatable {
  /// The identifiers themselves: ascending and unique.
  package enum Identifiers: Sendable {
    case integers([Int64])
    case uuids([UInt128])
    case texts([String])
  }

  /// The type in the source; `bigint` and `integer` come with `integers`, the others with their own.
  package let kind: IdentifierKind
  /// The identifiers, ascending and unique.
  package let identifiers: Identifiers

  /// Takes identifiers that are in order already.
  ///
  /// - Parameters:
  ///   - kind: their type in the source.
  ///   - identifiers: ascending, unique, of the form that belongs to the kind.
  package init(kind: IdentifierKind, identifiers: Identifiers) {
    switch (kind, identifiers) {
    case (.bigint, .integers), (.integer, .integers), (.uuid, .uuids), (.text, .texts): break
    default: preconditionFailure("identifiers of type \(kind.rawValue) in another form")
    }
    (self.kind, self.identifiers) = (kind, identifiers)
  }

  /// How many identifiers there are.
  package var count: Int {
    switch identifiers {
    case .integers(let values): values.count
    case .uuids(let values): values.count
    case .texts(let values): values.count
    }
  }

  /// Writes an identifier as PostgreSQL would.
  ///
  /// - Parameter index: in `0..<count`.
  /// - Returns: decimal digits, a lower-case uuid with hyphens, or the text itself.
  package func text(at index: Int) -> String {
    switch identifiers {
    case .integers(let values): String(values[index])
    case .uuids(let values): Self.text(ofUUID: values[index])
    case .texts(let values): values[index]
    }
  }

  /// Finds an identifier by its text form.
  ///
  /// - Parameter text: as `text(at:)` writes it; of a uuid any case, with or without hyphens.
  /// - Returns: its dense index, or `nil` when it is not there or not of this kind.
  package func index(of text: String) -> Int? {
    switch identifiers {
    case .integers(let values): Int64(text).flatMap { Self.search(values, $0, isBefore: <) }
    case .uuids(let values):
      Self.uuid(fromText: text).flatMap { Self.search(values, $0, isBefore: <) }
    case .texts(let values): Self.search(values, text, isBefore: Self.precedes)
    }
  }

  private static func search<Value>(
    _ values: [Value], _ wanted: Value, isBefore: (Value, Value) -> Bool
  ) -> Int? {
    let place = lowerBound(in: values.indices) { isBefore(values[$0], wanted) }
    return place < values.count && !isBefore(wanted, values[place]) ? place : nil
  }

  /// The order of texts: by their bytes.
  ///
  /// - Parameters:
  ///   - left: a text.
  ///   - right: another text.
  /// - Returns: whether `left` comes first.
  package static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}

extension Vocabulary.Identifiers: Equatable {
  /// Compares texts by their bytes: two spellings of an accent are two identifiers to PostgreSQL.
  package static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.integers(let left), .integers(let right)): left == right
    case (.uuids(let left), .uuids(let right)): left == right
    case (.texts(let left), .texts(let right)):
      left.elementsEqual(right) { $0.utf8.elementsEqual($1.utf8) }
    case (.integers, _), (.uuids, _), (.texts, _): false
    }
  }
}

extension Vocabulary {
  /// Writes a uuid in groups of 8, 4, 4, 4 and 12 hexadecimal digits.
  ///
  /// - Parameter value: its 16 bytes, the first one highest.
  /// - Returns: 36 characters in lower case.
  package static func text(ofUUID value: UInt128) -> String {
    var text = ""
    text.reserveCapacity(36)
    for digit in 0..<32 {
      if digit == 8 || digit == 12 || digit == 16 || digit == 20 { text.append("-") }
      let nibble = UInt8(truncatingIfNeeded: value >> UInt128(124 - 4 * digit)) & 15
      let character = nibble < 10 ? 48 + nibble : 87 + nibble
      text.unicodeScalars.append(Unicode.Scalar(character))
    }
    return text
  }

  /// Reads a uuid of 32 hexadecimal digits; hyphens are passed over.
  ///
  /// - Parameter text: in upper or lower case.
  /// - Returns: its 16 bytes, the first one highest, or `nil` when the text is not a uuid.
  package static func uuid(fromText text: String) -> UInt128? {
    var value: UInt128 = 0
    var digits = 0
    for byte in text.utf8 {
      let nibble: UInt8
      switch byte {
      case 48...57: nibble = byte - 48
      case 65...70: nibble = byte - 55
      case 97...102: nibble = byte - 87
      case 45: continue
      default: return nil
      }
      digits += 1
      guard digits <= 32 else { return nil }
      value = value << 4 | UInt128(nibble)
    }
    return digits == 32 ? value : nil
  }
}
