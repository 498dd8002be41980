import Glibc

/// What this process has used so far.
package enum ProcessUsage {
  /// Largest resident size since the process began, bytes.
  package static var peakRSSBytes: Int {
    var usage = rusage()
    guard unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1024
  }
}
