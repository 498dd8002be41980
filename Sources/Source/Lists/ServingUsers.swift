package import Interactions

/// The users of a serving view, in one numbering: the dataset's, then newcomers, then everybody else who
/// gets a list.
package struct ServingUsers: Sendable {
  /// The dataset's users, with the dataset's indices.
  package let known: Vocabulary
  /// Users outside the dataset whom a model ranks by their features.
  package let newcomers: Vocabulary
  /// Other users outside the dataset: they get the popular list.
  package let others: Vocabulary

  /// How many users there are.
  package var count: Int { scorable + others.count }

  /// How many of them, the first ones, a model can score.
  package var scorable: Int { known.count + newcomers.count }

  /// Finds a user's id.
  ///
  /// - Parameter user: in `0..<count`.
  /// - Returns: the vocabulary that has it, and where.
  package func id(of user: Int) -> (ids: Vocabulary, index: Int) {
    if user < known.count { return (known, user) }
    return user < scorable ? (newcomers, user - known.count) : (others, user - scorable)
  }

  /// The numbers of all whom a model can score, in the order of their ids.
  func scorableInOrder() -> [UInt32] {
    var newcomer = UInt32(truncatingIfNeeded: known.count)
    return known.union(newcomers).indices(in: known).map { index in
      if let index { return UInt32(truncatingIfNeeded: index) }
      defer { newcomer += 1 }
      return newcomer
    }
  }
}
