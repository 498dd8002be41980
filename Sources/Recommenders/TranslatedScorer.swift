import FoundationEssentials
import Interactions

/// A model seen through other indices: users or items that it doesn't know score lowest.
package struct TranslatedScorer: Scorer {
  private let scorer: PublishedScorer
  private let users: IndexMap
  private let items: IndexMap

  /// A view of `scorer`; what is none in a map it doesn't know.
  init(_ scorer: PublishedScorer, users: IndexMap, items: IndexMap) {
    (self.scorer, self.users, self.items) = (scorer, users, items)
  }

  /// How many users can be asked for.
  var userCount: Int { users.count }
  /// How many items can be asked for.
  var itemCount: Int { items.count }

  /// Working memory for one thread.
  func makeScratch() -> PublishedScorer.Scratch { scorer.makeScratch() }

  /// Scores users against consecutive items, row by row.
  func fill(
    _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
    scratch: inout PublishedScorer.Scratch
  ) {
    for row in users.indices {
      fill(
        &scores, at: row * items.count, user: Int(users[row]), count: items.count,
        item: { items.lowerBound + $0 }, &scratch)
    }
  }

  /// Scores a user against any items.
  func fill(
    _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>,
    scratch: inout PublishedScorer.Scratch
  ) {
    fill(&scores, at: 0, user: user, count: items.count, item: { Int(items[$0]) }, &scratch)
  }

  private func fill(
    _ scores: inout MutableSpan<Float>, at base: Int, user: Int, count: Int, item: (Int) -> Int,
    _ scratch: inout PublishedScorer.Scratch
  ) {
    var known: [UInt32] = []
    let own = users[user]
    for place in 0..<count {
      if own != nil, let index = items[item(place)] {
        known.append(UInt32(truncatingIfNeeded: index))
      }
      scores[base + place] = -.greatestFiniteMagnitude
    }
    guard let own, !known.isEmpty else { return }
    var found = [Float](repeating: 0, count: known.count)
    var span = found.mutableSpan
    scorer.fill(&span, user: own, items: known.span, scratch: &scratch)
    var next = 0
    for place in 0..<count where items[item(place)] != nil {
      scores[base + place] = span[next]
      next += 1
    }
  }
}
