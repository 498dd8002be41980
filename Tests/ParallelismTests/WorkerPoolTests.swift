import Parallelism
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 4, 7])
  func everyWorkerRunsOnceACall(threads: Int) {
    let pool = WorkerPool(threads: threads)
    let calls = Mutex([Int](repeating: 0, count: threads))
    for _ in 0..<100 {
      pool.run { worker in calls.withLock { $0[worker] += 1 } }
    }
    #expect(calls.withLock { $0 } == [Int](repeating: 100, count: threads))
  }

  @Test func whatAShortCallCapturesIsTheCallersAloneAfterIt() {
    final class Captured: Sendable {
      let addend: Int
      init(_ addend: Int) { self.addend = addend }
    }
    let pool = WorkerPool(threads: 4)
    let total = Atomic<Int>(0)
    var shared = 0
    for call in 0..<20_000 {
      var captured = Captured(call % 3)
      pool.run { [captured] _ in total.wrappingAdd(captured.addend, ordering: .relaxed) }
      if !isKnownUniquelyReferenced(&captured) { shared += 1 }
    }
    #expect(shared == 0)
    #expect(total.load(ordering: .relaxed) == 4 * (0..<20_000).reduce(0) { $0 + $1 % 3 })
  }

  @Test(arguments: [1, 2, 4], [0, 1, 3, 1_000])
  func everyIndexIsVisitedOnce(threads: Int, count: Int) {
    let pool = WorkerPool(threads: threads)
    let visits = Mutex([Int](repeating: 0, count: count))
    pool.forEach(count) { index, _ in visits.withLock { $0[index] += 1 } }
    #expect(visits.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test(arguments: [1, 2, 4])
  func nobodyPassesABarrierBeforeAllHaveArrived(threads: Int) {
    let pool = WorkerPool(threads: threads)
    let barrier = SpinBarrier(parties: threads)
    let arrived = Atomic<Int>(0)
    let early = Atomic<Int>(0)
    pool.run { _ in
      for round in 1...500 {
        arrived.wrappingAdd(1, ordering: .relaxed)
        barrier.wait()
        if arrived.load(ordering: .relaxed) < round * threads {
          early.wrappingAdd(1, ordering: .relaxed)
        }
        barrier.wait()
      }
    }
    #expect(early.load(ordering: .relaxed) == 0)
    #expect(arrived.load(ordering: .relaxed) == 500 * threads)
  }
}
