import Glibc
import Jobs
import Synchronization

/// Sends this process a signal at a named point of its run, when the environment asks for it.
///
/// For tests of what a fault at just that point leaves behind: `NCF_FAULT_POINT=moved=kill` dies
/// before the COMMIT that would have made the lists live, `NCF_FAULT_POINT=epoch:3=stop` waits
/// at the third epoch for SIGCONT. Without the variable nothing of this exists in a run.
final class FaultPoint: RunObserver {
  /// The variable that asks for it.
  static let variable = "NCF_FAULT_POINT"

  /// Every point: those of `RunPoint`, the beginning of each stage, and `epoch`.
  static let names =
    RunPoint.allCases.map(\.rawValue) + Stage.allCases.map(\.rawValue) + ["epoch"]

  private static let signals = ["kill": SIGKILL, "stop": SIGSTOP, "term": SIGTERM, "int": SIGINT]

  private let name: String
  private let signal: Int32
  private let listener: any RunObserver
  /// How often the point is still to be passed.
  private let left: Mutex<Int>

  private init(_ name: String, _ time: Int, _ signal: Int32, telling listener: any RunObserver) {
    (self.name, self.signal, self.listener) = (name, signal, listener)
    left = Mutex(time)
  }

  /// The observer that a run is to have: `listener` itself unless the variable is set.
  ///
  /// - Throws: `BatchError` (78) when the variable can't be read.
  static func asked(
    of session: Session, telling listener: any RunObserver
  ) throws -> any RunObserver {
    let point = try session.variable(
      variable,
      wanted: "POINT=ACTION or POINT:TIMES=ACTION; points: \(names.joined(separator: ", ")); "
        + "actions: \(signals.keys.sorted().joined(separator: ", "))"
    ) { FaultPoint($0, telling: listener) }
    return point ?? listener
  }

  private convenience init?(_ text: String, telling listener: any RunObserver) {
    let sides = text.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count == 2, let signal = Self.signals[String(sides[1])] else { return nil }
    let place = sides[0].split(separator: ":", omittingEmptySubsequences: false)
    guard place.count <= 2, let name = place.first.map(String.init), Self.names.contains(name),
      let time = place.count == 2 ? Int(place[1]) : 1, time > 0
    else { return nil }
    self.init(name, time, signal, telling: listener)
  }

  func observe(_ event: RunEvent) {
    listener.observe(event)
    let passed: String
    switch event {
    case .reached(let point): passed = point.rawValue
    case .stageBegan(let stage): passed = stage.rawValue
    case .epoch: passed = "epoch"
    case .runBegan, .progress, .stageEnded, .notice, .warning: return
    }
    guard passed == name else { return }
    let isNow = left.withLock { left in
      left -= 1
      return left == 0
    }
    // To this thread, so that it is stopped or dead before the next statement.
    if isNow { raise(signal) }
  }
}
