import Synchronization

@testable import Pipeline

/// Keeps what a run tells, and may answer an event with an action.
final class Recorder: RunObserver {
  private let kept = Mutex<[RunEvent]>([])
  private let answer: @Sendable (RunEvent) -> Void

  init(_ answer: @escaping @Sendable (RunEvent) -> Void = { _ in }) { self.answer = answer }

  func observe(_ event: RunEvent) {
    kept.withLock { $0.append(event) }
    answer(event)
  }

  var warnings: [String] {
    kept.withLock { $0 }.compactMap { if case .warning(let text) = $0 { text } else { nil } }
  }

  var notices: [String] {
    kept.withLock { $0 }.compactMap { if case .notice(let text) = $0 { text } else { nil } }
  }

  var stages: [Stage] {
    kept.withLock { $0 }.compactMap {
      if case .stageEnded(let record) = $0 { record.stage } else { nil }
    }
  }
}
