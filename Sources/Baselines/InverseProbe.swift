import Interactions
import Lanes
package import Parallelism

/// The inverse that EASE computes, ready to be timed.
package final class InverseProbe {
  private let order: Int
  private let pool: WorkerPool
  private let matrix: Storage<Float>

  /// Makes a positive definite matrix of a sparse log's kind.
  ///
  /// - Parameters:
  ///   - order: rows and columns, above 0.
  ///   - pool: the threads.
  package init(order: Int, pool: WorkerPool) {
    (self.order, self.pool) = (order, pool)
    matrix = Storage(count: order * order)
    for row in 0..<order {
      var random = CounterRandom(seed: 1, stream: UInt64(row))
      for column in 0..<row {
        let number = Float(random.uniform())
        matrix.buffer[row * order + column] = number
        matrix.buffer[column * order + row] = number
      }
      matrix.buffer[row * order + row] = Float(order)
    }
  }

  /// Inverts a copy.
  ///
  /// - Returns: seconds of the inversion alone; nil when the matrix was not positive definite.
  package func seconds() -> Double? {
    let copy = Storage(matrix.array)
    var isDefinite = false
    let elapsed = ContinuousClock().measure {
      isDefinite = SymmetricInverse.invert(copy, order: order, pool)
    }
    return isDefinite ? elapsed / .seconds(1) : nil
  }
}
