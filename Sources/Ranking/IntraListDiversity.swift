package import Interactions
package import Parallelism

/// How unlike each other the items of one list are: the mean distance of all its pairs.
///
/// The distance of two items is 1 less the cosine of their vectors: 0 for the same direction, 1 for
/// vectors at right angles, 2 for opposite ones. A vector of zeros is at right angles to all others.
/// Models can be compared when the vectors belong to none of them.
package struct IntraListDiversity: Sendable {
  /// What items are told apart by.
  private enum Vectors: Sendable {
    /// A row of numbers for each item.
    case rows([Float], width: Int)
    /// For each item the users who have it: a vector with a 1 at each of them.
    case users(offsets: [Int], users: [UInt32], userCount: Int)
  }

  private let vectors: Vectors

  /// Takes the items' vectors.
  ///
  /// - Parameters:
  ///   - vectors: one of `width` numbers for each item, one after the other; finite.
  ///   - width: 1 or more.
  package init(vectors: [Float], width: Int) {
    precondition(width > 0 && vectors.count % width == 0, "vectors of another width")
    self.vectors = .rows(vectors, width: width)
  }

  /// Takes as an item's vector its column of the matrix of users and items, with ones and zeros.
  ///
  /// The cosine of two items is how many users have both over the geometric mean of how many have
  /// each. It takes 4 bytes an interaction.
  ///
  /// - Parameters:
  ///   - interactions: who has what: the training positives.
  ///   - itemCount: items are in `0..<itemCount`.
  package init(columnsOf interactions: UserItems, itemCount: Int) {
    var offsets = [Int](repeating: 0, count: itemCount + 1)
    for item in interactions.items { offsets[Int(item) + 1] += 1 }
    for item in 0..<itemCount { offsets[item + 1] += offsets[item] }
    var next = offsets
    var users = [UInt32](repeating: 0, count: interactions.count)
    for user in 0..<interactions.userCount {
      for item in interactions[user] {
        users[next[Int(item)]] = UInt32(user)
        next[Int(item)] += 1
      }
    }
    vectors = .users(offsets: offsets, users: users, userCount: interactions.userCount)
  }

  /// Computes the diversity of each list that has a pair of items.
  ///
  /// Takes time with the length of a list, not with the number of its pairs: each item is compared
  /// with the sum of the unit vectors before it.
  ///
  /// - Parameters:
  ///   - lists: distinct items within each list.
  ///   - k: how many items of each list to look at.
  ///   - step: 1 for all lists, 2 for every other one and so on, from the first.
  ///   - pool: who works; the values are the same with any number of threads.
  /// - Returns: values in `0...2`, in the order of the lists; those with fewer than 2 items are left
  ///   out.
  package func values(
    _ lists: RecommendationLists, k: Int, step: Int = 1, pool: WorkerPool
  ) -> [Double] {
    precondition(step > 0, "every list number \(step)")
    let chosen = Array(stride(from: 0, to: lists.count, by: step))
    let perTask = 64
    let length =
      switch vectors {
      case .rows(_, let width): width
      case .users(_, _, let userCount): userCount
      }
    let tasks = pool.map(
      (chosen.count + perTask - 1) / perTask,
      makeScratch: { [Double](repeating: 0, count: length) }
    ) { task, sum in
      chosen[task * perTask..<min((task + 1) * perTask, chosen.count)].compactMap { list in
        diversity(lists.items[lists.range(ofList: list).prefix(k)], &sum)
      }
    }
    return Array(tasks.joined())
  }

  /// Averages the distances of one list; `sum` is all zeros before and after.
  private func diversity(_ items: ArraySlice<UInt32>, _ sum: inout [Double]) -> Double? {
    guard items.count > 1 else { return nil }
    var cosines = 0.0
    for item in items { cosines += add(Int(item), to: &sum) }
    switch vectors {
    case .rows: for place in sum.indices { sum[place] = 0 }
    case .users(let offsets, let users, _):
      for item in items {
        for place in offsets[Int(item)]..<offsets[Int(item) + 1] { sum[Int(users[place])] = 0 }
      }
    }
    let pairs = Double(items.count * (items.count - 1) / 2)
    return min(max(1 - cosines / pairs, 0), 2)
  }

  /// Adds an item's vector at length 1 and returns its product with the sum before.
  private func add(_ item: Int, to sum: inout [Double]) -> Double {
    var product = 0.0
    switch vectors {
    case .rows(let vectors, let width):
      let row = vectors.span.extracting(item * width..<(item + 1) * width)
      var squares = 0.0
      for place in row.indices { squares += Double(row[place]) * Double(row[place]) }
      guard squares > 0 else { return 0 }
      let scale = 1 / squares.squareRoot()
      for place in row.indices {
        let part = Double(row[place]) * scale
        product += part * sum[place]
        sum[place] += part
      }
    case .users(let offsets, let users, _):
      let places = offsets[item]..<offsets[item + 1]
      let part = 1 / Double(max(places.count, 1)).squareRoot()
      for place in places {
        let user = Int(users[place])
        product += part * sum[user]
        sum[user] += part
      }
    }
    return product
  }
}
