import Interactions

/// An interaction table with its vocabularies, from which users can be left out.
struct KeptInteractions {
  /// The users' ids.
  private(set) var users: Vocabulary
  /// The items' ids.
  private(set) var items: Vocabulary
  /// Their interactions.
  private(set) var table: InteractionTable

  /// A table with its vocabularies.
  init(users: Vocabulary, items: Vocabulary, table: InteractionTable) {
    self.users = users
    self.items = items
    self.table = table
  }

  /// Leaves out users with fewer than `minimum` items, and items that nobody else has.
  ///
  /// - Returns: how many interactions went with them.
  mutating func drop(usersBelow minimum: Int) -> Int {
    let offsets = table.offsets
    let keptUsers = (0..<table.userCount).filter { offsets[$0 + 1] - offsets[$0] >= minimum }
    if keptUsers.count == table.userCount { return 0 }
    var itemIsKept = [Bool](repeating: false, count: table.itemCount)
    for user in keptUsers {
      for row in offsets[user]..<offsets[user + 1] { itemIsKept[Int(table.items[row])] = true }
    }
    let keptItems = itemIsKept.indices.filter { itemIsKept[$0] }
    var itemRemap = [UInt32](repeating: 0, count: table.itemCount)
    for (dense, item) in keptItems.enumerated() { itemRemap[item] = UInt32(dense) }

    var columns = InteractionColumns()
    for (dense, user) in keptUsers.enumerated() {
      for row in offsets[user]..<offsets[user + 1] {
        columns.append(
          user: UInt32(dense), item: table.items[row], second: table.seconds[row],
          weight: table.weights[row])
      }
    }
    let before = table.count
    table = InteractionTable(
      columns: columns, userRemap: keptUsers.indices.map { UInt32($0) }, itemRemap: itemRemap,
      userCount: keptUsers.count, itemCount: keptItems.count)
    users = users.keeping(keptUsers)
    items = items.keeping(keptItems)
    return before - table.count
  }
}

extension Vocabulary {
  /// The ids at some positions, which ascend.
  func keeping(_ positions: [Int]) -> Vocabulary {
    switch identifiers {
    case .integers(let values):
      Vocabulary(kind: kind, identifiers: .integers(positions.map { values[$0] }))
    case .uuids(let values):
      Vocabulary(kind: kind, identifiers: .uuids(positions.map { values[$0] }))
    case .texts(let values):
      Vocabulary(kind: kind, identifiers: .texts(positions.map { values[$0] }))
    }
  }
}
