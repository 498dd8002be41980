import Interactions

extension Positives {
  /// Where an interaction stands in a split.
  enum Standing {
    case training, validation, test
  }

  /// Some interactions of a table, in its order.
  ///
  /// - Parameters:
  ///   - table: what was split; it has the weights.
  ///   - split: how it was split.
  ///   - weighted: whether events have weights.
  ///   - isRefit: whether validation items are among them and the result is tested.
  ///   - picks: whether to take an interaction, by its user, its row and where it stands.
  init(
    picking table: InteractionTable, _ split: LeaveOneOutSplit, weighted: Bool, isRefit: Bool,
    where picks: (_ user: Int, _ row: Int, _ standing: Standing) -> Bool
  ) {
    var (offsets, items, weights): ([Int], [UInt32], [Float]) = ([0], [], [])
    offsets.reserveCapacity(table.userCount + 1)
    for user in 0..<table.userCount {
      for row in table.offsets[user]..<table.offsets[user + 1] {
        let item = Int32(table.items[row])
        let standing: Standing =
          item == split.test[user]
          ? .test : item == split.validation[user] ? .validation : .training
        guard picks(user, row, standing) else { continue }
        items.append(table.items[row])
        if weighted { weights.append(table.weights[row]) }
      }
      offsets.append(items.count)
    }
    self.init(
      items: UserItems(offsets: offsets, items: items), weights: weights, isRefit: isRefit)
  }
}

/// Draws which of the interactions that are learnt already are trained again.
struct Replay {
  private let seed: UInt64
  private let share: Double

  /// A draw of about `wanted` of `known` interactions; the same seed draws the same.
  init(wanted: Double, of known: Int, seed: UInt64) {
    self.seed = seed
    share = known > 0 ? min(1, wanted / Double(known)) : 0
  }

  /// Whether an interaction is drawn, by its row in the table.
  func takes(_ row: Int) -> Bool {
    if share >= 1 { return true }
    var random = CounterRandom(seed: seed, stream: UInt64(row))
    return random.uniform() < share
  }
}

/// What a fine-tune trains: where it starts, and on what.
struct Lesson {
  /// The parent, with rows for new users and items.
  let parent: News
  /// What is new, and replayed interactions among it.
  let positives: Positives
  /// How many of them are new.
  let new: Int
  /// How many the parent had learnt already.
  let replayed: Int

  /// Picks the training interactions that the parent has not learnt, and some that it has.
  ///
  /// In a backfill those from `--since` on are the new ones, and what the parent had held out.
  init(_ pulled: Pulled, _ divided: Divided, news: News, context: RunContext) {
    let (table, split) = (pulled.table, divided.split)
    let since = context.request.isBackfill ? pulled.times.since : nil
    func isNew(_ user: Int, _ row: Int) -> Bool {
      if let since {
        return Int64(table.seconds[row]) * 1_000_000 >= since || news.wasHeldOut(user, row)
      }
      return !news.isLearnt(user, row)
    }
    var new = 0
    for user in 0..<table.userCount {
      for row in table.offsets[user]..<table.offsets[user + 1]
      where split.isTraining(user: user, item: table.items[row]) && isNew(user, row) {
        new += 1
      }
    }
    let replay = Replay(
      wanted: context.job.nightly.replay * Double(new), of: split.training.count - new,
      seed: context.seed &+ UInt64(bitPattern: pulled.times.latest) &+ 11)
    positives = Positives(
      picking: table, split, weighted: context.job.source.isWeighted, isRefit: false
    ) { user, row, standing in
      standing == .training && (isNew(user, row) || replay.takes(row))
    }
    parent = news
    self.new = new
    replayed = positives.items.count - new
  }
}

extension LeaveOneOutSplit {
  /// Whether a user's item is not held out.
  func isTraining(user: Int, item: UInt32) -> Bool {
    Int32(item) != test[user] && Int32(item) != validation[user]
  }
}
