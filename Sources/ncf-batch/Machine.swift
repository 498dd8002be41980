import Foundation
import Glibc

/// The machine that the process runs on.
enum Machine {
  /// How many processors this process may use, by its affinity mask.
  static var processors: Int {
    max(1, ProcessInfo.processInfo.activeProcessorCount)
  }

  /// The machine's name; empty when it has none.
  static var name: String {
    var bytes = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&bytes, bytes.count - 1) == 0 else { return "" }
    return String(
      decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
