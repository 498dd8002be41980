package import Formatting
package import Jobs
import NCF

/// What a run tells in the end: JSON for programs, a few lines for people.
package enum RunReport {
  /// Everything of a run that came to its end.
  package static func json(_ outcome: RunOutcome) -> JSON {
    .object([
      ("run_id", .optional(outcome.runID.map { Int($0) })),
      ("job", .text(outcome.job)),
      ("status", .optional(outcome.status?.rawValue)),
      ("exit_code", .integer(Int(outcome.exitCode.rawValue))),
      ("reason", .optional(outcome.reason)),
      ("generation", .optional(outcome.generation.map { Int($0) })),
      ("seconds", .number(outcome.seconds)),
      ("counts", json(outcome.counts)),
      ("rows_published", .integer(outcome.rowsPublished)),
      ("metrics", .list(outcome.metrics.map(json))),
      ("epochs", .list(outcome.epochs.map(json))),
      ("stages", .list(outcome.stages.map(json))),
      ("rivals", .list(outcome.rivals.map(json))),
      ("choice", outcome.choice.map(json) ?? .null),
      ("served", json(outcome.served)),
      ("error", .null),
    ])
  }

  /// A run that ended early.
  package static func json(_ error: BatchError, job: String) -> JSON {
    .object([
      ("run_id", .null),
      ("job", .text(job)),
      ("status", .text(error.exitCode == .temporary ? "interrupted" : "failed")),
      ("exit_code", .integer(Int(error.exitCode.rawValue))),
      (
        "error",
        .object([
          ("what", .text(error.what)),
          ("sqlstate", .optional(error.server?.sqlState)),
          ("server", .optional(error.server?.message)),
          ("still_served", .optional(error.stillServed)),
          ("advice", .optional(error.advice)),
        ])
      ),
    ])
  }

  private static func json(_ counts: PullCounts) -> JSON {
    .object([
      ("rows_read", .integer(counts.rowsRead)),
      ("rows_used", .integer(counts.rowsUsed)),
      ("rows_merged", .integer(counts.rowsMerged)),
      ("rows_rejected", .object(counts.rejected.map { ($0.reason, .integer($0.rows)) })),
      ("users", .integer(counts.users)),
      ("items", .integer(counts.items)),
      ("cold_users", .integer(counts.coldUsers)),
      ("watermark_microseconds", .integer(Int(counts.watermark))),
    ])
  }

  private static func json(_ row: MetricRow) -> JSON {
    .object([
      ("model", .text(row.model)), ("split", .text(row.split.rawValue)),
      ("protocol", .text(row.proto.rawValue)), ("metric", .text(row.metric.rawValue)),
      ("k", .integer(row.k)), ("value", .number(row.value)),
      ("ci_low", .optional(row.confidence?.lowerBound)),
      ("ci_high", .optional(row.confidence?.upperBound)), ("n", .integer(row.n)),
    ])
  }

  private static func json(_ row: RivalRow) -> JSON {
    .object([
      ("rival", .text(row.rival)), ("settings", .text(row.settings)), ("k", .integer(row.k)),
      ("users", .integer(row.users)), ("hr", .number(row.hr)), ("ndcg", .number(row.ndcg)),
      ("model_ndcg", .number(row.modelNdcg)), ("p_value", .optional(row.pValue)),
    ])
  }

  private static func json(_ epoch: EpochRecord) -> JSON {
    .object([
      ("phase", .text(epoch.phase)), ("refit", .boolean(epoch.isRefit)),
      ("epoch", .integer(epoch.epoch)),
      ("loss", .number(epoch.loss)), ("hr", .number(epoch.hr)), ("ndcg", .number(epoch.ndcg)),
      ("seconds", .number(epoch.seconds)), ("samples", .integer(epoch.samples)),
      ("samples_per_second", .number(epoch.samplesPerSecond)), ("best", .boolean(epoch.isBest)),
    ])
  }

  private static func json(_ stage: StageRecord) -> JSON {
    .object([
      ("stage", .text(stage.stage.rawValue)), ("seconds", .number(stage.seconds)),
      ("rows", .integer(stage.rows)), ("bytes", .integer(stage.bytes)),
      ("peak_rss_bytes", .integer(stage.peakRSSBytes)),
    ])
  }
}

extension RunReport {
  /// What was done and how good it is, in a few lines.
  package static func text(_ outcome: RunOutcome) -> String {
    let run = outcome.runID.map { "run \($0)" } ?? "dry run"
    let status = outcome.status.map { ": \($0.rawValue)" } ?? ": nothing written"
    var lines = [
      "\(run) of job \(outcome.job)\(status) after \(Figures.duration(outcome.seconds))"
    ]
    let counts = outcome.counts
    let rejected = counts.rejected.reduce(0) { $0 + $1.rows }
    lines.append(
      "  rows   \(Figures.count(counts.rowsRead)) read, \(Figures.count(counts.rowsUsed)) used, "
        + "\(Figures.count(counts.rowsMerged)) merged, \(Figures.count(rejected)) left out")
    for rejection in counts.rejected {
      lines.append("         left out: \(Figures.count(rejection.rows)) \(rejection.reason)")
    }
    lines.append(
      "  users  \(Figures.count(counts.users)); items \(Figures.count(counts.items)); popular "
        + "lists for \(Figures.count(counts.coldUsers)) users")
    if outcome.rowsPublished > 0 {
      lines.append("  lists  \(Figures.count(outcome.rowsPublished)) rows")
    }
    if let choice = outcome.choice { lines.append("  method \(choice.sentence)") }
    lines += served(outcome.served)
    lines += table(outcome.metrics)
    if let best = outcome.rivals.max(by: { $0.ndcg < $1.ndcg }) {
      lines.append(
        "  rival  \(best.rival): NDCG@\(best.k) full \(Figures.fixed(best.ndcg, 4)) beside "
          + "\(Figures.fixed(best.modelNdcg, 4)) on \(Figures.count(best.users)) users")
    }
    if let reason = outcome.reason {
      lines.append("  \(outcome.status == .skipped ? "why " : "gate")   \(reason)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// HR and NDCG of the longest list, a row for each protocol and a column for each model.
  private static func table(_ metrics: [MetricRow]) -> [String] {
    let kinds: [Metric] = [.hr, .ndcg]
    let shown = metrics.filter { $0.split == .test && kinds.contains($0.metric) }
    guard let k = shown.map(\.k).max() else { return [] }
    let models = shown.map(\.model).distinct
    var lines = [pad("", 26) + models.map { pad($0, 9) }.joined()]
    for proto in EvaluationProtocol.allCases {
      for metric in kinds {
        let cells = models.map { model in
          shown.first {
            $0.model == model && $0.k == k && $0.proto == proto && $0.metric == metric
          }
        }
        guard cells.contains(where: { $0 != nil }) else { continue }
        let name = "  \(metric.rawValue.uppercased())@\(k) \(proto.rawValue)"
        lines.append(
          pad(name, 26)
            + cells.map { pad($0.map { Figures.fixed($0.value, 4) } ?? "-", 9) }.joined())
      }
    }
    return lines.map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
