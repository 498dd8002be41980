/// What is trained on, and what is held out of it for validation and for the test.
///
/// By leaving one out, the test is each user's latest interaction and validation the one before it; users with
/// too few interactions are trained on only. Which interaction is the latest, the users' sequences say, ties
/// included. By the clock, all interactions before a moment are trained on, and the test is each user's first
/// new item from that moment on.
package struct HoldoutSplit: Sendable, Equatable {
  /// What is trained on: every interaction that is not held out.
  package let training: UserItems
  /// The weights of `training.items`, in the same order.
  package let trainingWeights: [Float]
  /// Each user's second latest item, -1 for users that are not validated.
  package let validation: [Int32]
  /// Each user's test item, -1 for users that are not tested or whose item the log does not know.
  package let test: [Int32]
  /// Users that are tested on an item that the log does not know, ascending: each is a miss.
  package let missed: [UInt32]
  /// All new items of tested users, where there are several; nil where the test item is the only one.
  package let later: LaterItems?

  /// Splits a table.
  ///
  /// - Parameters:
  ///   - table: interactions, one for each user and item.
  ///   - sequences: the table's events in order of time.
  ///   - minimumInteractions: how many a user needs to be tested; at least 3, so that every tested
  ///     user is also trained on.
  package init(
    _ table: InteractionTable, _ sequences: UserSequences, minimumInteractions: Int = 3
  ) {
    self.init(table, sequences, minimumInteractions: minimumInteractions) { _, _ in false }
  }

  /// Splits a table of which a model has learnt some interactions already.
  ///
  /// What has been learnt can't be held out any more: a user whose latest interaction is known to the
  /// model is trained on only; one whose second latest is known has a test item and no validation item.
  ///
  /// - Parameters:
  ///   - table: interactions, one for each user and item.
  ///   - sequences: the table's events in order of time.
  ///   - minimumInteractions: how many a user needs to be tested, at least 3.
  ///   - isLearnt: whether the model has learnt an interaction, by its user and its row in the table.
  package init(
    _ table: InteractionTable, _ sequences: UserSequences, minimumInteractions: Int = 3,
    isLearnt: (_ user: Int, _ row: Int) -> Bool
  ) {
    self.init(table, minimumInteractions: minimumInteractions) { user, _ in
      let (latest, second) = sequences.latestRows(of: user, in: table)
      if isLearnt(user, latest) { return (test: -1, validation: -1) }
      return (test: latest, validation: isLearnt(user, second) ? -1 : second)
    }
  }

  /// Splits a table by the rows that are chosen for each user with enough of them.
  ///
  /// - Parameters:
  ///   - table: the table; its weights become `trainingWeights`.
  ///   - minimumInteractions: 3 or more.
  ///   - choose: the rows of the test item and of the validation item; -1 for none.
  package init(
    _ table: InteractionTable, minimumInteractions: Int,
    choosing choose: (_ user: Int, _ rows: Range<Int>) -> (test: Int, validation: Int)
  ) {
    precondition(minimumInteractions >= 3, "a tested user needs 3 interactions")
    precondition(table.itemCount <= Int(Int32.max), "more items than a holdout can number")
    var offsets = [0]
    offsets.reserveCapacity(table.userCount + 1)
    var items: [UInt32] = []
    items.reserveCapacity(table.count)
    var weights: [Float] = []
    weights.reserveCapacity(table.count)
    var validation = [Int32](repeating: -1, count: table.userCount)
    var test = validation

    for user in 0..<table.userCount {
      let rows = table.offsets[user]..<table.offsets[user + 1]
      var held = (test: -1, validation: -1)
      if rows.count >= minimumInteractions {
        held = choose(user, rows)
        if held.test >= 0 { test[user] = Int32(table.items[held.test]) }
        if held.validation >= 0 { validation[user] = Int32(table.items[held.validation]) }
      }
      for row in rows where row != held.test && row != held.validation {
        items.append(table.items[row])
        weights.append(table.weight(of: row, isTested: held.test >= 0))
      }
      offsets.append(items.count)
    }
    self.training = UserItems(offsets: offsets, items: items)
    self.trainingWeights = weights
    (self.validation, self.test) = (validation, test)
    (missed, later) = ([], nil)
  }

  /// Splits by the clock: a whole table is trained on, and later items are the test.
  ///
  /// - Parameters:
  ///   - table: the interactions before a moment.
  ///   - later: what its users took up from then on.
  package init(_ table: InteractionTable, later: LaterItems) {
    precondition(table.userCount == later.first.count, "later items of other users")
    (training, trainingWeights) = (table.history, table.weights)
    validation = [Int32](repeating: -1, count: table.userCount)
    (test, missed, self.later) = (later.first, later.missed, later)
  }

  /// The users who are tested, ascending; on an item that the log does not know, too.
  package var testUsers: [UInt32] {
    let missed = Set(missed)
    return test.indices.lazy.map { UInt32($0) }.filter { test[Int($0)] >= 0 || missed.contains($0) }
  }

  /// The weights of a table's interactions by what is known before the test.
  ///
  /// - Parameter table: what was split.
  /// - Returns: one weight for each interaction, in the table's order.
  package func weights(of table: InteractionTable) -> [Float] {
    if later != nil || table.weightsUpToLatest.isEmpty { return table.weights }
    var weights = table.weights
    for user in test.indices where test[user] >= 0 {
      for row in table.offsets[user]..<table.offsets[user + 1] {
        weights[row] = table.weight(of: row, isTested: true)
      }
    }
    return weights
  }

  /// What is known of each user before the test item: training and validation together.
  package var beforeTest: UserItems {
    if later != nil { return training }
    var offsets = [0]
    offsets.reserveCapacity(test.count + 1)
    var items: [UInt32] = []
    items.reserveCapacity(training.count + test.count)
    for user in test.indices {
      let (own, held) = (training[user], validation[user])
      let place = own.firstIndex { $0 > held } ?? own.endIndex
      items += own[..<place]
      if held >= 0 { items.append(UInt32(held)) }
      items += own[place...]
      offsets.append(items.count)
    }
    return UserItems(offsets: offsets, items: items)
  }
}
