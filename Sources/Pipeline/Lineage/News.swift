import Interactions
import Recommenders
import Source

/// What a dataset has that a parent did not know.
struct News {
  private let parent: Parent
  /// The dataset's interactions.
  let table: InteractionTable
  /// Each user's index in the parent's model, none for new ones.
  let users: IndexMap
  /// Each item's index in the parent's model, none for new ones.
  let items: IndexMap
  /// Interactions that the parent did not know, held out or not.
  private(set) var interactions = 0
  /// Interactions that came in too late to be told from those it knew: the next full training's.
  private(set) var late = 0
  /// Whether there is an event later than the parent's watermark.
  let hasLaterEvents: Bool

  /// Compares a dataset with what the parent knew.
  init(_ pulled: Dataset, since parent: Parent) {
    self.parent = parent
    table = pulled.table
    users = pulled.users.indices(in: parent.stored.users)
    items = pulled.items.indices(in: parent.stored.items)
    hasLaterEvents = pulled.times.latest > parent.watermark
    var days = [Int64](repeating: 0, count: parent.knowledge.days.count)
    var olderDays = 0
    let lower = pulled.times.lower.map { ($0 + 999_999) / 1_000_000 }
    for user in 0..<table.userCount {
      for row in table.offsets[user]..<table.offsets[user + 1] {
        guard isKnown(user, row) else {
          interactions += 1
          continue
        }
        let recent = parent.knowledge.recentFrom
        guard let day = Knowledge.day(of: table.seconds[row], before: recent) else { continue }
        if day < days.count { days[day] += 1 } else { olderDays += 1 }
      }
    }
    late = olderDays
    for (day, count) in days.enumerated() {
      // A day that the window cuts has lost rows; what came late to it can't be told.
      let begins = parent.knowledge.recentFrom - Int64(day + 1) * 86_400
      if let lower, begins < lower { continue }
      late += max(0, Int(count - parent.knowledge.days[day]))
    }
  }

  /// Share of users that the parent does not know, of those that it knows.
  var userGrowth: Double { Self.growth(users, parent.stored.users.count) }

  /// Share of items that the parent does not know, of those that it knows.
  var itemGrowth: Double { Self.growth(items, parent.stored.items.count) }

  /// Whether there is nothing that the parent did not know.
  ///
  /// What came in too late to be learnt is something all the same: it may be in a list.
  var isEmpty: Bool { interactions == 0 && late == 0 && !hasLaterEvents }

  private static func growth(_ indices: IndexMap, _ known: Int) -> Double {
    Double(indices.count { $0 == nil }) / Double(max(known, 1))
  }

  /// Whether the parent knew an interaction, as far as can be told.
  private func isKnown(_ user: Int, _ row: Int) -> Bool {
    guard let own = users[user], let item = items[Int(table.items[row])],
      Int64(table.seconds[row]) * 1_000_000 <= parent.watermark
    else { return false }
    return Int64(table.seconds[row]) < parent.knowledge.recentFrom
      || parent.knowledge.recent.contains(user: own, item: UInt32(item))
  }

  /// Whether the parent held an interaction out.
  func wasHeldOut(_ user: Int, _ row: Int) -> Bool {
    isKnown(user, row) && !isLearnt(user, row)
  }

  /// Whether the parent, or one before it, has learnt an interaction: it knew it and held it not out.
  func isLearnt(_ user: Int, _ row: Int) -> Bool {
    guard isKnown(user, row), let own = users[user] else { return false }
    let item = items.values[Int(table.items[row])]
    return parent.knowledge.test[own] != item && parent.knowledge.validation[own] != item
  }
}
