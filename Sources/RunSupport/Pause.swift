import Glibc

/// Waits between tries; the only place where this library waits for time to pass.
package enum Pause {
  /// Sleeps for so many milliseconds; a signal may end it sooner.
  package static func milliseconds(_ count: Int) {
    var wanted = timespec(tv_sec: count / 1000, tv_nsec: (count % 1000) * 1_000_000)
    unsafe nanosleep(&wanted, nil)
  }
}
