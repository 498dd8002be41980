/// A hash of columns of numbers, 128 bits: tells, not against malice, whether data are the same.
package struct Fingerprint {
  private var first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var second: UInt64 = 0xC2B2_AE3D_27D4_EB4F

  /// A hash of nothing yet.
  package init() {}

  /// Takes in a number; which ones came before, and in what order, matters.
  package mutating func add(_ word: UInt64) {
    // Each step is a bijection of either half, so that no word is lost.
    first = (first ^ word) &* 0xFF51_AFD7_ED55_8CCD
    first ^= first >> 32
    second = (second &+ word) &* 0x9FB2_1C65_1E98_DF25
    second ^= second >> 29
  }

  /// Takes in a column and its length.
  package mutating func add(_ column: [some FixedWidthInteger]) {
    add(UInt64(column.count))
    for value in column { add(UInt64(truncatingIfNeeded: value)) }
  }

  /// Takes in a column of weights by their bits.
  package mutating func add(_ column: [Float]) {
    add(UInt64(column.count))
    for value in column { add(UInt64(value.bitPattern)) }
  }

  /// Takes in identifiers.
  package mutating func add(_ vocabulary: Vocabulary) {
    switch vocabulary.identifiers {
    case .integers(let values): add(values)
    case .uuids(let values):
      add(UInt64(values.count))
      for value in values {
        add(UInt64(truncatingIfNeeded: value))
        add(UInt64(truncatingIfNeeded: value >> 64))
      }
    case .texts(let values):
      add(UInt64(values.count))
      for value in values { add([UInt8](value.utf8)) }
    }
  }

  /// 64 bits of it.
  package var short: UInt64 {
    var last = self
    last.add(first ^ second)
    last.add(0)
    return last.first ^ last.second
  }

  /// 32 hexadecimal digits.
  package var text: String {
    var last = self
    last.add(first ^ second)
    last.add(0)
    return [last.first, last.second].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
