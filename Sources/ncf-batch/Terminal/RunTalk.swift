import Formatting
import Jobs
import Logging
import NCF
import Synchronization

/// Tells of a run while it goes on: a bar on a terminal, log lines elsewhere.
final class RunTalk: RunObserver {
  /// A stretch of work with one bar.
  private struct Stretch {
    var stage: Stage
    var what: String
    var began: ContinuousClock.Instant
    /// Share that was done when the stretch was first heard of, and when it was last.
    var initial: Double
    var share: Double
    var drawn: ContinuousClock.Instant?

    /// Whether what is heard of belongs to this stretch: the same work, or the next part of it, which
    /// goes on where the last one ended, as epochs do.
    func goesOn(_ stage: Stage, _ what: String, _ fraction: Double?) -> Bool {
      self.stage == stage && (self.what == what || (fraction ?? 0) >= share && share > 0)
    }
  }

  private let console: Console
  private let log: Logger
  /// Who is told in a line what goes on; nil when nobody listens.
  private let service: ServiceNotice?
  private let name = Mutex("run")
  private let stretch = Mutex<Stretch?>(nil)

  /// Between two drawings of the bar: quick enough to move, slow enough to read.
  private static let frame = Duration.milliseconds(100)
  /// Between two log lines of one stretch.
  private static let silence = Duration.seconds(30)

  init(console: Console, log: Logger, service: ServiceNotice? = nil) {
    (self.console, self.log, self.service) = (console, log, service)
  }

  func observe(_ event: RunEvent) {
    switch event {
    case .runBegan(let runID, let job):
      let run = runID.map { "run \($0)" } ?? "dry run"
      name.withLock { $0 = run }
      service?.ready("\(run) of job \(job)")
      log.info(
        "\(run) of job \(job)",
        metadata: runID.map { ["run_id": "\($0)", "job": "\(job)"] } ?? ["job": "\(job)"])
    case .stageBegan(let stage):
      stretch.withLock { $0 = nil }
      if console.hasBar { console.show(bar: Self.column(stage.rawValue)) }
      service?.status("\(name.withLock { $0 }): \(stage.rawValue)")
      log.debug("\(stage.rawValue) begins", metadata: ["stage": "\(stage.rawValue)"])
    case .progress(let stage, let what, let fraction, let done, let perSecond, let unit):
      progress(stage, what, fraction, done, "\(Figures.rate(perSecond)) \(unit)/s", unit)
    case .epoch(let record):
      log.info("\(Self.line(record))", metadata: Self.metadata(record))
    case .stageEnded(let record):
      stretch.withLock { $0 = nil }
      console.endBar()
      log.info(
        "\(Self.column(record.stage.rawValue))\(Figures.count(record.rows)) rows in \(Figures.duration(record.seconds))",
        metadata: [
          "stage": "\(record.stage.rawValue)", "rows": "\(record.rows)",
          "seconds": "\(record.seconds)", "bytes": "\(record.bytes)",
          "peak_rss_bytes": "\(record.peakRSSBytes)",
        ])
    case .reached: break
    case .notice(let text): log.info("\(text)")
    case .warning(let text): log.warning("\(text)")
    }
  }

  private func progress(
    _ stage: Stage, _ what: String, _ fraction: Double?, _ done: Int, _ rate: String,
    _ unit: String
  ) {
    let now = ContinuousClock.now
    let interval = console.hasBar ? Self.frame : Self.silence
    let due: Stretch? = stretch.withLock { current in
      var next =
        current.flatMap { $0.goesOn(stage, what, fraction) ? $0 : nil }
        ?? Stretch(
          stage: stage, what: what, began: now, initial: fraction ?? 0, share: fraction ?? 0,
          // Short stretches share a pace; and a log line says that something takes long, so the
          // first one waits.
          drawn: current?.drawn ?? (console.hasBar ? nil : now))
      next.share = fraction ?? 0
      next.what = what
      defer { current = next }
      if let drawn = next.drawn, drawn.duration(to: now) < interval { return nil }
      next.drawn = now
      return next
    }
    guard let due else { return }
    var text = what
    if let fraction {
      let share = min(1, max(0, fraction))
      let left = Self.remaining(
        share, initial: due.initial, elapsed: due.began.duration(to: now) / .seconds(1))
      // What matters most stands first: a narrow terminal cuts off the end.
      let clock = left.map { "  \(Figures.clock($0)) left" } ?? ""
      text = "\(Int(share * 100)) %\(clock)  \(what)  \(rate)"
      service?.status("\(name.withLock { $0 }): \(stage.rawValue): \(text)")
      if console.hasBar {
        // Three for its brackets and space, and three that the console leaves free.
        let room = Console.width - Self.column(stage.rawValue).count - text.count - 6
        text = Self.bar(share, cells: min(20, max(6, room))) + text
      }
    } else {
      text += "  \(Figures.count(done)) \(unit)  \(rate)"
    }
    if console.hasBar {
      console.show(bar: Self.column(stage.rawValue) + text)
    } else {
      log.info("\(stage.rawValue): \(text)", metadata: ["stage": "\(stage.rawValue)"])
    }
  }

  /// Seconds that the rest takes at the pace so far; nil while there is no pace yet.
  static func remaining(_ share: Double, initial: Double, elapsed: Double) -> Double? {
    guard share > initial, elapsed > 0.3 else { return nil }
    return elapsed * (1 - share) / (share - initial)
  }

  /// A bar of so many cells and a space.
  static func bar(_ share: Double, cells: Int) -> String {
    let full = Int(share * Double(cells))
    return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: cells - full)
      + "] "
  }

  private static func column(_ text: String) -> String {
    text + String(repeating: " ", count: max(1, 10 - text.count))
  }

  private static func line(_ record: EpochRecord) -> String {
    var figures: [String] = []
    if record.loss.isFinite { figures.append("loss \(Figures.fixed(record.loss, 4))") }
    if record.hr.isFinite {
      figures.append(
        "validation HR \(Figures.fixed(record.hr, 4)) NDCG \(Figures.fixed(record.ndcg, 4))")
    }
    let isJoin = record.phase == Phase.join.rawValue
    if record.epoch > 0, !isJoin {
      figures.append(Figures.duration(record.seconds))
      figures.append("\(Figures.rate(record.samplesPerSecond)) samples/s")
    }
    if record.isBest { figures.append("the best so far") }
    let name = record.phase + (record.isRefit ? " again" : "")
    let step =
      isJoin
      ? "with \(record.epoch) % of the tower"
      : record.epoch > 0
        ? "epoch \(record.epoch)" : record.phase == "finetune" ? "as it was" : "as joined"
    return "\(name) \(step): \(figures.joined(separator: ", "))"
  }

  private static func metadata(_ record: EpochRecord) -> Logger.Metadata {
    [
      "stage": "train", "phase": "\(record.phase)", "refit": "\(record.isRefit)",
      "epoch": "\(record.epoch)",
      "loss": "\(record.loss)", "hr": "\(record.hr)", "ndcg": "\(record.ndcg)",
      "seconds": "\(record.seconds)", "samples_per_second": "\(record.samplesPerSecond)",
    ]
  }
}
