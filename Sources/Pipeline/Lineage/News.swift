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
  /// Whether there is an event that the parent's pull had not read, from its watermark on.
  let hasLaterEvents: Bool

  /// Compares a dataset with what the parent knew.
  ///
  /// - Parameters:
  ///   - pulled: the dataset; for a split by the clock, the part before it.
  ///   - whole: all that was pulled; nil where that is the same.
  ///   - parent: the run that is gone on from.
  init(_ pulled: Dataset, of whole: Dataset? = nil, since parent: Parent) {
    self.parent = parent
    table = pulled.table
    users = pulled.users.indices(in: parent.stored.users)
    items = pulled.items.indices(in: parent.stored.items)
    hasLaterEvents = Self.hasLaterEvents(whole ?? pulled, than: parent)
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

  private static func hasLaterEvents(_ whole: Dataset, than parent: Parent) -> Bool {
    guard let clock = parent.knowledge.clock else {
      return whole.times.latest > parent.watermark
    }
    if whole.times.latest > clock.seen { return true }
    return whole.interactions(since: parent.watermark) != clock.pending
  }

  private static func growth(_ indices: IndexMap, _ known: Int) -> Double {
    Double(indices.count { $0 == nil }) / Double(max(known, 1))
  }

  /// Whether the parent knew an interaction, as far as can be told.
  private func isKnown(_ user: Int, _ row: Int) -> Bool {
    guard let own = users[user], let item = items[Int(table.items[row])],
      parent.knows(table.seconds[row])
    else { return false }
    return Int64(table.seconds[row]) < parent.knowledge.recentFrom
      || parent.knowledge.recent.contains(user: own, item: UInt32(item))
  }

  /// Whether the parent may have read an event of a moment.
  func isWithin(_ second: UInt32) -> Bool { parent.knows(second) }

  /// Whether the parent held an interaction out.
  func wasHeldOut(_ user: Int, _ row: Int) -> Bool {
    isKnown(user, row) && !isLearnt(user, row)
  }

  /// Whether the parent, or one before it, has learnt an interaction: it knew it and held it not out.
  func isLearnt(_ user: Int, _ row: Int) -> Bool {
    guard isKnown(user, row), let own = users[user] else { return false }
    if parent.knowledge.clock != nil { return true }
    let item = items.values[Int(table.items[row])]
    return parent.knowledge.test[own] != item && parent.knowledge.validation[own] != item
  }
}

extension Parent {
  /// Whether a moment lies within what the parent read; by the clock, its watermark is the first that does not.
  func knows(_ second: UInt32) -> Bool {
    let time = Int64(second) * 1_000_000
    return knowledge.clock == nil ? time <= watermark : time < watermark
  }
}

extension Dataset {
  /// How many interactions begin at a moment or later, in microseconds since 1970 UTC.
  func interactions(since moment: Int64) -> Int64 {
    Int64(table.seconds.count { Int64($0) * 1_000_000 >= moment })
  }
}

extension Knowledge {
  /// Until when a run knew events.
  ///
  /// - Parameter run: the run's watermark as `ncf.runs` has it; nil for a backfill.
  /// - Returns: microseconds since 1970 UTC.
  func limit(_ run: Int64?) -> Int64 { clock == nil ? run ?? watermark : watermark }
}
