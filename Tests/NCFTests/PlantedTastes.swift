import Interactions
import SyntheticData

/// A log with tastes in it, split for training.
struct PlantedTastes {
  let table: InteractionTable
  let split: HoldoutSplit

  init(users: Int, items: Int, eventsPerUser: Double, seed: UInt64) {
    let world = PlantedWorld(
      users: users, items: items, eventsPerUser: eventsPerUser, days: 90,
      endingAt: 1_700_000_000, seed: seed)
    var columns = InteractionColumns()
    world.events(days: 0..<90) { user, item, second in
      columns.append(user: UInt32(user), item: UInt32(item), second: UInt32(second))
    }
    table = InteractionTable(
      columns: columns, users: .identity(users), items: .identity(items),
      userCount: users, itemCount: items)
    split = HoldoutSplit(table, UserSequences(firstEventsOf: table))
  }
}
