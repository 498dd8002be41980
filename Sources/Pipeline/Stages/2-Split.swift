import Interactions

/// A split with the lists that evaluation leaves out.
struct Divided {
  /// Training positives and the two holdouts of each user.
  let split: LeaveOneOutSplit
  /// Training and validation items: what is known before the test.
  let beforeTest: UserItems
  /// Everything that the pull knows of each user.
  let history: UserItems
}

/// Stage 2: hold out each user's latest.
///
/// In: the interaction table. Out: per user the latest interaction for the test, the second
/// latest for validation, the rest for training. Durable: nothing.
struct SplitStage {
  /// Divides the table.
  func run(_ pulled: Pulled) -> Divided {
    let split = LeaveOneOutSplit(pulled.table, minimumInteractions: 3)
    return Divided(split: split, beforeTest: split.beforeTest, history: pulled.table.history)
  }
}
