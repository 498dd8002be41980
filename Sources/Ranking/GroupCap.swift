/// At most so many items of one group in a list.
package struct GroupCap: Sendable, Equatable {
  /// For each item its group, -1 for an item without one: of these a list may hold any number.
  package let groups: [Int32]
  /// The most items of one group.
  package let most: Int
  /// How many groups there are.
  package let groupCount: Int

  /// Takes the items' groups.
  ///
  /// - Parameters:
  ///   - groups: for each item its group, numbered from 0, or -1.
  ///   - most: 1 or more.
  package init(groups: [Int32], most: Int) {
    precondition(most >= 1, "a list without items")
    (self.groups, self.most) = (groups, most)
    groupCount = Int(groups.max() ?? -1) + 1
  }

  /// Finds an item's group; nil when it has none.
  package func group(of item: Int) -> Int? { groups[item] < 0 ? nil : Int(groups[item]) }
}
