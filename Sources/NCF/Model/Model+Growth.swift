package import Interactions

extension Model {
  /// Makes a model of other users and items that knows what this one knows of those they share.
  ///
  /// A new user's row begins as the mean of what this model's users look like who have the same items,
  /// a new item's as the mean of the items that its users have: they are near where training would
  /// lead, so that little of it is enough. Rows of which nothing is known are drawn as in a fresh model.
  ///
  /// - Parameters:
  ///   - userPlaces: for each user of the new model its place here, -1 for a new one.
  ///   - itemPlaces: likewise for items.
  ///   - positives: training positives of the new model's users.
  ///   - seed: what new rows follow from, where nothing is known of them.
  /// - Returns: a model of the same shape, with the tower and the output as they are here.
  package func grown(
    users userPlaces: [Int32], items itemPlaces: [Int32], positives: UserItems, seed: UInt64
  ) -> Model {
    precondition(positives.userCount == userPlaces.count, "one list of positives for each user")
    var grown = Model(
      spec: spec, userCount: userPlaces.count, itemCount: itemPlaces.count, seed: seed)
    grown.dense = dense
    for table in Self.tables where grown.counts[table.entity] > 0 {
      let (isUser, width) = (table.entity == .user, layout[keyPath: table.stride])
      let places = isUser ? userPlaces : itemPlaces
      grown[keyPath: table.rows].copyRows(places, of: self[keyPath: table.rows], width)
      guard places.contains(-1) else { continue }
      if isUser {
        grown[keyPath: table.rows].startUsers(places, itemPlaces, positives: positives, width)
      } else {
        grown[keyPath: table.rows].startItems(places, positives: positives, width)
      }
    }
    return grown
  }
}

extension [Float] {
  /// Starts the rows of new items where the items lie that their users have.
  fileprivate mutating func startItems(_ places: [Int32], positives: UserItems, _ width: Int) {
    var sums = [Int: (row: [Double], count: Int)]()
    for user in 0..<positives.userCount {
      let own = positives[user]
      let fresh = own.filter { places[Int($0)] < 0 }
      if fresh.isEmpty { continue }
      guard let mean = meanRow(of: own.filter { places[Int($0)] >= 0 }, width) else { continue }
      for item in fresh {
        var sum = sums[Int(item)] ?? ([Double](repeating: 0, count: width), 0)
        for column in 0..<width { sum.row[column] += mean[column] }
        sum.count += 1
        sums[Int(item)] = sum
      }
    }
    for (item, sum) in sums {
      for column in 0..<width {
        self[item * width + column] = Float(sum.row[column] / Double(sum.count))
      }
    }
  }

  /// Starts the rows of new users where the users lie who have their items.
  fileprivate mutating func startUsers(
    _ places: [Int32], _ itemPlaces: [Int32], positives: UserItems, _ width: Int
  ) {
    var wanted = [Bool](repeating: false, count: itemPlaces.count)
    for user in places.indices where places[user] < 0 {
      for item in positives[user] { wanted[Int(item)] = true }
    }
    // The mean row of each such item's known users.
    var centres = [Int: (row: [Double], count: Int)]()
    for user in places.indices where places[user] >= 0 {
      for item in positives[user] where wanted[Int(item)] {
        var centre = centres[Int(item)] ?? ([Double](repeating: 0, count: width), 0)
        for column in 0..<width {
          centre.row[column] += Double(self[user * width + column])
        }
        centre.count += 1
        centres[Int(item)] = centre
      }
    }
    for user in places.indices where places[user] < 0 {
      let near = positives[user].compactMap { centres[Int($0)] }
      if near.isEmpty { continue }
      for column in 0..<width {
        let sum = near.reduce(0) { $0 + $1.row[column] / Double($1.count) }
        self[user * width + column] = Float(sum / Double(near.count))
      }
    }
  }

  /// The mean of some rows; nil without any.
  private func meanRow(of chosen: [UInt32], _ width: Int) -> [Double]? {
    if chosen.isEmpty { return nil }
    var mean = [Double](repeating: 0, count: width)
    for row in chosen {
      for column in 0..<width {
        mean[column] += Double(self[Int(row) * width + column]) / Double(chosen.count)
      }
    }
    return mean
  }
}
