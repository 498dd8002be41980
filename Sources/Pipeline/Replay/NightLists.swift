import Interactions
import Jobs
import Ranking
import Recommenders
import RunSupport
import Source
import Store

/// The lists that a night would have published, by the numbering of all that the log names.
struct NightLists: Equatable {
  /// Lists with an item.
  private(set) var count = 0
  /// Their rows.
  var rows: Int { items.count }
  /// Share of the items that may be listed which are in a list.
  private(set) var coverage = 0.0

  /// Where each user's list begins; -1 for none.
  private var begins: [Int]
  private var lengths: [Int32]
  /// Items of the log, -1 for those that it does not name.
  private var items: [Int32] = []

  /// No lists.
  ///
  /// - Parameter userCount: how many users the log names.
  init(userCount: Int) {
    begins = [Int](repeating: -1, count: userCount)
    lengths = [Int32](repeating: 0, count: userCount)
  }

  /// Makes the lists as publishing would.
  ///
  /// - Parameters:
  ///   - model: what lists are made with.
  ///   - pulled: the night's log.
  ///   - everybody: all users and items that the whole log names.
  ///   - context: the run.
  /// - Throws: `BatchError` when interrupted.
  init(
    _ model: PublishedModel, _ pulled: Dataset,
    _ everybody: (users: Vocabulary, items: Vocabulary), _ context: RunContext
  ) throws {
    self.init(userCount: everybody.users.count)
    let serving = pulled.serving
    let numbers = ServingNumbers(serving, everybody)
    let k = context.job.output.k
    let maker = ListMaker(context: context, serving: serving, k: k)
    var isListed = [Bool](repeating: false, count: serving.items.count)
    func take(_ user: UInt32, _ list: ArraySlice<UInt32>) {
      for item in list { isListed[Int(item)] = true }
      add(list, of: user, numbers)
    }
    try maker.scored(serving.extended(model)) { lists in
      for list in 0..<lists.count {
        take(lists.users[list], lists.items[lists.range(ofList: list)])
      }
    }
    try maker.cold(PopularLists(serving, k: k)) { take($0, $1[...]) }
    let listed = isListed.count { $0 }
    coverage = Double(listed) / Double(max(serving.catalogue.eligibleCount, 1))
  }

  /// The lists of a rival.
  ///
  /// - Parameters:
  ///   - rival: the lists, by the serving view's numbering.
  ///   - serving: that view.
  ///   - everybody: all users and items that the whole log names.
  init(
    _ rival: RivalList, _ serving: ServingView, _ everybody: (users: Vocabulary, items: Vocabulary)
  ) {
    self.init(userCount: everybody.users.count)
    let numbers = ServingNumbers(serving, everybody)
    for (user, list) in zip(rival.users, rival.items) { add(list[...], of: user, numbers) }
  }

  private mutating func add(_ list: ArraySlice<UInt32>, of user: UInt32, _ numbers: ServingNumbers)
  {
    if list.isEmpty { return }
    count += 1
    if let user = numbers.users[Int(user)] {
      (begins[user], lengths[user]) = (items.count, Int32(list.count))
    }
    for item in list { items.append(numbers.items.values[Int(item)]) }
  }

  /// A user's list, best item first; nil for none.
  func list(of user: UInt32) -> ArraySlice<Int32>? {
    let begin = begins[Int(user)]
    return begin < 0 ? nil : items[begin..<begin + Int(lengths[Int(user)])]
  }
}

/// The numbers that users and items of a serving view have in the whole log.
struct ServingNumbers {
  /// For each user of the view the number, none for users that the log does not name.
  let users: IndexMap
  /// The same of items.
  let items: IndexMap

  /// Finds them.
  init(_ serving: ServingView, _ everybody: (users: Vocabulary, items: Vocabulary)) {
    let parts = [serving.users.known, serving.users.newcomers, serving.users.others]
    users = IndexMap(parts.flatMap { $0.indices(in: everybody.users).values })
    items = serving.items.indices(in: everybody.items)
  }
}
