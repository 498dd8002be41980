import Formatting
import Jobs
import Logging
import Operations
import Pipeline
import Synchronization

/// Tells of a backtest while it goes on: a bar on a terminal, log lines elsewhere.
final class BacktestTalk: RunObserver {
  private let console: Console
  private let log: Logger
  /// What stands on the bar: the night.
  private let night = Mutex((text: "", share: 0.0))
  private let drawn = Mutex<ContinuousClock.Instant?>(nil)

  init(console: Console, log: Logger) { (self.console, self.log) = (console, log) }

  /// Takes an event of a backtest.
  ///
  /// - Parameters:
  ///   - event: what happened.
  ///   - name: the configuration's.
  ///   - isOnly: whether there is no other.
  func hear(_ event: Backtest.Event, of name: String, isOnly: Bool) {
    let prefix = isOnly ? "" : "\(name): "
    switch event {
    case .began(let nights, let kept):
      log.info(
        "\(prefix)\(nights) nights, \(kept) of them finished before",
        metadata: ["nights": "\(nights)", "kept": "\(kept)"])
    case .restoring: log.info("\(prefix)training the models anew that the last finished night left")
    case .working(let number, let total, let moment, let left):
      let clock = left.map { "  \(Figures.clock($0)) left" } ?? ""
      night.withLock {
        $0 = (
          "\(prefix)night \(number) of \(total), \(BacktestPlan.text(moment))\(clock)",
          Double(number - 1) / Double(total)
        )
      }
      show("")
    case .finished(let number, let total, let night):
      console.endBar()
      let figures =
        night.means.map { "NDCG \(Figures.fixed($0.ndcg, 4)) of \(night.users) users, " } ?? ""
      log.info(
        "\(prefix)night \(number) of \(total), \(BacktestPlan.text(night.moment)): \(BacktestReport.did(night)), \(figures)\(Figures.duration(night.seconds))",
        metadata: [
          "configuration": "\(name)", "night": "\(number)", "seconds": "\(night.seconds)",
        ])
    }
  }

  /// What goes on within a night is detail.
  func observe(_ event: RunEvent) {
    switch event {
    case .progress(_, let what, _, _, _, _): show(what)
    case .notice(let text): log.debug("\(text)")
    case .warning(let text): log.warning("\(text)")
    case .runBegan, .stageBegan, .stageEnded, .epoch, .reached: break
    }
  }

  /// Ends the bar.
  func end() { console.endBar() }

  private func show(_ what: String) {
    let interval: Duration = console.hasBar ? .milliseconds(100) : .seconds(30)
    let now = ContinuousClock.now
    let isDue = drawn.withLock { last in
      if last == nil, !console.hasBar { last = now }
      if let last, last.duration(to: now) < interval { return false }
      last = now
      return true
    }
    guard isDue else { return }
    let (text, share) = night.withLock { $0 }
    let line = [text, what].filter { !$0.isEmpty }.joined(separator: "  ")
    if console.hasBar {
      console.show(bar: RunTalk.bar(share, cells: 12) + line)
    } else {
      log.info("\(line)")
    }
  }
}
