import Interactions
import Ranking
import Source

/// What is popular, for everybody, and for those that the model has no list for.
struct PopularLists {
  /// Items that may be listed, the most popular first; of equals the lower number.
  let order: [UInt32]
  private let popularity: [Double]
  private let userCount: Int
  private let cap: GroupCap?
  private let k: Int
  /// The list of whoever has nothing left out.
  private let common: [UInt32]

  /// Puts items in order.
  ///
  /// - Parameters:
  ///   - serving: what may be listed.
  ///   - popularity: how popular each item is; nil takes the serving view's own figures.
  ///   - k: length of a list.
  init(_ serving: ServingView, popularity: [Double]? = nil, k: Int) {
    let popularity = popularity ?? serving.popularity
    let order = popularity.indices.filter { serving.catalogue.isEligible($0) }
      .sorted { (popularity[$1], $0) < (popularity[$0], $1) }
      .map { UInt32(truncatingIfNeeded: $0) }
    (self.order, self.popularity) = (order, popularity)
    userCount = serving.users.known.count
    cap = serving.catalogue.cap
    self.k = k
    common = Self.list(order, excluding: [], cap: serving.catalogue.cap, k: k)
  }

  /// How many users have an item, each by the age of the last event.
  func popularity(of item: UInt32) -> Double { popularity[Int(item)] }

  /// The score of an item in a list: the share of users who have it.
  func score(of item: UInt32) -> Float { Float(popularity[Int(item)] / Double(max(userCount, 1))) }

  /// A user's list.
  ///
  /// - Parameter excluded: items that are not to be in it, ascending.
  /// - Returns: items, the most popular first.
  func list(excluding excluded: ArraySlice<UInt32>) -> [UInt32] {
    excluded.isEmpty ? common : Self.list(order, excluding: excluded, cap: cap, k: k)
  }

  private static func list(
    _ order: [UInt32], excluding excluded: ArraySlice<UInt32>, cap: GroupCap?, k: Int
  ) -> [UInt32] {
    var list: [UInt32] = []
    for item in order {
      if list.count == k { break }
      if Self.contains(excluded, item) { continue }
      if let cap, let group = cap.group(of: Int(item)),
        list.count(where: { cap.group(of: Int($0)) == group }) >= cap.most
      {
        continue
      }
      list.append(item)
    }
    return list
  }

  /// Whether ascending items hold one; takes the logarithm of their number.
  private static func contains(_ items: ArraySlice<UInt32>, _ item: UInt32) -> Bool {
    var (low, high) = (items.startIndex, items.endIndex)
    while low < high {
      let middle = (low + high) / 2
      if items[middle] < item { low = middle + 1 } else { high = middle }
    }
    return low < items.endIndex && items[low] == item
  }
}
