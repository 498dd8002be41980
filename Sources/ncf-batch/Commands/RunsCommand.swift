import ArgumentParser
import Formatting
import Jobs
import Store

/// The subcommand that lists past runs.
struct RunsCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List runs, newest first; * marks those whose lists are served.",
    discussion: """
      A * alone is the slot main, which the view recommendations shows; other slots are named. ndcg is \
      that of the test items in the whole catalogue. On a terminal a line below shows the course of the \
      nights' NDCG, with a cross where the gate refused.

      With --json it prints a list of {"run_id", "job", "kind", "mode", "parent_run_id", "status", \
      "slot", "live", "live_in", "started_at", "seconds", "rows_used", "users", "items", "ndcg", \
      "exit_code", "reason"}; what is not known yet is null.

      \(Manual.examples([
        ("ncf-batch runs -d shop", "the last 20"),
        ("ncf-batch runs --job default --limit 100 --json -d shop", "for a program"),
      ]))

      \(Manual.exitCodes("listed", [.unavailable, .permission, .configuration]))
      """)

  @Option(help: "Only this job's.")
  var job: String?

  @Option(help: "How many.")
  var limit = 20

  @Flag(help: "Print a JSON array.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit must be 1 or more, not \(limit).") }
  }

  func execute(in session: Session) throws {
    let runs = try RunHistory(connection.parameters).list(job: job, limit: limit)
    if json {
      try StandardOutput.write(JSON.list(runs.map(Self.json)).pretty)
    } else {
      let header = [
        "run", "", "job", "kind", "mode", "status", "began", "took", "rows", "users", "items",
        "ndcg",
        "reason",
      ]
      try StandardOutput.write(TextTable(header, rows: runs.map(Self.cells)).text)
      try drawCourses(in: session)
    }
  }

  /// A line for each job, for people: only on a terminal that can show it.
  private func drawCourses(in session: Session) throws {
    let screen = Screen(environment: session.environment)
    guard screen.hasBlocks else { return }
    let courses = try RunHistory(connection.parameters).courses(
      job: job, limit: max(8, screen.width - 50))
    let lines = courses.compactMap { course -> String? in
      // A skipped night repeats the lists before it, and a running one has no figure yet.
      let nights = course.nights.filter { $0.status != .skipped && $0.status != .running }
      let points = nights.map { night -> Sparkline.Point in
        night.status == .refused ? .refused : .figure(night.ndcg)
      }
      let line = Sparkline(points) { screen.red($0) }
      guard let range = line.range, let last = line.last else { return nil }
      let (low, high) = (range.lowerBound, range.upperBound)
      return "\(TextTable.harmless(course.job))  ndcg \(line.text)  \(Figures.fixed(last, 4))"
        + (low < high ? "  (\(Figures.fixed(low, 4)) to \(Figures.fixed(high, 4)))" : "")
    }
    if !lines.isEmpty { try StandardOutput.write("\n" + lines.joined(separator: "\n") + "\n") }
  }

  private static func cells(_ run: RunHistory.Entry) -> [String] {
    func count(_ value: Int?) -> String { value.map(Figures.count) ?? "-" }
    return [
      "\(run.runID)", live(run), run.job, run.kind.rawValue, run.mode?.rawValue ?? "-",
      run.status.rawValue, run.startedAt.replacing(/\.[0-9]+/, with: ""),
      Figures.duration(run.seconds), count(run.rowsUsed), count(run.users), count(run.items),
      run.ndcg.map { Figures.fixed($0, 4) } ?? "-",
      run.reason?.split(separator: "\n").first.map(String.init) ?? "",
    ]
  }

  /// `*` for main, `*b` for a slot b.
  private static func live(_ run: RunHistory.Entry) -> String {
    run.liveIn.map { $0 == Job.mainSlot ? "*" : "*\($0)" }.joined(separator: " ")
  }

  private static func json(_ run: RunHistory.Entry) -> JSON {
    [
      "run_id": run.runID, "job": run.job, "kind": run.kind.rawValue, "mode": run.mode?.rawValue,
      "parent_run_id": run.parentRunID, "resumed_run_id": run.resumedRunID,
      "status": run.status.rawValue, "slot": run.slot, "live": run.isLive, "live_in": run.liveIn,
      "started_at": run.startedAt, "seconds": run.seconds, "rows_used": run.rowsUsed,
      "users": run.users, "items": run.items, "ndcg": run.ndcg, "exit_code": run.exitCode,
      "reason": run.reason,
    ]
  }
}
