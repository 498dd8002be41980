import Interactions
import Source
import Store

/// What rivals would list now, for a sample of the users that get a list.
///
/// A rival is added by one more element of `lists`.
struct RivalSample {
  private let pulled: Dataset
  private let k: Int
  private let users: [UInt32]

  /// Chooses the sample: at most `RivalList.mostUsers`, by a hash of their ids.
  ///
  /// - Parameters:
  ///   - pulled: what was read.
  ///   - k: length of a list.
  init(_ pulled: Dataset, k: Int) {
    (self.pulled, self.k) = (pulled, k)
    let (audience, all) = (pulled.serving.audience, pulled.serving.users)
    let listed = (audience.scored + audience.cold).map { user in
      let (ids, index) = all.id(of: Int(user))
      return (hash: ids.hash(at: index), user: user)
    }
    users = listed.sorted { ($0.hash, $0.user) < ($1.hash, $1.user) }
      .prefix(RivalList.mostUsers).map(\.user).sorted()
  }

  /// The lists of every rival.
  var lists: [RivalList] {
    [popular]
  }

  /// ItemPop on all that was read: items by their number of users.
  private var popular: RivalList {
    let serving = pulled.serving
    var counts = [Double](repeating: 0, count: pulled.items.count)
    for item in pulled.table.items { counts[Int(item)] += 1 }
    // A new item, which only its features tell of, has no users.
    let popularity = serving.newcomers.map { newcomers in
      newcomers.items.map { $0.map { counts[$0] } ?? 0 }
    }
    let popular = PopularLists(serving, popularity: popularity ?? counts, k: k)
    return RivalList(
      name: "itempop", users: users,
      items: users.map { popular.list(excluding: serving.excluded(of: Int($0))) })
  }
}
