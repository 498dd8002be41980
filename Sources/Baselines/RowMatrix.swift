import Kernels
import Lanes
import Parallelism

/// A row-major matrix whose rows are padded with zeros to a multiple of 8.
///
/// Safe: threads that share one write rows or columns of their own.
final class RowMatrix: @unchecked Sendable {
  let rows: Int
  let columns: Int
  /// Numbers from one row to the next.
  let stride: Int
  let storage: Storage<Float>

  /// Takes memory for a matrix of zeros.
  init(rows: Int, columns: Int) {
    (self.rows, self.columns, stride) = (rows, columns, padded(columns))
    storage = Storage(count: rows * padded(columns))
  }

  /// One element.
  subscript(row: Int, column: Int) -> Float {
    get { storage.buffer[row * stride + column] }
    set { storage.buffer[row * stride + column] = newValue }
  }

  /// As products see it.
  var matrix: Matrix { Matrix(storage.buffer, stride: stride) }

  /// The columns from one on, as products see them.
  func matrix(from column: Int) -> Matrix {
    Matrix(storage.buffer.from(column), stride: stride)
  }

  /// Replaces every element by that of another matrix less itself.
  func subtract(from other: RowMatrix) {
    precondition(rows == other.rows && columns == other.columns, "matrices of two sizes")
    for place in 0..<storage.buffer.count {
      storage.buffer[place] = other.storage.buffer[place] - storage.buffer[place]
    }
  }

  /// The matrix with its rows as columns, by tiles that stay in the cache.
  func transposed(_ pool: WorkerPool) -> RowMatrix {
    let result = RowMatrix(rows: columns, columns: rows)
    let tile = 32
    forEachBlock(of: columns, by: tile, pool) { [self] range, _ in
      for start in Swift.stride(from: 0, to: rows, by: tile) {
        for column in range {
          for row in start..<min(rows, start + tile) { result[column, row] = self[row, column] }
        }
      }
    }
    return result
  }

  /// The product with another matrix, row-major without padding, by fixed blocks of rows.
  func product(with other: RowMatrix, pool: WorkerPool) -> [Float] {
    precondition(columns == other.rows, "matrices that don't fit")
    let result = Storage<Float>(count: rows * other.columns)
    let scratch = (0..<pool.threads).map { _ in Storage<Float>(count: ProductScratch.count) }
    forEachBlock(of: rows, by: 256, pool) { [self] range, worker in
      unsafe Kernels.active.pointee.product(
        Matrix(storage.buffer.from(range.lowerBound * stride), stride: stride), other.matrix,
        Matrix(result.buffer.from(range.lowerBound * other.columns), stride: other.columns),
        range.count, columns, other.columns, false, scratch[worker].buffer)
    }
    return result.array
  }
}

/// Rows that span what is looked for.
final class RowBasis {
  private(set) var rows: RowMatrix

  /// Rows that are made orthogonal to all before them at once.
  private static let block = 32

  init(rows: Int, columns: Int) { self.rows = RowMatrix(rows: rows, columns: columns) }

  /// Copies numbers in, row by row.
  func fill(_ numbers: [Float]) {
    for row in 0..<rows.rows {
      rows.storage.buffer.copy(
        from: numbers[row * rows.columns..<(row + 1) * rows.columns], at: row * rows.stride)
    }
  }

  /// Takes other rows.
  func take(_ rows: RowMatrix) { self.rows = rows }

  /// Replaces the rows by orthonormal ones of the same span.
  ///
  /// By Gram and Schmidt's method, block by block and each block twice. A row that those before it span
  /// becomes zero.
  func orthonormalize(_ pool: WorkerPool) {
    for first in stride(from: 0, to: rows.rows, by: Self.block) {
      let block = first..<min(first + Self.block, rows.rows)
      for _ in 0..<2 {
        if first > 0 { project(block, pool) }
        orthonormalize(block)
      }
    }
  }

  /// Subtracts from a block's rows what lies in the span of the rows before it.
  private func project(_ block: Range<Int>, _ pool: WorkerPool) {
    let (matrix, stride, before) = (rows, rows.stride, block.lowerBound)
    let own = Matrix(matrix.storage.buffer.from(before * stride), stride: stride)
    let dots = RowMatrix(rows: block.count, columns: before)
    forEachBlock(of: before, by: 16, pool) { range, _ in
      let others = Matrix(matrix.storage.buffer.from(range.lowerBound * stride), stride: stride)
      unsafe Kernels.active.pointee.rowDots(
        own, block.count, others, range.count, stride, dots.matrix(from: range.lowerBound))
    }
    for place in 0..<dots.storage.buffer.count {
      dots.storage.buffer[place] = -dots.storage.buffer[place]
    }
    let scratch = (0..<pool.threads).map { _ in Storage<Float>(count: ProductScratch.count) }
    forEachBlock(of: stride, by: 256, pool) { range, worker in
      unsafe Kernels.active.pointee.product(
        dots.matrix, matrix.matrix(from: range.lowerBound),
        Matrix(own.buffer.from(range.lowerBound), stride: stride), block.count, before,
        range.count, true, scratch[worker].buffer)
    }
  }

  /// Makes the rows of a block orthonormal, one after the other.
  private func orthonormalize(_ block: Range<Int>) {
    let kernels = unsafe Kernels.active
    let stride = rows.stride
    let result = Storage<Float>(count: 1)
    func dot(_ a: Buffer<Float>, _ b: Buffer<Float>) -> Float {
      let (a, b) = (Matrix(a, stride: stride), Matrix(b, stride: stride))
      unsafe kernels.pointee.rowDots(a, 1, b, 1, stride, Matrix(result.buffer, stride: 1))
      return result.buffer[0]
    }
    for row in block {
      let own = rows.storage.buffer.from(row * stride)
      let before = dot(own, own)
      for other in block.lowerBound..<row {
        let part = rows.storage.buffer.from(other * stride)
        unsafe kernels.pointee.add(part, -dot(part, own), own, stride)
      }
      let length = dot(own, own)
      // What is left is rounding alone.
      let factor = length > before * 1e-12 ? 1 / length.squareRoot() : 0
      for place in 0..<stride { own[place] *= factor }
    }
  }
}
