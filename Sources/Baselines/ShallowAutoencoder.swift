package import Interactions
import Kernels
import Lanes
package import Parallelism

/// Settings of `ShallowAutoencoder`.
package struct EASEOptions: Sendable, Equatable, Codable {
  /// Numbers in a user's and in an item's vector: how many directions of the model are kept.
  package var factors: Int
  /// What is added to the diagonal of the items' Gram matrix, lambda of the paper.
  package var regularization: Float
  /// How often the search for those directions goes over everything.
  package var iterations: Int
  /// What the search starts from.
  package var seed: UInt64

  /// Names the settings; without any, those that do well on MovieLens-1M.
  package init(
    factors: Int = 256, regularization: Float = 500, iterations: Int = 8, seed: UInt64 = 1
  ) {
    (self.factors, self.regularization) = (factors, regularization)
    (self.iterations, self.seed) = (iterations, seed)
  }
}

/// Why a log can't be factorised with the settings at hand.
package struct FactorizationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, for people.
  package let description: String
  /// What helps, for people.
  package let advice: String
}

/// A linear autoencoder of a user's items, in closed form, cut to its strongest directions: EASE.
///
/// Steck: "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019. With `X` the interactions,
/// it minimises `|X - X B|^2 + lambda |B|^2` under a zero diagonal of `B`: `B = I - P / diag(P)` with
/// `P = (X^T X + lambda I)^-1` (equation 8 there). What is kept of the scores `X B` is their best
/// approximation by `factors` products, the truncated singular value decomposition. It is found by
/// subspace iteration (Halko, Martinsson, Tropp: "Finding Structure with Randomness", SIAM Review 2011,
/// algorithm 4.4).
///
/// The matrix `P` has a number for each pair of items: time grows with the third power of their count.
package enum ShallowAutoencoder: Factorization {
  /// The largest catalogue: `P` takes eight gigabytes then.
  package static let mostItems = 46_340
  /// Directions that are looked for beside those that are kept, which makes the search quicker.
  package static let oversampling = 32

  /// Factorises.
  ///
  /// - Parameters:
  ///   - positives: each user's training interactions.
  ///   - weights: one for each positive, in their order; empty for 1. They are `X`'s numbers.
  ///   - itemCount: the size of the catalogue; every positive is below it.
  ///   - options: factors and iterations above 0, regularization above 0.
  ///   - pool: the threads; the result is the same for any number.
  ///   - report: called after each iteration, counted from 1; throws to stop.
  /// - Returns: vectors without biases; zero for users and items without an interaction, and in
  ///   columns beyond the rank of `X B`.
  /// - Throws: `FactorizationError`; what `report` throws.
  package static func train(
    positives: UserItems, weights: [Float] = [], itemCount: Int, options: EASEOptions,
    pool: WorkerPool, report: (_ iteration: Int) throws -> Void = { _ in }
  ) throws -> MatrixFactors {
    precondition(weights.isEmpty || weights.count == positives.count, "one weight each, or none")
    guard itemCount <= mostItems else {
      throw FactorizationError(
        description:
          "ease has a number for each pair of items, and \(itemCount) items are more than "
          + "its \(mostItems)",
        advice: "choose another factorisation, or read fewer items")
    }
    let width = options.factors
    let rank = min(width + oversampling, itemCount, positives.userCount)
    guard rank > 0 else {
      return MatrixFactors(
        width: width, userCount: positives.userCount, itemCount: itemCount,
        users: [Float](repeating: 0, count: positives.userCount * width),
        items: [Float](repeating: 0, count: itemCount * width))
    }
    let model = try ItemModel(
      WeightedRows(positives, weights), itemCount: itemCount, width: rank,
      regularization: options.regularization, pool: pool)
    let basis = RowBasis(rows: rank, columns: itemCount)
    basis.fill(drawnVectors(rank, width: itemCount, deviation: 1, seed: options.seed, stream: 1))
    basis.orthonormalize(pool)
    for iteration in stride(from: 1, through: options.iterations, by: 1) {
      basis.take(model.items(from: model.users(from: basis.rows)))
      basis.orthonormalize(pool)
      try report(iteration)
    }
    let users = model.users(from: basis.rows)
    let (toUsers, toItems) = rotation(users, rank: rank, width: width, pool)
    return MatrixFactors(
      width: width, userCount: positives.userCount, itemCount: itemCount,
      users: users.product(with: toUsers, pool: pool),
      items: basis.rows.transposed(pool).product(with: toItems, pool: pool))
  }

  /// Rayleigh and Ritz: what turns the basis into singular vectors, strongest first.
  ///
  /// The square root of a singular value goes to either side.
  ///
  /// - Parameters:
  ///   - users: `X B Q`, rows of `rank` numbers.
  ///   - rank: columns of the basis.
  ///   - width: how many vectors are wanted.
  ///   - pool: the threads.
  /// - Returns: `rank` x `width` each; columns beyond the rank of `X B` are zero.
  private static func rotation(
    _ users: RowMatrix, rank: Int, width: Int, _ pool: WorkerPool
  ) -> (users: RowMatrix, items: RowMatrix) {
    let stride = users.stride
    let gram = GramMatrix.lower(of: users.storage, count: users.rows, width: stride, pool: pool)
    var products = [Double](repeating: 0, count: rank * rank)
    for row in 0..<rank {
      for column in 0...row {
        products[row * rank + column] = Double(gram.buffer[row * stride + column])
      }
    }
    let problem = SymmetricEigenproblem(products, order: rank)
    let toUsers = RowMatrix(rows: rank, columns: width)
    let toItems = RowMatrix(rows: rank, columns: width)
    let least = (problem.values.last ?? 0) * Double(Float.ulpOfOne) * Double(rank)
    for column in 0..<min(rank, width) {
      let place = rank - 1 - column
      if problem.values[place] <= least { break }
      // The eigenvalue is the singular value's square.
      let root = problem.values[place].squareRoot().squareRoot()
      for row in 0..<rank {
        let number = problem.vectors[place * rank + row]
        toUsers[row, column] = Float(number / root)
        toItems[row, column] = Float(number * root)
      }
    }
    return (toUsers, toItems)
  }
}

/// The matrix `B` between interactions, to be multiplied with.
private struct ItemModel {
  private let byUser: WeightedRows
  private let byItem: WeightedRows
  private let itemCount: Int
  /// Rows of everything that is multiplied.
  private let width: Int
  private let pool: WorkerPool
  /// `P`, symmetric.
  private let inverse: Storage<Float>
  /// 1 over its diagonal.
  private let scales: [Float]

  init(
    _ byUser: WeightedRows, itemCount: Int, width: Int, regularization: Float, pool: WorkerPool
  ) throws {
    (self.byUser, self.itemCount, self.width, self.pool) = (byUser, itemCount, width, pool)
    byItem = byUser.transposed(columnCount: itemCount)
    inverse = Storage(count: itemCount * itemCount)
    Self.fill(inverse, byUser, byItem, regularization: regularization, pool)
    guard SymmetricInverse.invert(inverse, order: itemCount, pool) else {
      throw FactorizationError(
        description: "the items' matrix of ease can't be inverted with a regularization of "
          + "\(regularization)",
        advice: "raise its regularization")
    }
    let diagonal = inverse.buffer
    scales = (0..<itemCount).map { 1 / diagonal[$0 * itemCount + $0] }
  }

  /// Fills in `X^T X + lambda I`, each row by the users of its item.
  private static func fill(
    _ matrix: Storage<Float>, _ byUser: WeightedRows, _ byItem: WeightedRows,
    regularization: Float, _ pool: WorkerPool
  ) {
    let itemCount = byItem.count
    forEachBlock(of: itemCount, by: 16, pool) { range, _ in
      for item in range {
        let row = matrix.buffer.from(item * itemCount)
        for entry in byItem.range(of: item) {
          let weight = byItem.weight(entry)
          for other in byUser.range(of: Int(byItem.columns[entry])) {
            row[Int(byUser.columns[other])] += weight * byUser.weight(other)
          }
        }
        row[item] += regularization
      }
    }
  }

  /// `X B Q`.
  ///
  /// - Parameter basis: `Q` transposed, a column for each item.
  /// - Returns: a row for each user.
  func users(from basis: RowMatrix) -> RowMatrix {
    let result = products(scaled(basis))
    result.subtract(from: basis)
    return sums(byUser, result.transposed(pool))
  }

  /// `B^T X^T Y`, transposed.
  ///
  /// - Parameter rows: `Y`, a row for each user.
  /// - Returns: a column for each item.
  func items(from rows: RowMatrix) -> RowMatrix {
    let columns = sums(byItem, rows).transposed(pool)
    let result = scaled(products(columns))
    result.subtract(from: columns)
    return result
  }

  /// Each column multiplied by its scale.
  private func scaled(_ matrix: RowMatrix) -> RowMatrix {
    let result = RowMatrix(rows: matrix.rows, columns: matrix.columns)
    for row in 0..<matrix.rows {
      for column in 0..<itemCount { result[row, column] = matrix[row, column] * scales[column] }
    }
    return result
  }

  /// A matrix times `P`, by fixed blocks of columns.
  private func products(_ matrix: RowMatrix) -> RowMatrix {
    let result = RowMatrix(rows: matrix.rows, columns: itemCount)
    let scratch = (0..<pool.threads).map { _ in Storage<Float>(count: ProductScratch.count) }
    let count = itemCount
    forEachBlock(of: count, by: 128, pool) { [inverse] range, worker in
      unsafe Kernels.active.pointee.product(
        matrix.matrix, Matrix(inverse.buffer.from(range.lowerBound), stride: count),
        result.matrix(from: range.lowerBound), matrix.rows, count, range.count, false,
        scratch[worker].buffer)
    }
    return result
  }

  /// Each row's entries' rows of the other side, weighted and added up.
  private func sums(_ rows: WeightedRows, _ other: RowMatrix) -> RowMatrix {
    let result = RowMatrix(rows: rows.count, columns: other.columns)
    let columns = Storage(rows.columns)
    let weights = Storage(rows.weights)
    forEachBlock(of: rows.count, by: 32, pool) { range, _ in
      for row in range {
        let entries = rows.range(of: row)
        if entries.isEmpty { continue }
        let own =
          weights.buffer.count == 0 ? weights.buffer : weights.buffer.from(entries.lowerBound)
        unsafe Kernels.active.pointee.addRows(
          columns.buffer.from(entries.lowerBound), own, entries.count, other.storage.buffer,
          other.stride, other.stride, result.storage.buffer.from(row * result.stride))
      }
    }
    return result
  }
}
