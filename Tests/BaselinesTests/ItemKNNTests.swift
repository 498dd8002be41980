import Baselines
import Interactions
import Parallelism
import Testing

struct ItemKNNTests {
  private static let lists: [[UInt32]] = [[0, 1, 4], [1, 2], [], [0, 2, 3, 4], [3, 4], [1, 4]]
  private let positives = UserItems(lists: lists)
  private let weights: [Float] = [1, 2, 0.5, 1, 3, 1, 0.25, 2, 1, 4, 1, 0.5, 2]
  private let itemCount = 6

  private func model(_ neighbours: Int, weights: [Float]) -> ItemKNN {
    ItemKNN(
      positives: positives, weights: weights, itemCount: itemCount,
      options: KNNOptions(neighbours: neighbours, shrinkage: 1.5),
      pool: WorkerPool(threads: 1))
  }

  /// The same by a dense matrix in double precision.
  private func dense(_ neighbours: Int, weights: [Float]) -> [[Double]] {
    var matrix = Array(
      repeating: [Double](repeating: 0, count: itemCount), count: positives.userCount)
    for user in 0..<positives.userCount {
      for entry in positives.range(of: user) {
        matrix[user][Int(positives.items[entry])] = weights.isEmpty ? 1 : Double(weights[entry])
      }
    }
    func product(_ first: Int, _ second: Int) -> Double {
      matrix.reduce(0) { $0 + $1[first] * $1[second] }
    }
    let kept = (0..<itemCount).map { item -> [(Int, Double)] in
      let all = (0..<itemCount).filter { $0 != item && product(item, $0) > 0 }.map { other in
        let lengths = (product(item, item) * product(other, other)).squareRoot()
        return (other, product(item, other) / (lengths + 1.5))
      }
      return Array(all.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(neighbours))
    }
    return matrix.map { row in
      kept.map { $0.reduce(0) { $0 + $1.1 * row[$1.0] } }
    }
  }

  @Test(arguments: [1, 2, 5], [false, true])
  func `scores are those of the dense matrix`(neighbours: Int, weighted: Bool) {
    let weights = weighted ? weights : []
    let model = model(neighbours, weights: weights)
    let expected = dense(neighbours, weights: weights)
    var scratch = model.makeScratch()
    for user in 0..<positives.userCount {
      var row = [Float](repeating: -1, count: itemCount)
      var span = row.mutableSpan
      model.fill(&span, users: [UInt32(user)].span, items: 0..<itemCount, scratch: &scratch)
      var single = [Float](repeating: -1, count: itemCount)
      let items = (0..<UInt32(itemCount)).map { $0 }
      var other = single.mutableSpan
      model.fill(&other, user: user, items: items.span, scratch: &scratch)
      #expect(row == single)
      for item in 0..<itemCount { #expect(abs(Double(row[item]) - expected[user][item]) < 1e-5) }
    }
  }
}
