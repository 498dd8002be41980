import Kernels
import Lanes
import Parallelism

/// The inverse of a symmetric, positive definite matrix, in place, by sweeps.
///
/// A sweep over some rows and columns k replaces the block `A_kk` by `-D` with `D = A_kk^-1`, the columns
/// `A_ik` by `W = A_ik D`, and every other element by `A_ij - W A_kj`. After sweeps over all rows what
/// stands there is the inverse with the other sign. As the matrix stays symmetric, only elements on and
/// below the diagonal are computed, and what work there is lies in products of matrices.
enum SymmetricInverse {
  /// Rows and columns of a sweep: one chain of a product's sums.
  private static let block = 256
  /// Rows and columns of a sweep within a block.
  private static let smallBlock = 32
  /// Rows that a thread updates at a time.
  private static let stripe = 96

  /// Inverts.
  ///
  /// - Parameters:
  ///   - matrix: order x order, row-major.
  ///   - order: rows and columns.
  ///   - pool: the threads; the result is the same for any number.
  /// - Returns: whether the matrix was positive definite; if not, it holds nothing of use.
  static func invert(_ matrix: Storage<Float>, order: Int, _ pool: WorkerPool) -> Bool {
    let sweeper = Sweeper(matrix.buffer, order: order, block: min(block, order))
    let scratch = (0..<pool.threads).map { _ in Storage<Float>(count: ProductScratch.count) }
    for first in stride(from: 0, to: order, by: block) {
      sweeper.begin(first..<min(first + block, order))
      forEachBlock(of: order, by: stripe, pool) { some, _ in sweeper.take(some) }
      guard sweeper.invert(by: { invertBlock($0, order: $1) }) else { return false }
      forEachBlock(of: order, by: stripe, pool) { some, worker in
        sweeper.update(some, scratch: scratch[worker].buffer)
      }
      forEachBlock(of: order, by: stripe, pool) { some, _ in sweeper.put(some) }
    }
    mirror(matrix.buffer, order, pool)
    return withExtendedLifetime(matrix) { true }
  }

  /// Inverts a block by sweeps over fewer rows, on the calling thread.
  private static func invertBlock(_ block: Buffer<Float>, order: Int) -> Bool {
    let sweeper = Sweeper(block, order: order, block: min(smallBlock, order))
    let scratch = Storage<Float>(count: ProductScratch.count)
    for first in stride(from: 0, to: order, by: smallBlock) {
      sweeper.begin(first..<min(first + smallBlock, order))
      sweeper.take(0..<order)
      guard sweeper.invert(by: { sweepOneByOne($0, order: $1) }) else { return false }
      sweeper.update(0..<order, scratch: scratch.buffer)
      sweeper.put(0..<order)
    }
    for row in 0..<order {
      for column in 0...row {
        let number = -block[row * order + column]
        block[row * order + column] = number
        block[column * order + row] = number
      }
    }
    return true
  }

  /// Inverts a small block, a full symmetric matrix, by sweeps over single rows.
  private static func sweepOneByOne(_ block: Buffer<Float>, order: Int) -> Bool {
    for pivot in 0..<order {
      let own = block[pivot * order + pivot]
      guard own > 0, own.isFinite else { return false }
      let inverse = 1 / own
      for row in 0..<order where row != pivot {
        let factor = block[row * order + pivot] * inverse
        for column in 0..<order where column != pivot {
          block[row * order + column] -= factor * block[pivot * order + column]
        }
        block[row * order + pivot] = factor
      }
      for column in 0..<order where column != pivot {
        block[pivot * order + column] = block[column * order + pivot]
      }
      block[pivot * order + pivot] = -inverse
    }
    for place in 0..<order * order { block[place] = -block[place] }
    return true
  }

  /// Turns the sign of the lower triangle and copies it to the upper one, by tiles that stay in the
  /// cache.
  private static func mirror(_ matrix: Buffer<Float>, _ order: Int, _ pool: WorkerPool) {
    let tile = 64
    forEachBlock(of: order, by: tile, pool) { rows, _ in
      for start in stride(from: 0, to: rows.upperBound, by: tile) {
        for row in rows {
          for column in start..<max(start, min(row + 1, start + tile)) {
            let number = -matrix[row * order + column]
            matrix[row * order + column] = number
            matrix[column * order + row] = number
          }
        }
      }
    }
  }
}

/// A matrix in the middle of sweeps over blocks of its rows: each begins, takes, inverts, updates, puts.
///
/// Safe: threads take, update and put rows of their own, and meet between these.
private final class Sweeper: @unchecked Sendable {
  private let matrix: Buffer<Float>
  private let order: Int
  private let block: Int
  private let memory = Memory()
  /// `A_ik` for all rows i: order x block.
  private let columns: Buffer<Float>
  /// The same transposed, in strips of 32 columns: block x 32 each.
  private let strips: Buffer<Float>
  /// `-W`: order x block.
  private let factors: Buffer<Float>
  /// `D` and its negative: block x block.
  private let inverse: Buffer<Float>
  private let negative: Buffer<Float>
  private var rows = 0..<0

  init(_ matrix: Buffer<Float>, order: Int, block: Int) {
    (self.matrix, self.order, self.block) = (matrix, order, block)
    columns = memory.make(order * block)
    strips = memory.make((order + 31) / 32 * 32 * block)
    factors = memory.make(order * block)
    inverse = memory.make(block * block)
    negative = memory.make(block * block)
  }

  /// Begins a sweep over a block of rows.
  func begin(_ rows: Range<Int>) { self.rows = rows }

  /// Copies the block's columns of some rows.
  func take(_ some: Range<Int>) {
    let (width, lower) = (rows.count, rows.lowerBound)
    for row in some {
      let target = columns.from(row * width)
      // What is above the diagonal stands below it in the block's own rows.
      let below = max(0, min(width, row - lower + 1))
      let source = matrix.from(row * order + (below > 0 ? lower : 0))
      for place in 0..<below { target[place] = source[place] }
      for place in below..<width { target[place] = matrix[(lower + place) * order + row] }
      let strip = strips.from(row / 32 * 32 * width + row % 32)
      for place in 0..<width { strip[place * 32] = target[place] }
    }
  }

  /// Inverts the block.
  ///
  /// - Returns: whether it was positive definite.
  func invert(by invert: (_ block: Buffer<Float>, _ order: Int) -> Bool) -> Bool {
    let width = rows.count
    inverse.copy(from: columns.from(rows.lowerBound * width), count: width * width)
    guard invert(inverse, width) else { return false }
    for place in 0..<width * width { negative[place] = -inverse[place] }
    return true
  }

  /// Updates some rows, up to their diagonal.
  func update(_ some: Range<Int>, scratch: Buffer<Float>) {
    let width = rows.count
    let kernels = unsafe Kernels.active
    let target = factors.from(some.lowerBound * width)
    unsafe kernels.pointee.product(
      Matrix(columns.from(some.lowerBound * width), stride: width),
      Matrix(negative, stride: width), Matrix(target, stride: width), some.count, width, width,
      false, scratch)
    for start in stride(from: 0, to: some.upperBound, by: 32) {
      // Rows above a strip have nothing of it below their diagonal.
      let first = max(some.lowerBound, start)
      unsafe kernels.pointee.product(
        Matrix(factors.from(first * width), stride: width),
        Matrix(strips.from(start * width), stride: 32),
        Matrix(matrix.from(first * order + start), stride: order), some.upperBound - first, width,
        min(32, order - start), true, scratch)
    }
  }

  /// Writes the block's columns of some rows, and its rows among them: the updates have written over
  /// them.
  func put(_ some: Range<Int>) {
    let (width, lower) = (rows.count, rows.lowerBound)
    for row in max(some.lowerBound, lower)..<max(some.upperBound, lower) {
      let target = matrix.from(row * order)
      if row >= rows.upperBound {
        let source = factors.from(row * width)
        for place in 0..<width { target[lower + place] = -source[place] }
        continue
      }
      let place = row - lower
      for column in 0..<lower { target[column] = -factors[column * width + place] }
      for column in 0...place { target[lower + column] = negative[place * width + column] }
    }
  }
}
