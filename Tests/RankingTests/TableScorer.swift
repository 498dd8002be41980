import Interactions

/// Scores that are written down: a row a user.
struct TableScorer: Scorer {
  let rows: [[Float]]
  let itemCount: Int

  init(_ rows: [[Float]], itemCount: Int? = nil) {
    self.rows = rows
    self.itemCount = itemCount ?? rows.first?.count ?? 0
  }

  /// Draws scores from so few values that there are many ties, with NaN and both infinities.
  init(users: Int, items: Int, seed: UInt64, levels: Int, odd: Bool = false) {
    var random = CounterRandom(seed: seed, stream: 0)
    rows = (0..<users).map { _ in
      (0..<items).map { _ in
        if odd, random.uniform() < 0.1 {
          return [Float.nan, .infinity, -.infinity][random.uniform(below: 3)]
        }
        return Float(random.uniform(below: levels)) - Float(levels / 2)
      }
    }
    itemCount = items
  }

  var userCount: Int { rows.count }

  func makeScratch() {}

  func fill(
    _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
    scratch: inout Void
  ) {
    precondition(scores.count == users.count * items.count)
    var next = 0
    for row in users.indices {
      for item in items {
        scores[next] = rows[Int(users[row])][item]
        next += 1
      }
    }
  }

  func fill(
    _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>, scratch: inout Void
  ) {
    precondition(scores.count == items.count)
    for index in items.indices { scores[index] = rows[user][Int(items[index])] }
  }
}

/// Makes a history in which users know from nothing to nearly everything.
func randomHistory(users: Int, items: Int, seed: UInt64) -> UserItems {
  var random = CounterRandom(seed: seed, stream: 1)
  return UserItems(
    lists: (0..<users).map { _ in
      let share = random.uniform() * random.uniform()
      return (0..<UInt32(items)).filter { _ in random.uniform() < share }
    })
}
