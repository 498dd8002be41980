import Interactions
import Testing

@testable import Source

/// Who gets a list and of what, by one numbering.
struct ServingViewTests {
  /// Users 10, 20 and 30 with three items of 100 to 104 each, and user 25 with one.
  private let log: InteractionLog = {
    var columns = InteractionColumns()
    for (user, items) in [[0, 1, 2], [1, 2, 3], [4], [0, 2, 4]].enumerated() {
      for item in items {
        columns.append(user: UInt32(user), item: UInt32(item), second: UInt32(100 + item))
      }
    }
    var rules = MergeRules()
    rules.minimumInteractions = 2
    return InteractionLog(
      columns: columns, users: ids([10, 20, 25, 30]), userMap: .identity(4),
      items: ids([100, 101, 102, 103, 104]), itemMap: .identity(5), rules: rules)
  }()

  private func view(
    _ lists: ListRows, hasFeatures: Bool = false, coldBelow: Int = 3
  ) -> ServingView {
    let learnt =
      hasFeatures ? LearntFeatures(lists, users: log.users, items: log.items) : nil
    return ServingView(log, lists, learnt, activeSince: 0, coldBelow: coldBelow)
  }

  private func features(_ rows: [(id: Int64, feature: UInt32)]) -> FeatureTable {
    FeatureTable(
      ids: ids(rows.map(\.id)),
      names: Vocabulary(kind: .text, identifiers: .texts(["a", "b", "c"])), rows: rows.count,
      lists: rows.map { [(feature: $0.feature, weight: Float(1))] })
  }

  private func users(_ indices: [UInt32], of view: ServingView) -> [String] {
    indices.map { index in
      let (ids, place) = view.users.id(of: Int(index))
      return ids.text(at: place)
    }
  }

  private func excluded(_ view: ServingView) -> [[String]] {
    (0..<view.users.count).map { user in
      view.excluded(of: user).map { view.items.text(at: Int($0)) }
    }
  }

  @Test func `without features arrays are the log's own`() throws {
    let view = view(ListRows(asked: ids([5, 10, 25, 30, 40])))
    #expect(users(view.audience.scored, of: view) == ["10", "30"])
    // Those outside the log's table come after its users.
    #expect(view.audience.cold == [3, 4, 5])
    #expect(users(view.audience.cold, of: view) == ["5", "25", "40"])
    #expect(excluded(view)[3...] == [[], ["104"], []])
    #expect(view.newcomers == nil && view.items == log.items)
    func start(_ items: [UInt32]) -> Int {
      unsafe items.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
    }
    #expect(start(view.excluded.items) == start(log.excluded.items))
    #expect(start(log.excluded.items) == start(log.table.items))
    #expect(view.popularity == log.popularity)
  }

  @Test func `rows are counted of all lists, each as long as its items allow`() {
    let view = view(ListRows(asked: ids([5, 10, 25])))
    // 5 items less what each has: 5, 2 and 4.
    #expect(view.rows(k: 10) == 11)
    #expect(view.rows(k: 3) == 8)
  }

  @Test func `newcomers join by features, and others stay with the popular list`() throws {
    let lists = ListRows(
      asked: ids([5, 10, 15, 20, 25, 30, 40]),
      userFeatures: features([(5, 0), (10, 0), (15, 1), (25, 0), (30, 0)]),
      itemFeatures: features([(50, 2), (101, 2), (102, 1), (103, 2), (120, 0), (130, 1)]))
    let view = view(lists, hasFeatures: true)
    // User 15 has a feature that no user of the table has; item 120 likewise.
    #expect(view.users.newcomers == ids([5, 25]))
    #expect(view.users.others == ids([15, 40]))
    #expect(view.items == ids([50, 100, 101, 102, 103, 104, 130]))
    #expect(users(view.audience.scored, of: view) == ["5", "10", "20", "25", "30"])
    #expect(view.audience.scored == [3, 0, 1, 4, 2])
    #expect(users(view.audience.cold, of: view) == ["15", "40"])
    #expect(
      excluded(view) == [
        ["100", "101", "102"], ["101", "102", "103"], ["100", "102", "104"], [], ["104"], [], [],
      ])
    #expect(view.popularity == [0, 2, 2, 3, 1, 1, 0])
    let newcomers = try #require(view.newcomers)
    #expect(Array(newcomers.users) == [0, 1, 2, nil, nil])
    #expect(Array(newcomers.items) == [nil, 0, 1, 2, 3, 4, nil])
    #expect(newcomers.content.users.rowCount == 5)
    #expect(newcomers.content.users.range(of: 3).count == 1)
    #expect(newcomers.content.items.range(of: 0).count == 1)
    let learnt = DatasetFeatures(
      LearntFeatures(lists, users: log.users, items: log.items), serving: view)
    #expect((learnt.counts.newUsers, learnt.counts.newItems) == (2, 2))
  }

  @Test func `users of the table with few interactions are scored by their features`() {
    let lists = ListRows(userFeatures: features([(10, 0), (30, 0), (40, 1), (50, 0)]))
    let view = view(lists, hasFeatures: true, coldBelow: 4)
    #expect(users(view.audience.scored, of: view) == ["10", "30", "50"])
    #expect(users(view.audience.cold, of: view) == ["20", "25", "40"])
    #expect(view.items == log.items)
  }

  @Test func `a limit that is found later moves users as one given before does`() {
    for (lists, hasFeatures) in [
      (ListRows(asked: ids([5, 10, 20, 25, 30, 40])), false),
      (ListRows(userFeatures: features([(10, 0), (30, 0), (40, 1), (50, 0)])), true),
    ] {
      let all = view(lists, hasFeatures: hasFeatures, coldBelow: 1)
      for limit in 1...5 {
        let given = view(lists, hasFeatures: hasFeatures, coldBelow: limit)
        #expect(all.withPopularLists(below: limit, log.table).audience == given.audience)
      }
    }
    #expect(view(ListRows(), coldBelow: 1).audience != view(ListRows(), coldBelow: 4).audience)
  }
}

/// Identifiers in ascending order.
private func ids(_ numbers: [Int64]) -> Vocabulary {
  Vocabulary(kind: .bigint, identifiers: .integers(numbers))
}
