import NCF
import Parallelism

/// Where items lie, by what a network has learnt of them: alike items point the same way.
///
/// A factor of the GMF part counts by how far it moves scores from user to user: an item's number is
/// taken from the items' mean, times the output weight, times the factor's spread among users. So a
/// column that is the same for all users, such as a bias, counts for nothing. What then is the squared
/// length of the vectors on average is the variance of the part's scores, users' and items' means
/// aside. The embeddings under the tower are scaled to the tower's, which is measured on a sample.
struct ItemVectors {
  /// Numbers in a vector; 0 when the model has nothing to tell items apart by.
  let width: Int
  /// A vector of length 1, or 0, for each item.
  let values: [Float]

  /// Users and items that the tower's part in the scores is measured on, at most.
  private static let (sampledUsers, sampledItems) = (64, 1024)

  /// Takes them from a network, or a matrix factorisation as one.
  init(_ model: Model, pool: WorkerPool) {
    let items = model.itemCount
    var gmf = model.numbers(of: "item.gmf") ?? []
    var mlp = model.numbers(of: "item.mlp") ?? []
    let (gmfWidth, mlpWidth) = (
      model.spec.gmfWidth, model.spec.sharedEmbeddings ? 0 : model.spec.mlpWidth
    )
    let outputs = model.numbers(of: "output.gmf") ?? [Float](repeating: 1, count: gmfWidth)
    Self.center(&gmf, width: gmfWidth)
    Self.center(&mlp, width: mlpWidth)
    let spreads = Self.spreads(model.numbers(of: "user.gmf") ?? [], width: gmfWidth)
    for row in 0..<(gmfWidth > 0 ? items : 0) {
      for factor in 0..<gmfWidth {
        gmf[row * gmfWidth + factor] *= outputs[factor] * spreads[factor]
      }
    }
    if gmfWidth > 0, mlpWidth > 0 {
      let wanted = Self.towerVariance(model, outputs, pool: pool)
      let own = Self.meanSquaredLength(mlp, width: mlpWidth)
      let scale = own > 0 ? Float((wanted / own).squareRoot()) : 0
      for place in mlp.indices { mlp[place] *= scale }
    }
    width = gmfWidth + mlpWidth
    var values: [Float] = []
    values.reserveCapacity(items * width)
    for item in 0..<items {
      values += gmf[item * gmfWidth..<(item + 1) * gmfWidth]
      values += mlp[item * mlpWidth..<(item + 1) * mlpWidth]
    }
    Self.normalize(&values, width: width)
    self.values = values
  }

  /// Takes the mean of all rows from each.
  private static func center(_ rows: inout [Float], width: Int) {
    guard width > 0, !rows.isEmpty else { return }
    var means = [Double](repeating: 0, count: width)
    for place in rows.indices { means[place % width] += Double(rows[place]) }
    let count = Double(rows.count / width)
    for place in rows.indices { rows[place] -= Float(means[place % width] / count) }
  }

  /// The standard deviation of each column.
  private static func spreads(_ rows: [Float], width: Int) -> [Float] {
    guard width > 0, !rows.isEmpty else { return [Float](repeating: 0, count: width) }
    var (sums, squares) = (
      [Double](repeating: 0, count: width), [Double](repeating: 0, count: width)
    )
    for place in rows.indices {
      sums[place % width] += Double(rows[place])
      squares[place % width] += Double(rows[place]) * Double(rows[place])
    }
    let count = Double(rows.count / width)
    return (0..<width).map { column in
      let mean = sums[column] / count
      return Float(max(0, squares[column] / count - mean * mean).squareRoot())
    }
  }

  private static func meanSquaredLength(_ rows: [Float], width: Int) -> Double {
    rows.reduce(0) { $0 + Double($1) * Double($1) } / Double(max(1, rows.count / max(1, width)))
  }

  /// The variance of what a tower adds to scores, less the means of users and of items.
  private static func towerVariance(
    _ model: Model, _ outputs: [Float], pool: WorkerPool
  ) -> Double {
    func sample(_ count: Int, _ most: Int) -> [Int] {
      Array(stride(from: 0, to: count, by: max(1, (count + most - 1) / most)))
    }
    let users = sample(model.userCount, sampledUsers)
    let items = sample(model.itemCount, sampledItems)
    guard users.count > 1, items.count > 1, let userRows = model.numbers(of: "user.gmf"),
      let itemRows = model.numbers(of: "item.gmf")
    else { return 0 }
    let scorer = NeuralScorer(model, pool: pool)
    var scratch = scorer.makeScratch()
    let wanted = items.map { UInt32($0) }
    let width = model.spec.gmfWidth
    var (sum, squares) = (0.0, 0.0)
    var itemSums = [Double](repeating: 0, count: items.count)
    var userSums = 0.0
    for user in users {
      var scores = [Float](repeating: 0, count: items.count)
      var span = scores.mutableSpan
      scorer.fill(&span, user: user, items: wanted.span, scratch: &scratch)
      var own = 0.0
      for (place, item) in items.enumerated() {
        var score = Double(scores[place])
        for factor in 0..<width {
          score -=
            Double(outputs[factor] * userRows[user * width + factor])
            * Double(itemRows[item * width + factor])
        }
        own += score
        squares += score * score
        itemSums[place] += score
      }
      sum += own
      userSums += own * own
    }
    let (userCount, itemCount) = (Double(users.count), Double(items.count))
    let total = userCount * itemCount
    let itemSquares = itemSums.reduce(0) { $0 + $1 * $1 }
    // Two-way analysis of variance: what neither the user nor the item alone explains.
    let rest = squares - userSums / itemCount - itemSquares / userCount + sum * sum / total
    return max(0, rest / total)
  }

  private static func normalize(_ rows: inout [Float], width: Int) {
    guard width > 0 else { return }
    for start in stride(from: 0, to: rows.count, by: width) {
      var squares: Float = 0
      for place in start..<start + width { squares += rows[place] * rows[place] }
      let length = squares.squareRoot()
      for place in start..<start + width {
        rows[place] = length > 0 && length.isFinite ? rows[place] / length : 0
      }
    }
  }
}
