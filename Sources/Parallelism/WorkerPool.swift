private import CProcessor
private import Glibc
import Synchronization

/// A fixed set of threads that run the same work at the same time.
///
/// The calling thread is worker 0; the others wait on a condition between calls and use no
/// processor time. Work inside a call meets at a `SpinBarrier` of its own where it needs to.
/// Denormal numbers count as zero on every worker while it works, the caller's thread included.
/// One call runs at a time; a call from inside a worker would wait for itself and is refused.
package final class WorkerPool: Sendable {
  /// How many workers there are, the calling thread included.
  package let threads: Int

  private let shared: Shared
  private let handles: [pthread_t]
  private let calls = Mutex<Void>(())

  /// Starts a pool of `threads` workers (1 or more).
  package init(threads: Int) {
    precondition(threads > 0, "a pool needs at least one thread")
    self.threads = threads
    let shared = Shared()
    self.shared = shared
    handles = (1..<max(threads, 1)).compactMap { worker in
      Self.start(worker: worker, shared: shared)
    }
    precondition(handles.count == threads - 1, "the system refused a thread")
  }

  deinit {
    shared.stop()
    for handle in handles { pthread_join(handle, nil) }
  }

  /// Runs `body` once on every worker at the same time and returns when all are done.
  ///
  /// No worker holds `body` any more when this returns, so what it captured is the caller's alone.
  ///
  /// - Parameter body: Gets the worker's number, 0 ..< `threads`.
  package func run(_ body: @escaping @Sendable (_ worker: Int) -> Void) {
    calls.withLock { _ in
      guard threads > 1 else {
        processor_flush_denormals()
        body(0)
        return
      }
      shared.begin(body, workers: threads - 1)
      processor_flush_denormals()
      body(0)
      shared.waitUntilDone()
    }
  }

  /// Calls `body` for every index below `count`, each once, on whichever worker is free.
  ///
  /// Which worker gets an index is not fixed: results must be placed by index, never by worker.
  package func forEach(
    _ count: Int, _ body: @escaping @Sendable (_ index: Int, _ worker: Int) -> Void
  ) {
    if count <= 0 { return }
    guard threads > 1 else {
      return run { worker in for index in 0..<count { body(index, worker) } }
    }
    let next = Atomic<Int>(0)
    run { worker in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if index >= count { return }
        body(index, worker)
      }
    }
  }

  private static func start(worker: Int, shared: Shared) -> pthread_t? {
    var handle = pthread_t()
    let entry = unsafe Unmanaged.passRetained(Entry(worker: worker, shared: shared))
    let status = unsafe pthread_create(
      &handle, nil,
      { raw in
        guard let raw = unsafe raw else { return nil }
        let entry = unsafe Unmanaged<Entry>.fromOpaque(raw).takeRetainedValue()
        processor_flush_denormals()
        entry.shared.serve(worker: entry.worker)
        return nil
      }, entry.toOpaque())
    if status != 0 {
      unsafe entry.release()
      return nil
    }
    return handle
  }
}

/// What a thread is started with.
private final class Entry: Sendable {
  let worker: Int
  let shared: Shared
  init(worker: Int, shared: Shared) {
    self.worker = worker
    self.shared = shared
  }
}

/// The work in hand and the condition that its threads wait on.
///
/// Safe: `body` is written under the mutex before `generation` grows and read under it after.
@safe private final class Shared: @unchecked Sendable {
  private var body: (@Sendable (Int) -> Void)?
  private var generation = 0
  private var stopped = false
  private let remaining = Atomic<Int>(0)
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let wake: UnsafeMutablePointer<pthread_cond_t>

  init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe wake = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(wake, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(wake)
    unsafe pthread_mutex_destroy(mutex)
    unsafe wake.deallocate()
    unsafe mutex.deallocate()
  }

  func begin(_ body: @escaping @Sendable (Int) -> Void, workers: Int) {
    unsafe pthread_mutex_lock(mutex)
    self.body = body
    remaining.store(workers, ordering: .relaxed)
    generation += 1
    unsafe pthread_cond_broadcast(wake)
    unsafe pthread_mutex_unlock(mutex)
  }

  func waitUntilDone() {
    spin(until: { remaining.load(ordering: .acquiring) == 0 })
    unsafe pthread_mutex_lock(mutex)
    body = nil
    unsafe pthread_mutex_unlock(mutex)
  }

  func stop() {
    unsafe pthread_mutex_lock(mutex)
    stopped = true
    unsafe pthread_cond_broadcast(wake)
    unsafe pthread_mutex_unlock(mutex)
  }

  func serve(worker: Int) {
    var seen = 0
    while runNext(after: &seen, worker: worker) {
      remaining.wrappingSubtract(1, ordering: .releasing)
    }
  }

  /// Runs the next piece of work; false when the pool is gone.
  ///
  /// It is a call of its own so that the worker holds the body no longer when it says it is done: an
  /// array that the body captured would be copied when the caller next changes it.
  @inline(never)
  private func runNext(after seen: inout Int, worker: Int) -> Bool {
    guard let body = next(after: &seen) else { return false }
    body(worker)
    return true
  }

  /// Sleeps until there is new work; nil when the pool is gone.
  private func next(after seen: inout Int) -> (@Sendable (Int) -> Void)? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while generation == seen && !stopped { unsafe pthread_cond_wait(wake, mutex) }
    if stopped { return nil }
    seen = generation
    return body
  }
}
