import Interactions
import Postgres

/// Reads the ids of one column as rows arrive, and numbers those of rows that are kept.
struct IdentifierColumn {
  /// What a field held.
  enum Field {
    case usable, null, tooLong
  }

  /// The longest text id, bytes.
  static let longest = 512

  private let kind: IdentifierKind
  private var builder: VocabularyBuilder
  private var integer: Int64 = 0
  private var uuid: UInt128 = 0
  private var text: [UInt8] = []

  /// A column of ids of one type.
  init(kind: IdentifierKind) {
    self.kind = kind
    builder = VocabularyBuilder(kind: kind)
    text.reserveCapacity(Self.longest)
  }

  /// Reads the row's next field and keeps it for `intern()`; adds its length to `bytes`.
  mutating func read(_ row: inout CopyRow, bytes: inout Int) throws -> Field {
    switch kind {
    case .bigint, .integer:
      guard let value = try row.nextInt64() else { return .null }
      integer = value
      bytes += 8
      return .usable
    case .uuid:
      guard let value = try row.nextUUID() else { return .null }
      uuid = value
      bytes += 16
      return .usable
    case .text:
      text.removeAll(keepingCapacity: true)
      var length = 0
      let present: Void? = try row.nextBytes { field in
        length = field.count
        if length <= Self.longest {
          for index in field.indices { text.append(field[index]) }
        }
      }
      bytes += length
      return present == nil ? .null : length > Self.longest ? .tooLong : .usable
    }
  }

  /// Numbers the id that was read last.
  mutating func intern() -> UInt32 {
    switch kind {
    case .bigint, .integer: return builder.intern(integer)
    case .uuid: return builder.intern(uuid)
    case .text:
      // A second reference, gone before the next row: the span must not be of `self`.
      let bytes = text
      return builder.intern(utf8: bytes.span)
    }
  }

  /// Adds the id that was read last to a hash.
  func hash(into fingerprint: inout Fingerprint) {
    switch kind {
    case .bigint, .integer: fingerprint.add(UInt64(bitPattern: integer))
    case .uuid:
      fingerprint.add(UInt64(truncatingIfNeeded: uuid))
      fingerprint.add(UInt64(truncatingIfNeeded: uuid >> 64))
    case .text: fingerprint.add(text)
    }
  }

  /// Takes in the ids of another column; returns for each of its numbers the one here.
  mutating func absorb(_ other: consuming IdentifierColumn) -> [UInt32] {
    builder.absorb(other.builder)
  }

  /// The vocabulary, and the dense index of each number given.
  consuming func finish() -> (Vocabulary, map: IndexMap) { builder.finish() }
}

extension IdentifierKind {
  /// The kind of a column's type; nil for types that ids can't have.
  init?(typeOID: UInt32) {
    switch typeOID {
    case 21, 23: self = .integer
    case 20: self = .bigint
    case 2950: self = .uuid
    case 25, 1042, 1043: self = .text
    default: return nil
    }
  }
}
