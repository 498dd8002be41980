import Foundation
import Interactions

/// How much is tried: what fits into a change's tests, or all (`make faults FULL=1`).
enum FaultSize {
  /// Whether all is asked for.
  static let isFull = variable("NCF_FAULTS_FULL") != nil

  /// Where all random choices begin; printed with every failure, and given back by
  /// `make faults SEED=…`.
  static let seed = variable("NCF_FAULTS_SEED").flatMap { UInt64($0) } ?? 1

  /// One number for each size.
  static func pick(_ some: Int, full: Int) -> Int { isFull ? full : some }

  /// A generator of a fault's own, so that one fault's choices don't depend on another's.
  static func random(_ fault: String) -> CounterRandom {
    var stream: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in fault.utf8 { stream = (stream ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return CounterRandom(seed: seed, stream: stream)
  }

  private static func variable(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
