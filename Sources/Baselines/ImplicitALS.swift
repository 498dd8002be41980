private import CBLAS
package import Interactions
package import Parallelism

/// Settings of `ImplicitALS`.
package struct ALSOptions: Sendable, Equatable, Codable {
  /// Numbers in a user's and in an item's vector.
  package var factors: Int
  /// What is added to the diagonal of every row's normal equations, whatever the row's length.
  package var regularization: Float
  /// How much more an interaction of weight 1 counts than a missing one.
  package var alpha: Float
  /// How often users and then items are solved for.
  package var iterations: Int
  /// What the first item vectors follow from.
  package var seed: UInt64

  /// Names the settings; without any, those that do well on MovieLens-1M.
  package init(
    factors: Int = 64, regularization: Float = 20, alpha: Float = 5, iterations: Int = 15,
    seed: UInt64 = 1
  ) {
    (self.factors, self.regularization, self.alpha) = (factors, regularization, alpha)
    (self.iterations, self.seed) = (iterations, seed)
  }
}

/// Matrix factorisation of implicit feedback by alternating least squares: iALS, or WMF.
///
/// Hu, Koren, Volinsky: "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008. It
/// minimises `sum over all (u, i) of c_ui (p_ui - x_u . y_i)^2 + reg (|x|^2 + |y|^2)` with
/// `p_ui = 1` and `c_ui = alpha w_ui` for an interaction of weight `w_ui`, `p_ui = 0` and `c_ui = 1`
/// for every other pair. Each row is solved for exactly, by Cholesky, from `Y^T Y` and the rows of
/// its interactions (equation 4 there).
package enum ImplicitALS: Factorization {
  /// Factorises.
  ///
  /// - Parameters:
  ///   - positives: each user's training interactions.
  ///   - weights: one for each positive, in their order; empty for 1.
  ///   - itemCount: the size of the catalogue; every positive is below it.
  ///   - options: factors and iterations above 0, regularization above 0.
  ///   - pool: the threads; the result is the same for any number.
  ///   - report: called after each iteration, counted from 1; throws to stop.
  /// - Returns: vectors without biases; zero for users and items without an interaction.
  /// - Throws: what `report` throws.
  package static func train(
    positives: UserItems, weights: [Float] = [], itemCount: Int, options: ALSOptions,
    pool: WorkerPool, report: (_ iteration: Int) throws -> Void = { _ in }
  ) throws -> MatrixFactors {
    openblas_set_num_threads(1)
    let width = options.factors
    let byUser = WeightedRows(positives, weights)
    let byItem = byUser.transposed(columnCount: itemCount)
    var users = [Float](repeating: 0, count: positives.userCount * width)
    var items = [Float](repeating: 0, count: itemCount * width)
    for item in 0..<itemCount {
      var random = CounterRandom(seed: options.seed, stream: UInt64(item))
      for column in 0..<width { items[item * width + column] = Float(0.1 * random.gaussian()) }
    }
    for iteration in stride(from: 1, through: options.iterations, by: 1) {
      solve(&users, rows: byUser, against: items, options: options, pool: pool)
      solve(&items, rows: byItem, against: users, options: options, pool: pool)
      try report(iteration)
    }
    return MatrixFactors(
      width: width, userCount: positives.userCount, itemCount: itemCount, users: users,
      items: items)
  }

  /// Solves for all rows of one side, the other side held.
  private static func solve(
    _ solution: inout [Float], rows: WeightedRows, against other: [Float], options: ALSOptions,
    pool: WorkerPool
  ) {
    let width = options.factors
    let gram = gram(of: other, width: width, regularization: options.regularization, pool: pool)
    let scratch = (0..<pool.threads).map { _ in NormalEquations(width: width) }
    unsafe solution.writeRows(rows.count, by: 32, pool) { range, base, worker in
      for row in range {
        unsafe scratch[worker].solve(
          rows.range(of: row), of: rows, against: other, gram: gram, alpha: options.alpha,
          into: base + row * width)
      }
    }
  }

  /// Computes `Y^T Y + reg I`, lower triangle in column-major order, from fixed shards in their order.
  private static func gram(
    of rows: [Float], width: Int, regularization: Float, pool: WorkerPool
  ) -> [Float] {
    let count = rows.count / width
    let shard = 2_048
    let shards = max(1, (count + shard - 1) / shard)
    let parts = (0..<shards).map { _ in Block(width * width) }
    pool.forEach(shards) { index, _ in
      let start = index * shard
      let end = min(count, start + shard)
      unsafe rows.withUnsafeBufferPointer { rows in
        guard let base = rows.baseAddress, end > start else { return }
        unsafe cblas_ssyrk(
          CblasColMajor, CblasLower, CblasNoTrans, Int32(width), Int32(end - start), 1,
          base + start * width, Int32(width), 0, parts[index].base, Int32(width))
      }
    }
    var sum = [Float](repeating: 0, count: width * width)
    for part in parts {
      for position in sum.indices { sum[position] += unsafe part.base[position] }
    }
    for factor in 0..<width { sum[factor * width + factor] += regularization }
    return sum
  }
}

/// One thread's memory for the normal equations of a row.
///
/// Safe: it belongs to the thread that solves with it.
@safe private final class NormalEquations: @unchecked Sendable {
  /// Entries that are added to the matrix in one product.
  private static let chunk = 256
  private let width: Int
  private let matrix: Block
  private let gathered: Block

  init(width: Int) {
    self.width = width
    matrix = Block(width * width)
    gathered = Block(Self.chunk * width)
  }

  /// Solves `(gram + sum (c - 1) y y^T) x = sum c y` over a row's entries.
  func solve(
    _ entries: Range<Int>, of rows: WeightedRows, against other: [Float], gram: [Float],
    alpha: Float, into solution: UnsafeMutablePointer<Float>
  ) {
    unsafe solution.update(repeating: 0, count: width)
    if entries.isEmpty { return }
    unsafe gram.withUnsafeBufferPointer { gram in
      if let base = gram.baseAddress { unsafe matrix.base.update(from: base, count: gram.count) }
    }
    unsafe other.withUnsafeBufferPointer { other in
      guard let base = other.baseAddress else { return }
      if rows.weights.isEmpty {
        unsafe add(entries, of: rows, from: base, weight: alpha, into: solution)
      } else {
        // A product takes one factor for all its rows, so they are scaled; roots have one sign.
        unsafe add(entries, of: rows, from: base, alpha: alpha, sign: 1, into: solution)
        unsafe add(entries, of: rows, from: base, alpha: alpha, sign: -1, into: solution)
      }
    }
    var order = Int32(width)
    var info: Int32 = 0
    // The lower triangle: OpenBLAS 0.3.21 takes twice as long for the upper one.
    unsafe spotrf_("L", &order, matrix.base, &order, &info)
    // The Gram matrix has each entry's row with weight 1 and the regularisation on its diagonal, so that
    // only rounding can make it not positive definite: no vector then.
    if info != 0 { return unsafe solution.update(repeating: 0, count: width) }
    for side in [CblasNoTrans, CblasTrans] {
      unsafe cblas_strsv(
        CblasColMajor, CblasLower, side, CblasNonUnit, order, matrix.base, order, solution, 1)
    }
  }

  /// Adds entries of one weight to the matrix and to the right side.
  private func add(
    _ entries: Range<Int>, of rows: WeightedRows, from other: UnsafePointer<Float>, weight: Float,
    into right: UnsafeMutablePointer<Float>
  ) {
    var start = entries.lowerBound
    while start < entries.upperBound {
      let end = min(entries.upperBound, start + Self.chunk)
      for entry in start..<end {
        unsafe copy(other + Int(rows.columns[entry]) * width, to: entry - start, scale: 1)
        unsafe addScaled(other + Int(rows.columns[entry]) * width, weight, to: right)
      }
      multiply(end - start, factor: weight - 1)
      start = end
    }
  }

  /// Adds the entries whose weight, less 1, has a sign.
  private func add(
    _ entries: Range<Int>, of rows: WeightedRows, from other: UnsafePointer<Float>, alpha: Float,
    sign: Float, into right: UnsafeMutablePointer<Float>
  ) {
    var count = 0
    for entry in entries {
      let weight = alpha * rows.weights[entry]
      if (weight >= 1) != (sign > 0) { continue }
      let row = unsafe other + Int(rows.columns[entry]) * width
      unsafe copy(row, to: count, scale: abs(weight - 1).squareRoot())
      unsafe addScaled(row, weight, to: right)
      count += 1
      if count == Self.chunk {
        multiply(count, factor: sign)
        count = 0
      }
    }
    multiply(count, factor: sign)
  }

  @inline(__always)
  private func copy(_ row: UnsafePointer<Float>, to place: Int, scale: Float) {
    let target = unsafe gathered.base + place * width
    for column in 0..<width { unsafe target[column] = row[column] * scale }
  }

  @inline(__always)
  private func addScaled(
    _ row: UnsafePointer<Float>, _ weight: Float, to right: UnsafeMutablePointer<Float>
  ) {
    for column in 0..<width { unsafe right[column] += row[column] * weight }
  }

  /// Adds `factor` times the product of the gathered rows with themselves.
  private func multiply(_ count: Int, factor: Float) {
    if count == 0 || factor == 0 { return }
    unsafe cblas_ssyrk(
      CblasColMajor, CblasLower, CblasNoTrans, Int32(width), Int32(count), factor,
      gathered.base, Int32(width), 1, matrix.base, Int32(width))
  }
}
