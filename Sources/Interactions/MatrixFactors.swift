/// A matrix factorisation: the score of a user and an item is `u . i + userBias + itemBias`.
package struct MatrixFactors: Sendable, Equatable {
  /// Numbers in a user's and in an item's vector.
  package let width: Int
  /// How many users have a vector.
  package let userCount: Int
  /// How many items have a vector.
  package let itemCount: Int
  /// Users' vectors, `userCount` x `width`, row-major.
  package var users: [Float]
  /// Items' vectors, `itemCount` x `width`, row-major.
  package var items: [Float]
  /// One for each user, or none: all 0.
  package var userBiases: [Float]
  /// One for each item, or none: all 0.
  package var itemBiases: [Float]

  /// Takes vectors that are laid out already.
  ///
  /// - Parameters:
  ///   - width: numbers in a vector, above 0.
  ///   - userCount: how many users.
  ///   - itemCount: how many items.
  ///   - users: `userCount` x `width`.
  ///   - items: `itemCount` x `width`.
  ///   - userBiases: one for each user, or none.
  ///   - itemBiases: one for each item, or none.
  package init(
    width: Int, userCount: Int, itemCount: Int, users: [Float], items: [Float],
    userBiases: [Float] = [], itemBiases: [Float] = []
  ) {
    precondition(width > 0, "a vector has one number at least")
    precondition(users.count == userCount * width && items.count == itemCount * width)
    precondition(userBiases.isEmpty || userBiases.count == userCount)
    precondition(itemBiases.isEmpty || itemBiases.count == itemCount)
    (self.width, self.userCount, self.itemCount, self.users) = (width, userCount, itemCount, users)
    (self.items, self.userBiases, self.itemBiases) = (items, userBiases, itemBiases)
  }

  /// Whether there are biases of users or of items.
  package var hasBiases: Bool { !userBiases.isEmpty || !itemBiases.isEmpty }

  /// The score of a user and an item, in double precision.
  ///
  /// - Parameters:
  ///   - user: in `0..<userCount`.
  ///   - item: in `0..<itemCount`.
  /// - Returns: `u . i + userBias + itemBias`.
  package func score(user: Int, item: Int) -> Double {
    var sum = userBiases.isEmpty ? 0 : Double(userBiases[user])
    if !itemBiases.isEmpty { sum += Double(itemBiases[item]) }
    for column in 0..<width {
      sum += Double(users[user * width + column]) * Double(items[item * width + column])
    }
    return sum
  }
}
