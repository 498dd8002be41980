import FoundationEssentials
import Glibc

/// How much memory this process may still get: what the machine, its control group and its own
/// limits leave.
package enum MemoryBudget {
  /// Bytes that the process may have resident, what it has already included; nil when nothing says.
  package static var bytes: Int? {
    [machine, controlGroup, oldControlGroup, addressSpace].compactMap { $0 }.min()
  }

  /// Bytes that the process has resident; 0 when nothing says.
  package static var resident: Int {
    (kibibytes(of: "VmRSS:", in: "/proc/self/status") ?? 0) * 1024
  }

  /// What the kernel says is available without swapping, and what we have.
  private static var machine: Int? {
    guard let available = kibibytes(of: "MemAvailable:", in: "/proc/meminfo"),
      let own = kibibytes(of: "VmRSS:", in: "/proc/self/status")
    else { return nil }
    return (available + own) * 1024
  }

  /// The limit of the control group that the process runs in (version 2).
  private static var controlGroup: Int? {
    limit(of: "0::", below: "/sys/fs/cgroup", in: "memory.max")
  }

  /// The same of version 1, where each resource has a tree of its own.
  private static var oldControlGroup: Int? {
    limit(of: ":memory:", below: "/sys/fs/cgroup/memory", in: "memory.limit_in_bytes")
  }

  private static func limit(of mark: String, below root: String, in name: String) -> Int? {
    guard let groups = text("/proc/self/cgroup"),
      let found = groups.split(separator: "\n").lazy.compactMap({ $0.firstRange(of: mark) }).first
    else { return nil }
    var path = String(groups[found.upperBound...].prefix { $0 != "\n" })
    var limits: [Int] = []
    // Every group above has a say, too.
    while true {
      let file = "\(root)\(path == "/" ? "" : path)/\(name)"
      if let limit = text(file).flatMap({ Int($0.split(separator: "\n").first ?? "") }) {
        limits.append(limit)
      }
      guard let slash = path.lastIndex(of: "/"), path != "/" else { break }
      path = slash == path.startIndex ? "/" : String(path[..<slash])
    }
    return limits.min()
  }

  /// `ulimit -v`, which counts addresses; resident memory is at most that.
  private static var addressSpace: Int? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
      limit.rlim_cur != rlim_t.max
    else { return nil }
    return Int(clamping: limit.rlim_cur)
  }

  private static func kibibytes(of key: String, in path: String) -> Int? {
    text(path)?.split(separator: "\n").first { $0.hasPrefix(key) }?
      .split(separator: " ").dropFirst().first.flatMap { Int($0) }
  }

  private static func text(_ path: String) -> String? {
    try? String(contentsOfFile: path, encoding: .utf8)
  }
}
