/// A sorted list of items for each user: training positives, or a history to leave out.
@frozen
package struct UserItems: Sendable, Equatable {
  /// Where each user's items begin in `items`, and at last their end: `userCount + 1` numbers.
  package let offsets: [Int]
  /// Every user's items one after the other, ascending and unique within a user.
  package let items: [UInt32]

  /// Takes lists that are laid out already.
  ///
  /// - Parameters:
  ///   - offsets: `userCount + 1` positions in `items`, ascending from 0 to `items.count`.
  ///   - items: ascending and unique between two offsets. This is not checked.
  package init(offsets: [Int], items: [UInt32]) {
    precondition(
      offsets.first == 0 && offsets.last == items.count, "offsets must span the items exactly")
    (self.offsets, self.items) = (offsets, items)
  }

  /// Lays out lists that are given one by one.
  ///
  /// - Parameter lists: one for each user, in any order and with repeats.
  package init(lists: [[UInt32]]) {
    var offsets = [0]
    var items: [UInt32] = []
    for list in lists {
      var previous: UInt32?
      for item in list.sorted() where item != previous {
        items.append(item)
        previous = item
      }
      offsets.append(items.count)
    }
    self.init(offsets: offsets, items: items)
  }

  /// How many users have a list, an empty one too.
  @inlinable package var userCount: Int { offsets.count - 1 }

  /// How many items there are in all lists together.
  @inlinable package var count: Int { items.count }

  /// Finds where a user's list lies in `items`.
  ///
  /// - Parameter user: in `0..<userCount`.
  /// - Returns: positions in `items`.
  @inlinable
  package func range(of user: Int) -> Range<Int> {
    offsets[user]..<offsets[user + 1]
  }

  /// Returns a user's items, ascending.
  ///
  /// - Parameter user: in `0..<userCount`.
  @inlinable
  package subscript(user: Int) -> ArraySlice<UInt32> {
    items[range(of: user)]
  }

  /// Tells whether an item is in a user's list; takes the logarithm of the list's length.
  ///
  /// - Parameters:
  ///   - user: in `0..<userCount`.
  ///   - item: any number.
  /// - Returns: whether the list holds it.
  @inlinable
  package func contains(user: Int, item: UInt32) -> Bool {
    let own = range(of: user)
    let place = lowerBound(in: own) { items[$0] < item }
    return place < own.upperBound && items[place] == item
  }
}
