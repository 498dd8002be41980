/// How many users are scored together, against how many items at a time.
///
/// A tile's scores should fit the first cache beside the item rows that make them. The shape may
/// change the last bits of scores; the number of threads never does.
package struct TileShape: Sendable, Equatable {
  /// Users in a block.
  package let users: Int
  /// Consecutive items in a tile.
  package let items: Int

  /// Sets a shape.
  ///
  /// - Parameters:
  ///   - users: 1 or more.
  ///   - items: 1 or more.
  package init(users: Int = 8, items: Int = 512) {
    precondition(users > 0 && items > 0, "a tile needs a user and an item")
    (self.users, self.items) = (users, items)
  }

  /// Cuts a number of users into blocks.
  func blocks(of count: Int) -> Int { (count + users - 1) / users }

  /// Returns the positions of a block's users.
  func block(_ index: Int, of count: Int) -> Range<Int> {
    index * users..<min((index + 1) * users, count)
  }
}
