import Interactions
import Jobs
import RunSupport
import Source

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
  init(_ divided: Divided, news: News, context: RunContext) {
    let (pulled, split) = (divided.dataset, divided.split)
    let table = pulled.table
    let since =
      context.request.isBackfill && divided.clock == nil ? pulled.times.since : nil
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
      picking: table, split, weighted: context.job.source.isWeighted
    ) { user, row, standing in
      standing == .training && (isNew(user, row) || replay.takes(row))
    }
    parent = news
    self.new = new
    replayed = positives.items.count - new
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
