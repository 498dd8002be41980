import Interactions

/// Damages sound inputs, by a seed: the same number always gives the same input.
struct Mutator {
  /// Sound inputs.
  let seeds: [[UInt8]]
  /// Pieces that mean something to whoever reads them.
  let words: [[UInt8]]

  private static let lengths: [Int64] = [
    0, 1, -1, 2, 7, 8, 16, 127, 128, 255, 256, 4_096, 32_767, 65_535, 65_536, 1 << 24,
    Int64(Int32.max), Int64(Int32.min), 1 << 32, 1 << 62, .max, .min,
  ]
  private static let numerals = [
    "0", "-1", "1e999", "-0", "nan", "inf", "0x10", "9223372036854775807", "9223372036854775808",
    "-9223372036854775809", "1e-400", "4611686018427387904", "٣", "1.7976931348623157e308",
  ].map { Array($0.utf8) }

  /// Makes an input.
  ///
  /// - Parameters:
  ///   - number: which one.
  ///   - seed: the run's.
  /// - Returns: a sound input with up to eight things done to it; now and then one as it was.
  func input(_ number: Int, seed: UInt64) -> [UInt8] {
    var random = CounterRandom(seed: seed, stream: UInt64(number))
    var bytes = pick(seeds, &random)
    if random.uniform(below: 64) == 0 { return bytes }
    for _ in 0...random.uniform(below: 8) { change(&bytes, &random) }
    return bytes
  }

  private func pick(_ list: [[UInt8]], _ random: inout CounterRandom) -> [UInt8] {
    list.isEmpty ? [] : list[random.uniform(below: list.count)]
  }

  private func change(_ bytes: inout [UInt8], _ random: inout CounterRandom) {
    guard !bytes.isEmpty else {
      bytes = pick(words, &random)
      return
    }
    let place = random.uniform(below: bytes.count)
    switch random.uniform(below: 10) {
    case 0: bytes[place] ^= 1 << UInt8(random.uniform(below: 8))
    case 1: bytes[place] = UInt8(random.uniform(below: 256))
    case 2: bytes.insert(contentsOf: pick(words, &random), at: place)
    case 3: replaceNumeral(&bytes, from: place, pick(Self.numerals, &random))
    case 4:
      let range = stretch(bytes, from: place, &random)
      bytes.removeSubrange(range)
    case 5:
      let copy = Array(bytes[stretch(bytes, from: place, &random)])
      let target = random.uniform(below: bytes.count)
      for _ in 0...random.uniform(below: 4) { bytes.insert(contentsOf: copy, at: target) }
    case 6:
      let other = pick(seeds, &random)
      guard !other.isEmpty else { return }
      let from = random.uniform(below: other.count)
      bytes = Array(bytes[..<place] + other[from...])
    case 7, 8: overwrite(&bytes, at: place, &random)
    default: bytes.removeSubrange(place...)
    }
  }

  private func stretch(
    _ bytes: [UInt8], from place: Int, _ random: inout CounterRandom
  ) -> Range<Int> {
    place..<min(bytes.count, place + 1 + random.uniform(below: 24))
  }

  /// Puts another numeral in the place of the first one from `start` on.
  private func replaceNumeral(_ bytes: inout [UInt8], from start: Int, _ numeral: [UInt8]) {
    let digits: ClosedRange<UInt8> = 0x30...0x39
    guard let begin = bytes[start...].firstIndex(where: digits.contains) else { return }
    let end = bytes[begin...].firstIndex { !digits.contains($0) } ?? bytes.count
    bytes.replaceSubrange(begin..<end, with: numeral)
  }

  /// Writes a length that someone may believe, in either byte order.
  private func overwrite(
    _ bytes: inout [UInt8], at place: Int, _ random: inout CounterRandom
  ) {
    let value = Self.lengths[random.uniform(below: Self.lengths.count)]
    let width = min(1 << random.uniform(below: 4), bytes.count - place)
    let isBigEndian = random.uniform(below: 2) == 0
    for index in 0..<width {
      let shift = 8 * (isBigEndian ? width - 1 - index : index)
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> Int64(shift))
    }
  }
}
