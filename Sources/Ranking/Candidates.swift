package import Interactions
package import Parallelism

/// Drawing the items among which a held-out one is ranked.
package enum Candidates {
  /// Draws distinct items for each user, uniformly among those that the user is not known to know.
  ///
  /// What a user gets depends on the seed and the user only. The held-out item itself is added
  /// when ranks are taken.
  ///
  /// - Parameters:
  ///   - count: how many items a user gets; fewer when there are no more.
  ///   - users: who gets candidates; the others' lists stay empty.
  ///   - known: everything known of each user up to the held-out item and with it. For validation
  ///     that leaves out the test item, which may then be among the candidates.
  ///   - itemCount: candidates are in `0..<itemCount`.
  ///   - seed: the run's seed.
  ///   - pool: who works.
  /// - Returns: for each user of `known` the candidates in ascending order.
  package static func drawn(
    _ count: Int, users: [UInt32], outside known: UserItems, itemCount: Int, seed: UInt64,
    pool: WorkerPool
  ) -> UserItems {
    precondition(count >= 0, "\(count) candidates")
    let perTask = 64
    let drawnLists = pool.map(
      (users.count + perTask - 1) / perTask,
      makeScratch: { [Bool](repeating: false, count: itemCount) }
    ) { task, taken in
      users[task * perTask..<min((task + 1) * perTask, users.count)].map { user in
        draw(count, user: Int(user), outside: known, itemCount: itemCount, seed: seed, &taken)
      }
    }
    var lists = [[UInt32]](repeating: [], count: known.userCount)
    for (user, list) in zip(users, drawnLists.joined()) { lists[Int(user)] = list }
    return UserItems(lists: lists)
  }

  /// Draws one user's candidates by Floyd's method, which takes one random number for each.
  ///
  /// `taken` is all false before and after.
  private static func draw(
    _ count: Int, user: Int, outside known: UserItems, itemCount: Int, seed: UInt64,
    _ taken: inout [Bool]
  ) -> [UInt32] {
    let own = known[user]
    let free = itemCount - own.count
    let wanted = min(count, max(free, 0))
    var random = CounterRandom(seed: seed, stream: UInt64(user))
    var places: [Int] = []
    places.reserveCapacity(wanted)
    for last in (free - wanted)..<free {
      let place = random.uniform(below: last + 1)
      let new = taken[place] ? last : place
      taken[new] = true
      places.append(new)
    }
    for place in places { taken[place] = false }
    // Place p is the p-th item that is not known: both lists ascend, so they are merged.
    places.sort()
    var passed = own.startIndex
    return places.map { place in
      while passed < own.endIndex, Int(own[passed]) <= place + (passed - own.startIndex) {
        passed += 1
      }
      return UInt32(place + (passed - own.startIndex))
    }
  }
}
