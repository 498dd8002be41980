package import Interactions
package import Parallelism

/// The best items of each of some users, best first.
package struct RecommendationLists: Sendable, Equatable {
  /// Whose lists these are, one user a list.
  package let users: [UInt32]
  /// Where each list begins in `items`, and at last the end: `users.count + 1` numbers.
  package let offsets: [Int]
  /// The lists one after the other; a list is short, or empty, when the user's items run out.
  package let items: [UInt32]
  /// The score of each item, descending within a list.
  package let scores: [Float]
  /// For each list `log sum exp(scale s)` over all items that the history doesn't hold; empty when `topK` was
  /// given no scale.
  package let logSums: [Float]

  /// Takes lists that are laid out already.
  ///
  /// - Parameters:
  ///   - users: one a list.
  ///   - offsets: `users.count + 1` positions in `items`, ascending from 0 to its end.
  ///   - items: the lists one after the other, best first.
  ///   - scores: as many as items.
  ///   - logSums: one a list, or none.
  package init(
    users: [UInt32], offsets: [Int], items: [UInt32], scores: [Float], logSums: [Float] = []
  ) {
    precondition(offsets.count == users.count + 1, "a list needs a beginning and an end")
    precondition(
      offsets.last == items.count && items.count == scores.count, "lists of another length")
    precondition(logSums.isEmpty || logSums.count == users.count, "sums of other lists")
    (self.users, self.offsets, self.items, self.scores) = (users, offsets, items, scores)
    self.logSums = logSums
  }

  /// Joins the lists of blocks of users.
  init(users: [UInt32], blocks: [BlockLists]) {
    var (offsets, items, scores): ([Int], [UInt32], [Float]) = ([0], [], [])
    offsets.reserveCapacity(users.count + 1)
    items.reserveCapacity(blocks.reduce(0) { $0 + $1.items.count })
    scores.reserveCapacity(items.capacity)
    for block in blocks {
      offsets += block.ends.map { items.count + $0 }
      items += block.items
      scores += block.scores
    }
    self.init(
      users: users, offsets: offsets, items: items, scores: scores,
      logSums: blocks.flatMap(\.logSums))
  }

  /// How many lists there are, empty ones too.
  package var count: Int { users.count }

  /// Finds where a list lies in `items` and `scores`.
  ///
  /// - Parameter list: in `0..<count`, a position in `users`.
  /// - Returns: positions, best item first.
  package func range(ofList list: Int) -> Range<Int> { offsets[list]..<offsets[list + 1] }
}

/// Finds each user's best items among all that the history doesn't hold.
///
/// Scores are looked at tile by tile and never kept: memory is a tile a thread and the lists
/// themselves. The result is the same with any number of threads. A caller with many users, who
/// wants to write lists while others are made or to be stopped in between, passes some users at a
/// time; a multiple of `tile.users` gives the same bits as all at once.
///
/// - Parameters:
///   - scorer: what says how well items suit users. An item with the score NaN or minus infinity is
///     never listed.
///   - users: whose lists to make, each in `0..<scorer.userCount`.
///   - k: how long a list may be, 1 or more.
///   - history: for each user of the scorer the items that are not listed.
///   - eligible: for each item whether it may be listed; `nil` when all may.
///   - cap: how many items of one group a list may hold; `nil` for no limit.
///   - scale: what scores are multiplied by in the lists' `logSums`, which are over all items outside the
///     history, those that may not be listed among them; `nil` when they are not wanted.
///   - pool: who works.
///   - tile: how users and items are grouped.
/// - Returns: a list a user, in the order of `users`; of two items with the same score the one with
///   the lower index comes first.
package func topK(
  _ scorer: some Scorer, users: [UInt32], k: Int, history: UserItems, eligible: [Bool]? = nil,
  cap: GroupCap? = nil, scale: Float? = nil, pool: WorkerPool, tile: TileShape = TileShape()
) -> RecommendationLists {
  precondition(k > 0, "a list of \(k) items")
  precondition(history.userCount >= scorer.userCount, "a history of other users")
  precondition(eligible.map { $0.count >= scorer.itemCount } ?? true, "a mask of other items")
  precondition(cap.map { $0.groups.count >= scorer.itemCount } ?? true, "groups of other items")
  let barred = eligible.map { mask in
    (0..<scorer.itemCount).filter { !mask[$0] }.map { UInt32($0) }
  }
  let blocks = pool.map(
    tile.blocks(of: users.count),
    makeScratch: { BlockRanker(scorer, k: k, cap: cap, scale: scale, tile: tile) }
  ) { index, ranker in
    ranker.lists(
      of: Array(users[tile.block(index, of: users.count)]), history: history,
      barred: barred ?? [])
  }
  return RecommendationLists(users: users, blocks: blocks)
}

/// The lists of one block of users.
struct BlockLists: Sendable {
  var ends: [Int] = []
  var items: [UInt32] = []
  var scores: [Float] = []
  /// A rank for each user and question of a `CatalogueScan`.
  var ranks: [Int32] = []
  /// A user's each, where they are wanted.
  var logSums: [Float] = []
}

/// One thread's memory for ranking blocks of users.
private struct BlockRanker<Model: Scorer> {
  private let scorer: Model
  private let tile: TileShape
  private var scratch: Model.Scratch
  private var scores: [Float]
  private var best: [BestItems]
  /// Each row's sum; none when they are not wanted.
  private var sums: [SoftmaxSum]
  /// Each row's next place in the history.
  private var cursors: [Int]

  init(_ scorer: Model, k: Int, cap: GroupCap?, scale: Float?, tile: TileShape) {
    (self.scorer, self.tile) = (scorer, tile)
    scratch = scorer.makeScratch()
    scores = [Float](repeating: 0, count: tile.users * min(tile.items, max(scorer.itemCount, 1)))
    best = (0..<tile.users).map { _ in
      BestItems(capacity: min(k, max(scorer.itemCount, 1)), cap: cap)
    }
    sums = scale.map { Array(repeating: SoftmaxSum(scale: $0), count: tile.users) } ?? []
    cursors = [Int](repeating: 0, count: tile.users)
  }

  /// Ranks one block; `barred` are the items that nobody may get, ascending.
  mutating func lists(of users: [UInt32], history: UserItems, barred: [UInt32]) -> BlockLists {
    for row in users.indices {
      best[row].reset()
      if !sums.isEmpty { sums[row].reset() }
      cursors[row] = history.offsets[Int(users[row])]
    }
    var nextBarred = 0
    var start = 0
    while start < scorer.itemCount {
      let items = start..<min(start + tile.items, scorer.itemCount)
      var endBarred = nextBarred
      while endBarred < barred.count, barred[endBarred] < items.upperBound { endBarred += 1 }
      if endBarred - nextBarred < items.count || !sums.isEmpty {
        scorer.fill(&scores, from: 0, users: users, items: items, scratch: &scratch)
        for row in users.indices {
          exclude(history, user: Int(users[row]), row: row, items: items)
          let base = row * items.count
          if !sums.isEmpty { sums[row].add(scores, in: base..<base + items.count) }
          for position in nextBarred..<endBarred {
            scores[base + Int(barred[position]) - start] = -.infinity
          }
          best[row].offer(scores, in: base..<base + items.count, firstItem: start)
        }
      }
      nextBarred = endBarred
      start = items.upperBound
    }
    var lists = BlockLists()
    for row in users.indices { best[row].append(to: &lists) }
    if !sums.isEmpty { lists.logSums = users.indices.map { sums[$0].logarithm } }
    return lists
  }

  /// Puts a user's own items out of reach, where the sorted history meets this tile.
  private mutating func exclude(
    _ history: UserItems, user: Int, row: Int, items: Range<Int>
  ) {
    var cursor = cursors[row]
    let end = history.offsets[user + 1]
    // Tiles without an eligible item were not scored; the history may lag behind them.
    while cursor < end, history.items[cursor] < items.lowerBound { cursor += 1 }
    let base = row * items.count - items.lowerBound
    while cursor < end, history.items[cursor] < items.upperBound {
      scores[base + Int(history.items[cursor])] = -.infinity
      cursor += 1
    }
    cursors[row] = cursor
  }
}
