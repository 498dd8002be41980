import Interactions

extension Scorer {
  /// Scores a block of users against consecutive items into a part of an array.
  func fill(
    _ scores: inout [Float], from start: Int, users: [UInt32], items: Range<Int>,
    scratch: inout Scratch
  ) {
    var all = scores.mutableSpan
    var part = all._mutatingExtracting(start..<start + users.count * items.count)
    fill(&part, users: users.span, items: items, scratch: &scratch)
  }

  /// Scores one user against some items into the beginning of an array.
  func fill(_ scores: inout [Float], user: Int, items: [UInt32], scratch: inout Scratch) {
    var all = scores.mutableSpan
    var part = all._mutatingExtracting(0..<items.count)
    fill(&part, user: user, items: items.span, scratch: &scratch)
  }
}
