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
