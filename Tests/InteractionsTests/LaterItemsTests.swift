import Interactions
import Testing

struct LaterItemsTests {
  /// A log of events (user, item, second), of which some are known.
  private func log(_ events: [(Int64, Int64, UInt32)], before cut: UInt32) -> InteractionLog {
    var (columns, users, items) = (
      InteractionColumns(), VocabularyBuilder(kind: .bigint), VocabularyBuilder(kind: .bigint)
    )
    for (user, item, second) in events {
      columns.append(user: users.intern(user), item: items.intern(item), second: second)
    }
    let (userIDs, userMap) = users.finish()
    let (itemIDs, itemMap) = items.finish()
    return InteractionLog(
      columns: columns.before(cut), users: userIDs, userMap: userMap, items: itemIDs,
      itemMap: itemMap, rules: MergeRules().asOf(cut, insteadOf: 1_000))
  }

  private let events: [(Int64, Int64, UInt32)] = [
    (1, 10, 5), (1, 20, 15), (1, 10, 16), (1, 30, 17), (1, 20, 18),
    (2, 20, 6), (2, 99, 11), (2, 10, 12), (2, 20, 13),
    (3, 30, 7), (3, 30, 20), (4, 10, 30),
  ]

  @Test func `the first new item is the target, and one that the log does not know is a miss`() {
    let (known, whole) = (log(events, before: 10), log(events, before: 1_000))
    let later = LaterItems(
      users: known.users, items: known.items, history: known.table.history,
      excluded: known.excluded, whole: (whole.users, whole.items, whole.sequences), from: 10)
    // Items 10, 20 and 30 are known as 0, 1 and 2; item 99 is not, and user 4 neither.
    #expect(known.items.count == 3 && known.users.count == 3)
    #expect(later.first == [1, -1, -1])
    #expect(later.seconds == [15, 11, 0])
    #expect(later.missed == [1])
    #expect(later.known == UserItems(lists: [[1, 2], [0], []]))
    #expect(later.unknown == [0, 1, 0])
    let split = HoldoutSplit(known.table, later: later)
    #expect(split.testUsers == [0, 1])
    #expect(split.beforeTest == known.table.history)
  }

  @Test func `ages of weights end at the moment of the log`() {
    var rules = MergeRules()
    rules.halfLife = 10
    rules.readmittedBefore = 900
    rules.popularSince = 50
    let earlier = rules.asOf(100, insteadOf: 1_000)
    #expect(earlier.ageFrom == 100)
    #expect(earlier.readmittedBefore == 0 && earlier.popularSince == 0)
    #expect(rules.asOf(990, insteadOf: 1_000).readmittedBefore == 890)
  }
}
