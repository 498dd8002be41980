private import CBLAS
package import Interactions
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
  /// The largest catalogue: LAPACK counts with 32 bits, and `P` takes eight gigabytes then.
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
    openblas_set_num_threads(1)
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
    var basis = ColumnBasis(
      drawnVectors(rank, width: itemCount, deviation: 1, seed: options.seed, stream: 1),
      rows: itemCount, columns: rank)
    basis.orthonormalize()
    for iteration in stride(from: 1, through: options.iterations, by: 1) {
      basis.columns = model.items(from: model.users(from: basis.columns))
      basis.orthonormalize()
      try report(iteration)
    }
    let users = model.users(from: basis.columns)
    let (toUsers, toItems) = rotation(users, rank: rank, width: width)
    return MatrixFactors(
      width: width, userCount: positives.userCount, itemCount: itemCount,
      users: product(users, toUsers, inner: rank, width: width, pool: pool),
      items: product(
        transposed(basis.columns, rows: rank, columns: itemCount, pool: pool), toItems,
        inner: rank, width: width, pool: pool))
  }

  /// Rayleigh and Ritz: what turns the basis into singular vectors, strongest first.
  ///
  /// The square root of a singular value goes to either side.
  ///
  /// - Parameters:
  ///   - users: `X B Q`, rows of `rank` numbers.
  ///   - rank: columns of the basis.
  ///   - width: how many vectors are wanted.
  /// - Returns: `rank` x `width` each, row-major; columns beyond the rank of `X B` are zero.
  private static func rotation(
    _ users: [Float], rank: Int, width: Int
  ) -> (users: [Float], items: [Float]) {
    var vectors = [Float](repeating: 0, count: rank * rank)
    unsafe cblas_ssyrk(
      CblasColMajor, CblasUpper, CblasNoTrans, Int32(rank), Int32(users.count / rank), 1, users,
      Int32(rank), 0, &vectors, Int32(rank))
    var values = [Float](repeating: 0, count: rank)
    var order = Int32(rank)
    var info: Int32 = 0
    unsafe withWorkspace { work, size in
      unsafe ssyev_("V", "U", &order, &vectors, &order, &values, work, size, &info)
    }
    precondition(info == 0, "no eigenvalues of a matrix of finite numbers")
    var toUsers = [Float](repeating: 0, count: rank * width)
    var toItems = toUsers
    let least = (values.last ?? 0) * Float.ulpOfOne * Float(rank)
    for column in 0..<min(rank, width) {
      let place = rank - 1 - column
      if values[place] <= least { break }
      // The eigenvalue is the singular value's square.
      let root = values[place].squareRoot().squareRoot()
      for row in 0..<rank {
        let number = vectors[place * rank + row]
        toUsers[row * width + column] = number / root
        toItems[row * width + column] = number * root
      }
    }
    return (toUsers, toItems)
  }

  /// The product of rows of `inner` numbers with an `inner` x `width` matrix, by fixed blocks of rows.
  private static func product(
    _ rows: [Float], _ matrix: [Float], inner: Int, width: Int, pool: WorkerPool
  ) -> [Float] {
    let count = rows.count / inner
    var result = [Float](repeating: 0, count: count * width)
    unsafe result.writeRows(count, by: 256, pool) { range, base, _ in
      unsafe rows.withUnsafeBufferPointer { rows in
        guard let rows = rows.baseAddress else { return }
        unsafe cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(range.count), Int32(width),
          Int32(inner), 1, rows + range.lowerBound * inner, Int32(inner), matrix, Int32(width), 0,
          base + range.lowerBound * width, Int32(width))
      }
    }
    return result
  }
}

/// Columns that span what is looked for, in column-major order.
private struct ColumnBasis {
  var columns: [Float]
  let rows: Int32
  let count: Int32

  init(_ columns: [Float], rows: Int, columns count: Int) {
    self.columns = columns
    self.rows = Int32(rows)
    self.count = Int32(count)
  }

  /// Replaces the columns by orthonormal ones of the same span, by Householder's reflections.
  mutating func orthonormalize() {
    var (rows, count) = (rows, count)
    var scales = [Float](repeating: 0, count: Int(count))
    var info: Int32 = 0
    unsafe withWorkspace { work, size in
      unsafe sgeqrf_(&rows, &count, &columns, &rows, &scales, work, size, &info)
    }
    unsafe withWorkspace { work, size in
      unsafe sorgqr_(&rows, &count, &count, &columns, &rows, scales, work, size, &info)
    }
  }
}

/// The matrix `B` between interactions, to be multiplied with.
private struct ItemModel {
  private let byUser: WeightedRows
  private let byItem: WeightedRows
  private let itemCount: Int
  /// Columns of everything that is multiplied.
  private let width: Int
  private let pool: WorkerPool
  /// `P`, symmetric.
  private let inverse: Block
  /// 1 over its diagonal.
  private let scales: [Float]

  init(
    _ byUser: WeightedRows, itemCount: Int, width: Int, regularization: Float, pool: WorkerPool
  ) throws {
    (self.byUser, self.itemCount, self.width, self.pool) = (byUser, itemCount, width, pool)
    byItem = byUser.transposed(columnCount: itemCount)
    inverse = Block(itemCount * itemCount)
    Self.fill(inverse, byUser, byItem, regularization: regularization, pool)
    guard Self.invert(inverse, order: itemCount, pool) else {
      throw FactorizationError(
        description: "the items' matrix of ease can't be inverted with a regularization of "
          + "\(regularization)",
        advice: "raise its regularization")
    }
    let base = unsafe inverse.base
    scales = (0..<itemCount).map { unsafe 1 / base[$0 * itemCount + $0] }
  }

  /// Fills in `X^T X + lambda I`, each row by the users of its item.
  private static func fill(
    _ matrix: Block, _ byUser: WeightedRows, _ byItem: WeightedRows, regularization: Float,
    _ pool: WorkerPool
  ) {
    let itemCount = byItem.count
    forEachBlock(of: itemCount, by: 16, pool) { range, _ in
      for item in range {
        let row = unsafe matrix.base + item * itemCount
        for entry in byItem.range(of: item) {
          let weight = byItem.weight(entry)
          for other in byUser.range(of: Int(byItem.columns[entry])) {
            unsafe row[Int(byUser.columns[other])] += weight * byUser.weight(other)
          }
        }
        unsafe row[item] += regularization
      }
    }
  }

  /// Inverts in place; says whether the matrix was positive definite.
  private static func invert(_ matrix: Block, order: Int, _ pool: WorkerPool) -> Bool {
    var count = Int32(order)
    var info: Int32 = 0
    unsafe spotrf_("L", &count, matrix.base, &count, &info)
    if info == 0 { unsafe spotri_("L", &count, matrix.base, &count, &info) }
    if info != 0 { return false }
    // Only the lower triangle is the inverse's: the upper one follows, by tiles that stay in the cache.
    let tile = 64
    forEachBlock(of: order, by: tile, pool) { rows, _ in
      for start in stride(from: rows.lowerBound, to: order, by: tile) {
        for row in rows {
          for column in max(start, row)..<max(min(order, start + tile), row) {
            unsafe matrix.base[column * order + row] = matrix.base[row * order + column]
          }
        }
      }
    }
    return true
  }

  /// `X B Q`.
  ///
  /// - Parameter columns: `Q`, as many rows as items, column-major.
  /// - Returns: a row for each user.
  func users(from columns: [Float]) -> [Float] {
    let scaled = scaled(columns)
    var result = columns
    subtract(scaled, from: &result)
    return sums(byUser, transposed(result, rows: width, columns: itemCount, pool: pool))
  }

  /// `B^T X^T Y`.
  ///
  /// - Parameter rows: `Y`, a row for each user.
  /// - Returns: as many rows as items, column-major.
  func items(from rows: [Float]) -> [Float] {
    let columns = transposed(sums(byItem, rows), rows: itemCount, columns: width, pool: pool)
    var products = [Float](repeating: 0, count: columns.count)
    subtract(columns, from: &products)
    var result = scaled(products)
    for place in result.indices { result[place] += columns[place] }
    return result
  }

  /// Each row multiplied by its scale.
  private func scaled(_ columns: [Float]) -> [Float] {
    var result = columns
    for column in 0..<width {
      for row in 0..<itemCount { result[column * itemCount + row] *= scales[row] }
    }
    return result
  }

  /// Subtracts `P` times columns, by fixed blocks of rows.
  private func subtract(_ columns: [Float], from result: inout [Float]) {
    let count = Int32(itemCount)
    unsafe result.writeRows(itemCount, by: 192, pool) { range, base, _ in
      unsafe cblas_sgemm(
        CblasColMajor, CblasTrans, CblasNoTrans, Int32(range.count), Int32(width), count, -1,
        inverse.base + range.lowerBound * itemCount, count, columns, count, 1,
        base + range.lowerBound, count)
    }
  }

  /// Each row's entries' rows of the other side, weighted and added up.
  private func sums(_ rows: WeightedRows, _ other: [Float]) -> [Float] {
    let width = width
    var result = [Float](repeating: 0, count: rows.count * width)
    unsafe result.writeRows(rows.count, by: 32, pool) { range, base, _ in
      unsafe other.withUnsafeBufferPointer { other in
        guard let other = other.baseAddress else { return }
        for row in range {
          let sum = unsafe base + row * width
          for entry in rows.range(of: row) {
            let part = unsafe other + Int(rows.columns[entry]) * width
            let weight = rows.weight(entry)
            for column in 0..<width { unsafe sum[column] += weight * part[column] }
          }
        }
      }
    }
    return result
  }
}

/// A row-major matrix with its rows as columns, by tiles that stay in the cache.
private func transposed(_ matrix: [Float], rows: Int, columns: Int, pool: WorkerPool) -> [Float] {
  var result = [Float](repeating: 0, count: matrix.count)
  let tile = 32
  unsafe result.writeRows(columns, by: tile, pool) { range, base, _ in
    for start in stride(from: 0, to: rows, by: tile) {
      for column in range {
        for row in start..<min(rows, start + tile) {
          unsafe base[column * rows + row] = matrix[row * columns + column]
        }
      }
    }
  }
  return result
}

/// Calls a routine of LAPACK twice: to ask how much memory it works best with, and with that.
private func withWorkspace(
  _ routine: (_ work: UnsafeMutablePointer<Float>, _ size: UnsafePointer<Int32>) -> Void
) {
  var (best, size): (Float, Int32) = (0, -1)
  unsafe routine(&best, &size)
  size = max(1, Int32(best))
  let work = Block(Int(size))
  unsafe routine(work.base, &size)
}
