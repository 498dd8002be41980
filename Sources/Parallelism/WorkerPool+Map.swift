import Synchronization

extension WorkerPool {
  /// Computes a value for every index below `count`, on whichever worker is free.
  ///
  /// - Parameters:
  ///   - count: how many values.
  ///   - makeScratch: makes a worker's own working memory, on that worker.
  ///   - body: computes the value of an index; it must depend on the index alone.
  /// - Returns: the values in order of their indices, whichever worker made them.
  package func map<Scratch, Value: Sendable>(
    _ count: Int, makeScratch: @escaping @Sendable () -> Scratch,
    _ body: @escaping @Sendable (_ index: Int, _ scratch: inout Scratch) -> Value
  ) -> [Value] {
    let next = Atomic<Int>(0)
    let values = Mutex([Value?](repeating: nil, count: count))
    run { _ in
      var scratch = makeScratch()
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        let value = body(index, &scratch)
        values.withLock { $0[index] = value }
      }
    }
    return values.withLock { $0 }.compactMap { $0 }
  }
}
