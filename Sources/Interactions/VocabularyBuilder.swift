/// Numbers identifiers in the order in which they are first met, then puts them in order.
///
/// While rows arrive the dense indices are not known yet, so an identifier gets a provisional number;
/// `finish()` tells which dense index each number became. A look-up is a hash table of four bytes a
/// slot beside the identifiers themselves, at most half full.
package struct VocabularyBuilder: Sendable {
  /// The type of the identifiers in the source.
  package let kind: IdentifierKind
  /// How many different identifiers have been met.
  package private(set) var count = 0

  private var integers: [Int64] = []
  private var uuids: [UInt128] = []
  /// The bytes of all texts, one after the other; `textEnds[n]` is where text n ends.
  private var textBytes: [UInt8] = []
  private var textEnds: [Int] = []
  private var slots = [UInt32](repeating: VocabularyBuilder.empty, count: 64)

  private static let empty = UInt32.max

  /// Begins with no identifiers.
  ///
  /// - Parameter kind: their type, which says which of the `intern` methods may be called.
  package init(kind: IdentifierKind) {
    self.kind = kind
  }

  /// Numbers a bigint or integer identifier.
  ///
  /// - Parameter identifier: new or met before.
  /// - Returns: its provisional number, the count before it when it is new.
  package mutating func intern(_ identifier: Int64) -> UInt32 {
    precondition(kind == .bigint || kind == .integer, "an integer among \(kind.rawValue) ids")
    var slot = Int(truncatingIfNeeded: Self.hash(identifier)) & (slots.count - 1)
    while slots[slot] != Self.empty {
      if integers[Int(slots[slot])] == identifier { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    integers.append(identifier)
    return occupy(slot)
  }

  /// Numbers a uuid.
  ///
  /// - Parameter identifier: its 16 bytes, the first one highest; new or met before.
  /// - Returns: its provisional number, the count before it when it is new.
  package mutating func intern(_ identifier: UInt128) -> UInt32 {
    precondition(kind == .uuid, "a uuid among \(kind.rawValue) ids")
    var slot = Int(truncatingIfNeeded: Self.hash(identifier)) & (slots.count - 1)
    while slots[slot] != Self.empty {
      if uuids[Int(slots[slot])] == identifier { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    uuids.append(identifier)
    return occupy(slot)
  }

  /// Numbers a text identifier that is given as bytes, without making a string of it.
  ///
  /// - Parameter utf8: valid UTF-8; new or met before.
  /// - Returns: its provisional number, the count before it when it is new.
  package mutating func intern(utf8: Span<UInt8>) -> UInt32 {
    precondition(kind == .text, "a text among \(kind.rawValue) ids")
    var slot = Int(truncatingIfNeeded: Self.hash(utf8)) & (slots.count - 1)
    while slots[slot] != Self.empty {
      if isText(Int(slots[slot]), equalTo: utf8) { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    for index in utf8.indices { textBytes.append(utf8[index]) }
    textEnds.append(textBytes.count)
    return occupy(slot)
  }

  /// Numbers a text identifier.
  ///
  /// - Parameter text: new or met before.
  /// - Returns: its provisional number, the count before it when it is new.
  package mutating func intern(_ text: String) -> UInt32 {
    let bytes = Array(text.utf8)
    return intern(utf8: bytes.span)
  }

  /// Takes in what another builder has met, as if it had been met here after all that was.
  ///
  /// - Parameter other: a builder of the same kind.
  /// - Returns: for each of its provisional numbers the one here.
  package mutating func absorb(_ other: VocabularyBuilder) -> [UInt32] {
    precondition(kind == other.kind, "\(other.kind.rawValue) ids among \(kind.rawValue) ids")
    switch kind {
    case .bigint, .integer: return other.integers.map { intern($0) }
    case .uuid: return other.uuids.map { intern($0) }
    case .text:
      return (0..<other.count).map { number in
        intern(utf8: other.textBytes.span.extracting(other.textRange(number)))
      }
    }
  }

  /// Puts the identifiers in order.
  ///
  /// - Returns: the vocabulary, and for each provisional number the dense index it became.
  package consuming func finish() -> (Vocabulary, map: IndexMap) {
    switch kind {
    case .bigint, .integer:
      let (sorted, map) = Self.ordered(integers)
      return (Vocabulary(kind: kind, identifiers: .integers(sorted)), map)
    case .uuid:
      let (sorted, map) = Self.ordered(uuids)
      return (Vocabulary(kind: kind, identifiers: .uuids(sorted)), map)
    case .text:
      let bytes = textBytes
      let ranges = textEnds.indices.map { ($0 == 0 ? 0 : textEnds[$0 - 1])..<textEnds[$0] }
      let order = ranges.indices.sorted {
        bytes[ranges[$0]].lexicographicallyPrecedes(bytes[ranges[$1]])
      }
      var indices = [Int32](repeating: -1, count: order.count)
      for (dense, provisional) in order.enumerated() { indices[provisional] = Int32(dense) }
      let texts = order.map { String(decoding: bytes[ranges[$0]], as: UTF8.self) }
      return (Vocabulary(kind: kind, identifiers: .texts(texts)), IndexMap(indices))
    }
  }

  /// Sorts identifiers and tells where each one went.
  private static func ordered<Identifier: Comparable>(
    _ identifiers: [Identifier]
  ) -> ([Identifier], map: IndexMap) {
    // Sorting pairs keeps a comparison within two neighbouring values instead of two look-ups.
    var pairs = identifiers.enumerated().map { ($0.element, UInt32($0.offset)) }
    pairs.sort { $0.0 < $1.0 }
    var indices = [Int32](repeating: -1, count: pairs.count)
    for (dense, pair) in pairs.enumerated() { indices[Int(pair.1)] = Int32(dense) }
    return (pairs.map(\.0), IndexMap(indices))
  }

  /// Enters the newest identifier at a free slot and makes room for the next one.
  private mutating func occupy(_ slot: Int) -> UInt32 {
    let number = UInt32(count)
    precondition(number <= Int32.max, "more identifiers than 31 bits can number")
    slots[slot] = number
    count += 1
    if count * 2 > slots.count { grow() }
    return number
  }

  /// Doubles the slots and enters every identifier again.
  private mutating func grow() {
    slots = [UInt32](repeating: Self.empty, count: slots.count * 2)
    for number in 0..<count {
      let hash =
        switch kind {
        case .bigint, .integer: Self.hash(integers[number])
        case .uuid: Self.hash(uuids[number])
        case .text: Self.hash(textBytes.span.extracting(textRange(number)))
        }
      var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[slot] != Self.empty { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(number)
    }
  }

  /// Finds where a text lies in `textBytes`.
  private func textRange(_ number: Int) -> Range<Int> {
    (number == 0 ? 0 : textEnds[number - 1])..<textEnds[number]
  }

  /// Compares a text that was met before with another one, byte by byte.
  private func isText(_ number: Int, equalTo utf8: Span<UInt8>) -> Bool {
    let range = textRange(number)
    guard range.count == utf8.count else { return false }
    for index in utf8.indices where textBytes[range.lowerBound + index] != utf8[index] {
      return false
    }
    return true
  }

  /// The hash of a number.
  static func hash(_ identifier: Int64) -> UInt64 {
    mixed(UInt64(bitPattern: identifier))
  }

  /// The hash of a uuid.
  static func hash(_ identifier: UInt128) -> UInt64 {
    mixed(
      mixed(UInt64(truncatingIfNeeded: identifier >> 64)) ^ UInt64(truncatingIfNeeded: identifier))
  }

  /// The hash of a text's bytes.
  static func hash(_ utf8: Span<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in utf8.indices { hash = (hash ^ UInt64(utf8[index])) &* 0x0000_0100_0000_01B3 }
    return mixed(hash)
  }
}
