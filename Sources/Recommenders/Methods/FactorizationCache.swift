import Baselines
import Interactions

/// Factorisations that were made before, for several trainings on the divisions of one log.
///
/// A factorisation of an experiment's grid may be what networks start from.
package final class FactorizationCache {
  /// Everything that decides how one comes out of a log.
  private struct Key: Equatable {
    var setup: BaselineSetup
    /// How many interactions: training alone, or with the validation items.
    var count: Int
  }

  /// How many numbers are kept at most, a gigabyte's; the oldest go first.
  private static let capacity = 268_435_456

  private struct Solution {
    var key: Key
    var fitted: FittedBaseline
    var size: Int
    var seconds: Double
    var isCounted = true
  }

  private var kept: [Solution] = []

  /// Seconds that factorisations took which were known before `beginTrial()`, each once.
  package private(set) var secondsSaved = 0.0

  /// A cache with nothing in it.
  package init() {}

  /// Begins to count what is saved from here on.
  package func beginTrial() {
    secondsSaved = 0
    for place in kept.indices { kept[place].isCounted = false }
  }

  /// Gives a factorisation that is known, or makes it and keeps it.
  func fitted(
    _ setup: BaselineSetup, count: Int, clock: () -> Double, make: () throws -> FittedBaseline
  ) rethrows -> FittedBaseline {
    let key = Key(setup: setup, count: count)
    if let place = kept.firstIndex(where: { $0.key == key }) {
      if !kept[place].isCounted { secondsSaved += kept[place].seconds }
      kept[place].isCounted = true
      return kept[place].fitted
    }
    let began = clock()
    let fitted = try make()
    let size: Int
    switch fitted {
    case .factors(let factors): size = factors.users.count + factors.items.count
    case .history(let history):
      size = history.factors.users.count + history.block.inputs.count + history.block.outputs.count
    case .neighbours: return fitted
    }
    kept.append(Solution(key: key, fitted: fitted, size: size, seconds: clock() - began))
    while kept.count > 1, kept.reduce(0, { $0 + $1.size }) > Self.capacity { kept.removeFirst() }
    return fitted
  }
}
