package import Interactions
package import Parallelism

/// What one look at all scores tells of users: where held-out items stand, and the best items.
package struct CatalogueScan: Sendable, Equatable {
  /// A held-out item of each user, to be ranked among the whole catalogue.
  package struct Question: Sendable {
    /// Each user's held-out item, -1 for users that are not tested.
    package let holdout: [Int32]
    /// For each user the items that are not compared with, as in `HoldoutRanks.full`.
    package let leavingOut: UserItems

    /// Asks for ranks.
    ///
    /// - Parameters:
    ///   - holdout: each user's held-out item, -1 for users that are not tested.
    ///   - leavingOut: for each user the items that are not compared with.
    package init(holdout: [Int32], leavingOut: UserItems) {
      precondition(leavingOut.userCount >= holdout.count, "a history of other users")
      (self.holdout, self.leavingOut) = (holdout, leavingOut)
    }
  }

  /// For each question the users' ranks, in the order of the users; -1 where there is no item.
  package let ranks: [[Int32]]
  /// Each user's best items.
  package let lists: RecommendationLists

  /// Scores users against everything once, where `HoldoutRanks.full` and `topK` would each do so.
  ///
  /// The scores of a block of users are kept for as long as the block is ranked: that is memory for
  /// `tile.users` times all items a thread.
  ///
  /// - Parameters:
  ///   - scorer: the model.
  ///   - users: whom to look at, each in `0..<scorer.userCount`. A multiple of `tile.users` at a time
  ///     gives the same bits as all at once.
  ///   - questions: what to rank.
  ///   - k: how long a list may be, 1 or more.
  ///   - history: for each user the items that are not listed.
  ///   - pool: who works; the result is the same with any number of threads.
  ///   - tile: how users and items are grouped.
  package init(
    _ scorer: some Scorer, users: [UInt32], questions: [Question], k: Int, history: UserItems,
    pool: WorkerPool, tile: TileShape = TileShape()
  ) {
    precondition(k > 0, "a list of \(k) items")
    precondition(history.userCount >= scorer.userCount, "a history of other users")
    let blocks = pool.map(
      tile.blocks(of: users.count),
      makeScratch: {
        (CatalogueRanker(scorer, tile: tile), BestItems(capacity: min(k, max(scorer.itemCount, 1))))
      }
    ) { index, scratch in
      var answers = BlockLists()
      let block = Array(users[tile.block(index, of: users.count)])
      scratch.0.score(block)
      for row in block.indices {
        let user = Int(block[row])
        for question in questions {
          let item = Int(question.holdout[user])
          answers.ranks.append(
            item < 0
              ? -1 : scratch.0.rank(row: row, item: item, leavingOut: question.leavingOut[user]))
        }
        scratch.1.reset()
        scratch.0.offer(row: row, to: &scratch.1, history: history[user])
        scratch.1.append(to: &answers)
      }
      return answers
    }
    let ranks = blocks.flatMap(\.ranks)
    lists = RecommendationLists(users: users, blocks: blocks)
    self.ranks = questions.indices.map { question in
      users.indices.map { ranks[$0 * questions.count + question] }
    }
  }
}
