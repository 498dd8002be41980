import Interactions

/// Factorisations that were made before: a row of the grid may be what networks start from.
final class Solutions {
  /// Everything that decides how one comes out of a log.
  private struct Key: Equatable {
    var method: Method
    /// How many interactions: training alone, or with the validation items.
    var count: Int
    /// Of the division.
    var seed: UInt64
  }

  /// How many numbers are kept at most, a gigabyte's; the oldest go first.
  private static let capacity = 268_435_456

  private struct Solution {
    var key: Key
    var factors: MatrixFactors
    var seconds: Double
    var isCounted = true
  }

  private var kept: [Solution] = []

  /// Seconds that factorisations took which were known before `beginTrial()`, each once.
  private(set) var secondsSaved = 0.0

  /// Begins to count what is saved from here on.
  func beginTrial() {
    secondsSaved = 0
    for place in kept.indices { kept[place].isCounted = false }
  }

  /// Gives a factorisation that is known, or makes it and keeps it.
  func factors(
    of method: Method, count: Int, seed: UInt64, clock: () -> Double,
    make: () throws -> MatrixFactors
  ) rethrows -> MatrixFactors {
    let key = Key(method: method, count: count, seed: seed)
    if let place = kept.firstIndex(where: { $0.key == key }) {
      if !kept[place].isCounted { secondsSaved += kept[place].seconds }
      kept[place].isCounted = true
      return kept[place].factors
    }
    let began = clock()
    let factors = try make()
    kept.append(Solution(key: key, factors: factors, seconds: clock() - began))
    while kept.count > 1, kept.reduce(0, { $0 + $1.factors.size }) > Self.capacity {
      kept.removeFirst()
    }
    return factors
  }
}

extension MatrixFactors {
  /// Numbers in it.
  fileprivate var size: Int { users.count + items.count }
}
