import Parallelism

/// Rows that threads write, each row by one of them.
@safe private struct SharedRows: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
}

extension [Float] {
  /// Writes a matrix by consecutive ranges of rows of the same size, the last one aside.
  ///
  /// - Parameters:
  ///   - count: how many rows.
  ///   - size: rows in a range.
  ///   - pool: the threads.
  ///   - body: writes a range, and nothing else, from where the matrix begins.
  mutating func writeRows(
    _ count: Int, by size: Int, _ pool: WorkerPool,
    _ body:
      @escaping @Sendable (_ rows: Range<Int>, _ base: UnsafeMutablePointer<Float>, _ worker: Int)
      -> Void
  ) {
    unsafe withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let target = unsafe SharedRows(base: base)
      forEachBlock(of: count, by: size, pool) { range, worker in
        unsafe body(range, target.base, worker)
      }
    }
  }
}

/// Hands out consecutive ranges of the same size, the last one aside.
func forEachBlock(
  of count: Int, by size: Int, _ pool: WorkerPool,
  _ body: @escaping @Sendable (_ range: Range<Int>, _ worker: Int) -> Void
) {
  pool.forEach((count + size - 1) / size) { index, worker in
    body(index * size..<Swift.min(count, (index + 1) * size), worker)
  }
}
