import Glibc

/// Waits between tries; the only place where this library waits for time to pass.
enum Pause {
  /// Sleeps for so many milliseconds; a signal may end it sooner.
  static func milliseconds(_ count: Int) {
    var wanted = timespec(tv_sec: count / 1000, tv_nsec: (count % 1000) * 1_000_000)
    unsafe nanosleep(&wanted, nil)
  }
}

/// What this process has used so far.
enum ProcessUsage {
  /// Largest resident size since the process began, bytes.
  static var peakRSSBytes: Int {
    var usage = rusage()
    guard unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1024
  }
}
