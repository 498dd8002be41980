package import Interactions
import Kernels
import Lanes
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
/// its interactions (equation 4 there): in the factors, or in its interactions where they are fewer.
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
    let (width, stride) = (options.factors, padded(options.factors))
    let byUser = WeightedRows(positives, weights)
    let byItem = byUser.transposed(columnCount: itemCount)
    let users = Storage<Float>(count: positives.userCount * stride)
    let items = Storage<Float>(count: itemCount * stride)
    for item in 0..<itemCount {
      var random = CounterRandom(seed: options.seed, stream: UInt64(item))
      for column in 0..<width {
        items.buffer[item * stride + column] = Float(0.1 * random.gaussian())
      }
    }
    let ofUsers = Side(byUser, otherCount: itemCount, options, pool)
    let ofItems = Side(byItem, otherCount: positives.userCount, options, pool)
    for iteration in Swift.stride(from: 1, through: options.iterations, by: 1) {
      ofUsers.solve(users, against: items)
      ofItems.solve(items, against: users)
      try report(iteration)
    }
    return MatrixFactors(
      width: width, userCount: positives.userCount, itemCount: itemCount,
      users: unpadded(users, width: width), items: unpadded(items, width: width))
  }

  /// Rows without what fills them up to a multiple of 8.
  private static func unpadded(_ rows: Storage<Float>, width: Int) -> [Float] {
    let (stride, all) = (padded(width), rows.array)
    if stride == width { return all }
    return (0..<all.count / stride).flatMap { all[$0 * stride..<$0 * stride + width] }
  }
}

/// The rows of one side of a factorisation, users or items, which are solved for while the other is held.
private final class Side: @unchecked Sendable {
  private let rows: WeightedRows
  private let options: ALSOptions
  private let pool: WorkerPool
  /// Rows that are solved for by their entries; nil without any.
  private let short: ShortRows?
  /// The other rows, ascending, those without an entry among them.
  private let long: [UInt32]
  private let equations: [NormalEquations]

  init(_ rows: WeightedRows, otherCount: Int, _ options: ALSOptions, _ pool: WorkerPool) {
    (self.rows, self.options, self.pool) = (rows, options, pool)
    let isShort = (0..<rows.count).map {
      ShortRows.isShort($0, of: rows, width: options.factors, alpha: options.alpha)
    }
    func places(_ wanted: Bool) -> [UInt32] {
      isShort.indices.filter { isShort[$0] == wanted }.map { UInt32($0) }
    }
    let some = places(true)
    short =
      some.isEmpty
      ? nil : ShortRows(some, of: rows, otherCount: otherCount, options: options, pool: pool)
    long = places(false)
    equations = (0..<pool.threads).map { _ in NormalEquations(width: options.factors) }
  }

  /// Solves for all rows.
  ///
  /// - Parameters:
  ///   - solution: where their vectors go.
  ///   - other: the vectors of the other side.
  func solve(_ solution: Storage<Float>, against other: Storage<Float>) {
    let gram = gram(of: other)
    let isSolved = short?.solve(solution, against: other, gram: gram) ?? true
    let rest = isSolved ? long : (0..<rows.count).map { UInt32($0) }
    forEachBlock(of: rest.count, by: 32, pool) { range, worker in
      self.equations[worker].solve(
        rest[range], of: self.rows, against: other, gram: gram, alpha: self.options.alpha,
        into: solution)
    }
  }

  /// Computes `Y^T Y + reg I`, the lower triangle of a row-major matrix, from fixed shards in their
  /// order.
  private func gram(of rows: Storage<Float>) -> Storage<Float> {
    let width = options.factors
    let sum = GramMatrix.lower(
      of: rows, count: rows.buffer.count / padded(width), width: padded(width), pool: pool)
    for factor in 0..<width {
      sum.buffer[factor * padded(width) + factor] += options.regularization
    }
    return sum
  }
}

/// Products of tall matrices with themselves.
enum GramMatrix {
  /// Rows whose products are summed before they are added to those of others.
  private static let shard = 2_048

  /// Computes `Y^T Y` from shards of rows that are added in their order.
  ///
  /// - Parameters:
  ///   - rows: `count` x `width`.
  ///   - count: how many rows.
  ///   - width: a multiple of 8.
  ///   - pool: the threads; the result is the same for any number.
  /// - Returns: width x width, row-major; what is above the diagonal is not to be read.
  static func lower(
    of rows: Storage<Float>, count: Int, width: Int, pool: WorkerPool
  ) -> Storage<Float> {
    let shards = max(1, (count + shard - 1) / shard)
    let parts = (0..<shards).map { _ in Storage<Float>(count: width * width) }
    let scratch = (0..<pool.threads).map { _ in Storage<Float>(count: ProductScratch.count) }
    pool.forEach(shards) { index, worker in
      let start = index * shard
      let y = Matrix(rows.buffer.from(start * width), stride: width)
      unsafe Kernels.active.pointee.lowerTransposedProduct(
        y, y, Matrix(parts[index].buffer, stride: width), width, min(count - start, shard), width,
        false, scratch[worker].buffer)
    }
    for part in parts.dropFirst() {
      unsafe Kernels.active.pointee.add(part.buffer, 1, parts[0].buffer, width * width)
    }
    return parts[0]
  }
}

/// One thread's memory for the normal equations of rows, of which sixteen are solved at a time.
private final class NormalEquations: @unchecked Sendable {
  /// Entries that are added to the matrix in one product.
  private static let chunk = 256
  /// Systems that are solved together.
  private static let lanes = 16

  private let width: Int
  private let stride: Int
  private let memory = Memory()
  private let matrix: Buffer<Float>
  private let right: Buffer<Float>
  private let weights: Buffer<Float>
  private let plain: Buffer<Float>
  private let scaled: Buffer<Float>
  private let packed: Buffer<Float>
  private let solutions: Buffer<Float>
  private let scratch: Buffer<Float>
  private let product: Buffer<Float>

  init(width: Int) {
    self.width = width
    stride = padded(width)
    matrix = memory.make(stride * stride)
    right = memory.make(stride)
    weights = memory.make(Self.chunk)
    plain = memory.make(Self.chunk * stride)
    scaled = memory.make(Self.chunk * stride)
    packed = memory.make(Self.lanes * width * (width + 1) / 2)
    solutions = memory.make(Self.lanes * width)
    scratch = memory.make(Self.lanes * (width + 1))
    product = memory.make(ProductScratch.count)
  }

  /// Solves `(gram + sum (c - 1) y y^T) x = sum c y` over each row's entries; zero without any.
  ///
  /// The Gram matrix has each entry's row with weight 1 and the regularisation on its diagonal, so that
  /// only rounding can make a matrix not positive definite: no vector then.
  func solve(
    _ some: ArraySlice<UInt32>, of rows: WeightedRows, against other: Storage<Float>,
    gram: Storage<Float>, alpha: Float, into solution: Storage<Float>
  ) {
    var lanes: [Int] = []
    for row in some.lazy.map({ Int($0) }) {
      if rows.range(of: row).isEmpty {
        solution.buffer.clear(row * stride, count: width)
        continue
      }
      collect(rows.range(of: row), of: rows, against: other, gram: gram, alpha: alpha)
      unsafe Kernels.active.pointee.interleave(
        Matrix(matrix, stride: stride), width, lanes.count, packed)
      for place in 0..<width { solutions[place * Self.lanes + lanes.count] = right[place] }
      lanes.append(row)
      if lanes.count == Self.lanes {
        finish(lanes, into: solution)
        lanes.removeAll(keepingCapacity: true)
      }
    }
    if !lanes.isEmpty { finish(lanes, into: solution) }
  }

  /// Solves what was collected.
  private func finish(_ lanes: [Int], into solution: Storage<Float>) {
    unsafe Kernels.active.pointee.solve(packed, solutions, width, scratch)
    for (lane, row) in lanes.enumerated() {
      for place in 0..<width {
        solution.buffer[row * stride + place] = solutions[place * Self.lanes + lane]
      }
    }
  }

  /// Computes the matrix and the right side of a row.
  private func collect(
    _ entries: Range<Int>, of rows: WeightedRows, against other: Storage<Float>,
    gram: Storage<Float>, alpha: Float
  ) {
    matrix.copy(from: gram.buffer, count: matrix.count)
    right.clear(count: stride)
    unsafe rows.columns.withUnsafeBufferPointer { columns in
      guard let base = columns.baseAddress else { return }
      // Safe: kernels only read it.
      let columns = unsafe Buffer(base: UnsafeMutablePointer(mutating: base), count: columns.count)
      for start in Swift.stride(from: entries.lowerBound, to: entries.upperBound, by: Self.chunk) {
        let count = min(Self.chunk, entries.upperBound - start)
        for place in 0..<count { weights[place] = alpha * rows.weight(start + place) }
        add(columns.from(start), count: count, of: other.buffer)
      }
    }
  }

  /// Adds entries to the matrix and to the right side.
  private func add(_ columns: Buffer<UInt32>, count: Int, of other: Buffer<Float>) {
    let kernels = unsafe Kernels.active
    unsafe kernels.pointee.gatherWeighted(
      columns, weights, count, other, stride, plain, scaled)
    unsafe kernels.pointee.addRows(columns, weights, count, other, stride, stride, right)
    unsafe kernels.pointee.lowerTransposedProduct(
      Matrix(plain, stride: stride), Matrix(scaled, stride: stride),
      Matrix(matrix, stride: stride), width, count, width, true, product)
  }
}
