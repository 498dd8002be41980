/// Finds the name that was most likely meant.
package enum Suggestion {
  /// The candidate nearest to `word`, if it is near enough to be a slip of the fingers.
  ///
  /// Letter case and the difference between `-` and `_` don't count. Of equally near candidates the
  /// first wins.
  package static func nearest(to word: String, among candidates: [String]) -> String? {
    let target = fold(word)
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
      let folded = fold(candidate)
      let found = distance(target, folded)
      // A third of the letters may differ; a single one always may, save in names of one letter.
      let limit = max(1, max(target.count, folded.count) / 3)
      guard found <= limit, found < max(target.count, folded.count) else { continue }
      if best.map({ found < $0.distance }) ?? true { best = (found, candidate) }
    }
    return best?.candidate
  }

  private static func fold(_ word: String) -> [UInt8] {
    word.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
      case UInt8(ascii: "-"): UInt8(ascii: "_")
      default: byte
      }
    }
  }

  /// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var before = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      for j in 0..<b.count {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
        row.append(cost)
      }
      (before, last) = (last, row)
    }
    return last[b.count]
  }
}
