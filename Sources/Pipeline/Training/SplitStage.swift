import Interactions
import Source

/// Stage 2: hold out each user's latest.
///
/// In: the interaction table, its events in order of time, and for a fine-tune what is new in it. Out: per
/// user the latest interaction for the test, the second latest for validation, the rest for training.
/// Durable: nothing.
struct SplitStage {
  /// What the model that is gone on from does not know; nil trains from scratch.
  var news: News?

  /// Divides the table; what the parent has learnt is not held out.
  func run(_ pulled: Dataset) -> Divided {
    let split = LeaveOneOutSplit(
      pulled.table, pulled.sequences, minimumInteractions: 3
    ) { user, row in
      news?.isLearnt(user, row) ?? false
    }
    return Divided(split: split, beforeTest: split.beforeTest, history: pulled.table.history)
  }
}

/// A split with the lists that evaluation leaves out.
struct Divided {
  /// Training positives and the two holdouts of each user.
  let split: LeaveOneOutSplit
  /// Training and validation items: what is known before the test.
  let beforeTest: UserItems
  /// Everything that the pull knows of each user.
  let history: UserItems
}
