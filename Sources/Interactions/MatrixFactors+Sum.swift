extension MatrixFactors {
  /// Factorisations side by side: a score is the sum of theirs, each brought to the same spread.
  ///
  /// The spread is the standard deviation of `u . i + itemBias` over pairs of any user and any item; a
  /// user's bias ranks nothing. Without it the one whose scores happen to be large would outvote the
  /// others. Factors stand in the order of the parts, biases are added up.
  ///
  /// - Parameters:
  ///   - parts: one or more, of the same users and items; a single one is taken as it is.
  ///   - weights: each part's spread in the sum; nil: 1 for all.
  package init(summing parts: [MatrixFactors], weights: [Float]? = nil) {
    precondition(!parts.isEmpty, "a sum of no factorisations")
    guard parts.count > 1 else {
      self = parts[0]
      return
    }
    let (userCount, itemCount) = (parts[0].userCount, parts[0].itemCount)
    precondition(parts.allSatisfy { $0.userCount == userCount && $0.itemCount == itemCount })
    precondition(weights.map { $0.count == parts.count } ?? true, "a weight for each part")
    let scales = parts.enumerated().map { place, part in
      let spread = part.spread
      return (weights?[place] ?? 1) * (spread > 0 ? Float(1 / spread) : 1)
    }
    let width = parts.reduce(0) { $0 + $1.width }
    func rows(_ count: Int, _ vectors: (MatrixFactors) -> [Float]) -> [Float] {
      let all = parts.map(vectors)
      var rows: [Float] = []
      rows.reserveCapacity(count * width)
      for row in 0..<count {
        for (place, part) in parts.enumerated() {
          // Half of the scale on either side, so that users' and items' numbers stay alike.
          let scale = scales[place].squareRoot()
          let first = row * part.width
          rows.append(contentsOf: all[place][first..<first + part.width].lazy.map { scale * $0 })
        }
      }
      return rows
    }
    func biases(_ count: Int, _ values: (MatrixFactors) -> [Float]) -> [Float] {
      var sums: [Float] = []
      for (part, scale) in zip(parts, scales) where !values(part).isEmpty {
        if sums.isEmpty { sums = [Float](repeating: 0, count: count) }
        for (row, value) in values(part).enumerated() { sums[row] += scale * value }
      }
      return sums
    }
    self.init(
      width: width, userCount: userCount, itemCount: itemCount, users: rows(userCount, \.users),
      items: rows(itemCount, \.items), userBiases: biases(userCount, \.userBiases),
      itemBiases: biases(itemCount, \.itemBiases))
  }

  /// How many pairs `spread` looks at.
  private static let sampledPairs = 200_000

  /// The standard deviation of what ranks items, over pairs drawn always alike.
  private var spread: Double {
    guard userCount > 0, itemCount > 0 else { return 0 }
    var random = CounterRandom(seed: 0, stream: 0)
    var (sum, squares) = (0.0, 0.0)
    for _ in 0..<Self.sampledPairs {
      let user = random.uniform(below: userCount)
      let value =
        score(user: user, item: random.uniform(below: itemCount))
        - (userBiases.isEmpty ? 0 : Double(userBiases[user]))
      sum += value
      squares += value * value
    }
    let mean = sum / Double(Self.sampledPairs)
    return max(0, squares / Double(Self.sampledPairs) - mean * mean).squareRoot()
  }
}
