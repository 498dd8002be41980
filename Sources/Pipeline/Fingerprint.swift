import Interactions

/// A hash of columns of numbers, 128 bits: tells, not against malice, whether data are the same.
struct Fingerprint {
  private var first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var second: UInt64 = 0xC2B2_AE3D_27D4_EB4F

  /// Takes in a number; which ones came before, and in what order, matters.
  mutating func add(_ word: UInt64) {
    // Each step is a bijection of either half, so that no word is lost.
    first = (first ^ word) &* 0xFF51_AFD7_ED55_8CCD
    first ^= first >> 32
    second = (second &+ word) &* 0x9FB2_1C65_1E98_DF25
    second ^= second >> 29
  }

  /// Takes in a column and its length.
  mutating func add(_ column: [some FixedWidthInteger]) {
    add(UInt64(column.count))
    for value in column { add(UInt64(truncatingIfNeeded: value)) }
  }

  /// Takes in a column of weights by their bits.
  mutating func add(_ column: [Float]) {
    add(UInt64(column.count))
    for value in column { add(UInt64(value.bitPattern)) }
  }

  /// Takes in identifiers.
  mutating func add(_ vocabulary: Vocabulary) {
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
  var short: UInt64 {
    var last = self
    last.add(first ^ second)
    last.add(0)
    return last.first ^ last.second
  }

  /// 32 hexadecimal digits.
  var text: String {
    var last = self
    last.add(first ^ second)
    last.add(0)
    return [last.first, last.second].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

extension Pulled {
  /// Tells whether another pull gave the same to train on.
  ///
  /// Who gets a list, and of what, is not in it: a run that goes on asks for that anew.
  var fingerprint: String {
    var fingerprint = Fingerprint()
    fingerprint.add(users)
    fingerprint.add(items)
    fingerprint.add(table.offsets)
    fingerprint.add(table.items)
    fingerprint.add(table.seconds)
    fingerprint.add(table.weights)
    if let negatives {
      fingerprint.add(negatives.items.offsets)
      fingerprint.add(negatives.items.items)
      fingerprint.add(negatives.weights)
    }
    if let features {
      fingerprint.add(features.userNames)
      fingerprint.add(features.itemNames)
      for lists in [features.content.users, features.content.items] {
        fingerprint.add(lists.offsets)
        fingerprint.add(lists.features)
        fingerprint.add(lists.weights)
      }
    }
    for time in [times.watermark, times.recentFrom, times.latest] {
      fingerprint.add(UInt64(bitPattern: time))
    }
    return fingerprint.text
  }
}
