private import CProcessor
private import Glibc
import Synchronization

/// A barrier for threads that meet every few microseconds.
///
/// A waiting thread spins for a short while and then gives its core away between looks, so that a
/// pool with more threads than cores still moves on. Everything written before `wait` by any thread
/// is seen after it by every thread.
package final class SpinBarrier: Sendable {
  private let parties: Int
  private let arrived = Atomic<Int>(0)
  // The counter that all threads write and the one that all threads watch stay on lines of their
  // own: otherwise each arrival would disturb every thread that is spinning.
  private let padding = InlineArray<16, Int>(repeating: 0)
  private let phase = Atomic<Int>(0)

  /// Makes a barrier that opens when `parties` threads (1 or more) have arrived.
  package init(parties: Int) {
    precondition(parties > 0, "a barrier needs at least one thread")
    self.parties = parties
  }

  /// Waits until every party has called this, then lets all of them go on.
  package func wait() {
    if parties == 1 { return }
    let seen = phase.load(ordering: .relaxed)
    if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == parties {
      arrived.store(0, ordering: .relaxed)
      phase.store(seen &+ 1, ordering: .releasing)
      return
    }
    spin(until: { phase.load(ordering: .acquiring) != seen })
  }
}

/// Spins until `condition` holds: first with pauses only, then yielding the core.
func spin(until condition: () -> Bool) {
  for _ in 0..<4_000 {
    if condition() { return }
    processor_pause()
  }
  while !condition() { sched_yield() }
}
