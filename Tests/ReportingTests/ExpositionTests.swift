import Jobs
import Testing

@testable import Reporting

/// What monitoring reads.
struct ExpositionTests {
  private func outcome(_ code: ExitCode = .success, _ status: RunStatus = .published) -> RunOutcome
  {
    RunOutcome(
      status: status, exitCode: code, runID: 3, job: "sh\"op\\\n", generation: 7, reason: nil,
      counts: PullCounts(
        rowsRead: 10, rowsUsed: 8, rowsMerged: 1, rejected: [.init(reason: "null_user", rows: 1)],
        users: 4, items: 5, coldUsers: 1, watermark: 1_700_000_000_500_000),
      metrics: madeUpDossier().metrics, epochs: [],
      stages: [
        StageRecord(stage: .pull, seconds: 0.5, rows: 10, bytes: 100, peakRSSBytes: 2048),
        StageRecord(stage: .train, seconds: 2, rows: 8, bytes: 0, peakRSSBytes: 4096),
      ], rowsPublished: 40, seconds: 3.5)
  }

  private let failure = BatchError(.unavailable, "no server")

  @Test("A published run has its figures, with the job's name as a label, escaped")
  func published() {
    let text = Exposition(outcome(), endedAt: 1_700_000_100, version: "0.1.0").text()
    let job = #"job="sh\"op\\\n""#
    for line in [
      "# TYPE ncf_batch_last_success_timestamp_seconds gauge",
      "ncf_batch_last_success_timestamp_seconds{\(job)} 1700000100",
      "ncf_batch_last_run_exit_code{\(job)} 0",
      "ncf_batch_last_run_status{\(job),status=\"published\"} 1",
      "ncf_batch_last_run_status{\(job),status=\"refused\"} 0",
      "ncf_batch_rows_rejected{\(job),reason=\"null_user\"} 1",
      "ncf_batch_watermark_timestamp_seconds{\(job)} 1700000000.5",
      "ncf_batch_stage_duration_seconds{\(job),stage=\"train\"} 2",
      "ncf_batch_peak_memory_bytes{\(job)} 4096",
    ] {
      #expect(text.split(separator: "\n").contains(Substring(line)), "\(line)")
    }
    #expect(text.contains("model=\"neumf\",protocol=\"full\",k=\"10\"} 0.13"))
  }

  @Test("What became of the lists is told of the last whole day, by slot")
  func served() {
    var outcome = outcome()
    outcome.served = madeUpServed()
    let lines = Exposition(outcome, endedAt: 1_700_000_100, version: "1").text()
      .split(separator: "\n")
    let job = #"job="sh\"op\\\n""#
    for line in [
      // 2026-10-11
      "ncf_batch_served_day_timestamp_seconds{\(job)} 1791676800",
      "ncf_batch_served_hits{\(job),slot=\"main\",source=\"model\"} 40",
      "ncf_batch_served_hits{\(job),slot=\"b\",source=\"model\"} 50",
      "ncf_batch_served_expected_hits{\(job),slot=\"b\",source=\"model\"} 44.25",
      "ncf_batch_served_rival_hits{\(job),slot=\"main\",rival=\"itempop\"} 60",
      "ncf_batch_served_rival_live_hits{\(job),slot=\"main\",rival=\"itempop\"} 39",
      "ncf_batch_served_group_taking_users{\(job),dimension=\"item_age\",at_least=\"-1\"} 200",
      "ncf_batch_served_group_hits{\(job),dimension=\"history\",at_least=\"5\"} 25",
      "ncf_batch_served_group_expected_hits{\(job),dimension=\"tenth\",at_least=\"10\"} 22",
      "ncf_batch_served_nights_below{\(job)} 3",
    ] {
      #expect(lines.contains(Substring(line)), "\(line)")
    }
    #expect(lines.count { $0.hasPrefix("ncf_batch_served_hits{") } == 2)
  }

  @Test("The choice of a method is told until the job names its method, also when a run fails")
  func choice() {
    var outcome = outcome()
    outcome.choice = madeUpChoice()
    let chosen = Exposition(outcome, endedAt: 1_791_780_000, version: "1").text()
    let lines = chosen.split(separator: "\n")
    let job = #"job="sh\"op\\\n""#
    for line in [
      """
      ncf_batch_method_info{\(job),method="ItemKNN",settings="ItemKNN neighbours 100, shrinkage 100"} 1
      """,
      "ncf_batch_search_timestamp_seconds{\(job)} 1791770400",
      "ncf_batch_search_duration_seconds{\(job)} 61.5", "ncf_batch_search_trials{\(job)} 5",
      "ncf_batch_search_skipped_trials{\(job)} 1",
      "ncf_batch_search_validation_users{\(job)} 6040",
      "ncf_batch_search_validation_ndcg{\(job),of=\"chosen\",k=\"10\"} 0.049",
      "ncf_batch_search_validation_ndcg{\(job),of=\"popular\",k=\"10\"} 0.0112",
    ] {
      #expect(lines.contains(Substring(line)), "\(line)")
    }
    let failed = Exposition(failure, job: outcome.job, seconds: 1, endedAt: 2, version: "1")
    #expect(failed.text(keeping: chosen).contains("ncf_batch_method_info{"))
    outcome.choice = nil
    let named = Exposition(outcome, endedAt: 3, version: "1").text(keeping: chosen)
    #expect(!named.contains("method_info") && !named.contains("_search_"))
  }

  @Test("A failed run keeps the last success and the quality of what is served")
  func failed() {
    let good = Exposition(outcome(), endedAt: 100, version: "1").text()
    let bad = Exposition(failure, job: outcome().job, seconds: 1, endedAt: 200, version: "1")
    let text = bad.text(keeping: good)
    #expect(text.contains("last_success_timestamp_seconds{job=\"sh\\\"op\\\\\\n\"} 100\n"))
    #expect(text.contains("last_run_timestamp_seconds{job=\"sh\\\"op\\\\\\n\"} 200\n"))
    #expect(text.contains("last_run_exit_code{job=\"sh\\\"op\\\\\\n\"} 69\n"))
    #expect(text.contains("ncf_batch_ndcg{"))
    // Again and again.
    #expect(bad.text(keeping: text) == text)
    // Each metric has one head.
    let heads = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
    #expect(Set(heads).count == heads.count)
  }

  @Test("A refused run has figures of its own, and does not move the last success or publication")
  func refused() {
    let good = Exposition(outcome(), endedAt: 100, version: "1").text()
    let text = Exposition(outcome(.refused, .refused), endedAt: 200, version: "1")
      .text(keeping: good)
    #expect(text.contains("last_success_timestamp_seconds{job=\"sh\\\"op\\\\\\n\"} 100\n"))
    #expect(text.contains("last_publish_timestamp_seconds{job=\"sh\\\"op\\\\\\n\"} 100\n"))
    #expect(text.contains("status=\"refused\"} 1\n"))
  }

  @Test("What an old file holds that is no sample of this job is left out")
  func foreign() {
    let old = """
      # HELP ncf_batch_ndcg x
      ncf_batch_ndcg{job="other",model="neumf"} 0.5
      ncf_batch_ndcg{job="a"} not a number
      ncf_batch_users{job="a"} 12
      evil_metric{job="a"} 1
      garbage
      ncf_batch_items{job="a"
      """
    let text = Exposition(failure, job: "a", seconds: 1, endedAt: 2, version: "1").text(
      keeping: old)
    #expect(text.contains("ncf_batch_users{job=\"a\"} 12\n"))
    #expect(!text.contains("\"other\"") && !text.contains("evil") && !text.contains("garbage"))
    #expect(!text.contains("ncf_batch_ndcg") && !text.contains("ncf_batch_items"))
  }
}
