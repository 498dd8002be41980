import Experiments
import Formatting
import Logging
import Recommenders
import Synchronization

/// Tells of an experiment or a search while it goes on: a bar on a terminal, log lines elsewhere.
final class TrialTalk: Sendable {
  private let console: Console
  private let log: Logger
  private let drawn = Mutex<ContinuousClock.Instant?>(nil)

  init(console: Console, log: Logger) {
    (self.console, self.log) = (console, log)
  }

  /// Takes an event of an experiment.
  func hear(_ event: BookEvent) {
    switch event {
    case .planned(let trials, let kept):
      log.info(
        "\(trials) trials, \(kept) of them finished before",
        metadata: ["trials": "\(trials)", "kept": "\(kept)"])
    case .working(let number, let total, let what, let left):
      let clock = left.map { "  \(Figures.clock($0)) left" } ?? ""
      show(
        "trial \(number) of \(total)\(clock)  \(what)", share: Double(number - 1) / Double(total))
    case .finished(let number, let total, let label, let seconds, let ndcg):
      console.endBar()
      let figures = "validation NDCG \(Figures.fixed(ndcg, 4)), \(Figures.duration(seconds))"
      log.info(
        "trial \(number) of \(total): \(label), \(figures)",
        metadata: ["trial": "\(number)", "seconds": "\(seconds)", "ndcg": "\(ndcg)"])
    }
  }

  /// Takes an event of a search for a method.
  ///
  /// - Parameters:
  ///   - event: the event.
  ///   - number: of the trial, from 1.
  ///   - share: of the search's time that has gone.
  ///   - left: seconds that are left of it.
  func hear(_ event: SearchEvent, number: Int, share: Double, left: Double) {
    switch event {
    case .began(let what), .working(let what):
      show("trial \(number)  \(Figures.clock(max(0, left))) left  \(what)", share: share)
    case .ended(let what, let ndcg, _):
      console.endBar()
      log.info(
        "trial \(number): \(what), validation NDCG \(Figures.fixed(ndcg, 4))",
        metadata: ["trial": "\(number)", "ndcg": "\(ndcg)"])
    case .sampled(let oneIn):
      log.info("the log is large for --budget: the trials learn one user in \(oneIn)")
    case .skipped(let what, let reason):
      log.info("left out \(what): \(reason)")
    }
  }

  private func show(_ text: String, share: Double) {
    let interval: Duration = console.hasBar ? .milliseconds(100) : .seconds(30)
    let now = ContinuousClock.now
    let isDue = drawn.withLock { last in
      // A log line says that something takes long, so the first one waits.
      if last == nil, !console.hasBar { last = now }
      if let last, last.duration(to: now) < interval { return false }
      last = now
      return true
    }
    guard isDue else { return }
    if console.hasBar {
      console.show(bar: RunTalk.bar(min(1, max(0, share)), cells: 12) + text)
    } else {
      log.info("\(text)")
    }
  }
}
