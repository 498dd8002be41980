package import Jobs

/// What monitoring is told of a job's last run, in Prometheus' text format, as the node exporter's
/// textfile collector reads it.
///
/// One file is one job's. What the last run has nothing to say about stays as the file had it: after a
/// failed night there are still the quality of what is served and the moment of the last success.
package struct Exposition: Sendable, Equatable {
  /// A metric with its samples.
  struct Family: Sendable, Equatable {
    /// Name, by Prometheus' conventions.
    let name: String
    /// Lines of samples, without the line's end.
    let samples: [String]
  }

  let job: String
  let families: [Family]

  /// A run that came to its end, whatever the gate said.
  ///
  /// - Parameters:
  ///   - outcome: the run.
  ///   - moment: when it ended, seconds since 1970.
  ///   - version: this program's.
  package init(_ outcome: RunOutcome, endedAt moment: Double, version: String) {
    var writer = Writer(job: outcome.job)
    writer.end(
      at: moment, code: outcome.exitCode, seconds: outcome.seconds,
      status: outcome.status ?? .trained, version: version)
    if outcome.exitCode == .success { writer.add("last_success_timestamp_seconds", moment) }
    if outcome.status == .published {
      writer.add("last_publish_timestamp_seconds", moment)
      writer.add("published_rows", Double(outcome.rowsPublished))
      if let generation = outcome.generation { writer.add("live_generation", Double(generation)) }
    }
    writer.add(outcome.counts)
    writer.add(outcome.stages)
    writer.add(outcome.metrics)
    writer.add(outcome.choice)
    writer.add(outcome.served)
    job = outcome.job
    families = writer.families
  }

  /// A run that ended early.
  ///
  /// - Parameters:
  ///   - error: why.
  ///   - job: the job's name.
  ///   - seconds: how long it took.
  ///   - moment: when it ended, seconds since 1970.
  ///   - version: this program's.
  package init(
    _ error: BatchError, job: String, seconds: Double, endedAt moment: Double, version: String
  ) {
    var writer = Writer(job: job)
    writer.end(
      at: moment, code: error.exitCode, seconds: seconds,
      status: error.exitCode == .temporary ? .interrupted : .failed, version: version)
    self.job = job
    families = writer.families
  }

  /// The file, with what it keeps of the one before.
  ///
  /// - Parameter old: the text of the file that is there; what is not of this job is left out.
  /// - Returns: the text of the file to be.
  package func text(keeping old: String = "") -> String {
    let kept = Self.samples(of: job, in: old)
    let fresh = Dictionary(uniqueKeysWithValues: families.map { ($0.name, $0.samples) })
    return Self.helps.map { name, help in
      let samples = fresh[name] ?? kept[name] ?? []
      if samples.isEmpty { return "" }
      return "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
        + samples.map { $0 + "\n" }.joined()
    }.joined()
  }

  /// Samples of a job, by their metric; lines of any other form are passed over.
  private static func samples(of job: String, in text: String) -> [String: [String]] {
    let known = Set(helps.map(\.name))
    let label = "job=\"\(Writer.escape(job))\""
    var samples: [String: [String]] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let brace = line.firstIndex(of: "{"), let end = line.lastIndex(of: "}"),
        known.contains(String(line[..<brace])), line[brace..<end].contains(label),
        Double(line[line.index(after: end)...].drop { $0 == " " }) != nil
      else { continue }
      samples[String(line[..<brace]), default: []].append(String(line))
    }
    return samples
  }

  /// All metrics, in the order of the file.
  static let helps: [(name: String, help: String)] = [
    ("last_run_timestamp_seconds", "When the last run ended, in Unix time."),
    (
      "last_run_exit_code",
      "What the last run's process returned; 0 is good, 20 refused by the gate."
    ),
    ("last_run_duration_seconds", "How long the last run took."),
    ("last_run_status", "1 for the status that the last run ended with, 0 for the others."),
    ("build_info", "Always 1; the program's version that ran last."),
    (
      "last_success_timestamp_seconds",
      "When a run last ended well, publishing or finding nothing new."
    ),
    ("last_publish_timestamp_seconds", "When lists were last published."),
    ("published_rows", "Rows of the lists published last."),
    ("live_generation", "Generation of the live pointer after the last publication."),
    ("rows_read", "Rows that the source gave."),
    ("rows_used", "Interactions used, one per user and item."),
    ("rows_rejected", "Rows left out, by reason."),
    ("users", "Users with an interaction."),
    ("items", "Items with an interaction."),
    ("cold_users", "Users who get the popular list."),
    ("watermark_timestamp_seconds", "The server's clock when the log was read, in Unix time."),
    ("stage_duration_seconds", "How long each stage of the last run took."),
    ("peak_memory_bytes", "Largest resident size of the last run's process."),
    ("hit_ratio", "Share of test users whose list of k holds the held-out item."),
    ("ndcg", "Normalised discounted cumulative gain of the held-out item in the list of k."),
    ("catalogue_coverage_ratio", "Share of the catalogue in some test user's list of k."),
    ("method_info", "Always 1; the method that the last run's search, or an earlier one, chose."),
    ("search_timestamp_seconds", "When the run began whose search chose the method, in Unix time."),
    ("search_duration_seconds", "How long the search took."),
    ("search_trials", "How many settings the search tried."),
    ("search_skipped_trials", "How many the search left out."),
    ("search_validation_users", "Users with a validation interaction."),
    (
      "search_validation_ndcg",
      "Validation NDCG over the whole catalogue of what was chosen, and of the best popular list."
    ),
    (
      "served_day_timestamp_seconds", "The last whole day that served figures are of, in Unix time."
    ),
    ("served_listed_users", "Users with a list on that day."),
    ("served_taking_users", "Those of them that took a new item."),
    ("served_hits", "Those of them whose first new item was in the list."),
    ("served_expected_hits", "What hits was to be by the published scores."),
    ("served_shown_hits", "Hits of users to whom an item of the list was shown."),
    ("served_rival_taking_users", "Users of the sample that took a new item on that day."),
    ("served_rival_hits", "Those of them whose item the rival would have listed."),
    ("served_rival_live_hits", "Those of them whose item was in the live list."),
    (
      "served_group_taking_users",
      "Users that took a new item in the latest days, by tenth, length of history or age of item."
    ),
    ("served_group_hits", "Those of them whose first new item was in the list."),
    ("served_group_expected_hits", "What hits of the group was to be by the published scores."),
    (
      "served_nights_below",
      "Nights running in which the live lists had fewer hits than the best rival's."
    ),
  ].map { ("ncf_batch_" + $0.0, $0.1) }
}

extension Exposition {
  /// Collects samples.
  private struct Writer {
    let job: String
    private(set) var families: [Family] = []

    init(job: String) { self.job = job }

    mutating func add(_ name: String, _ value: Double) { add(name, [([], value)]) }

    /// Adds samples; without any, what the file had stays.
    mutating func add(_ name: String, _ samples: [([(String, String)], Double)]) {
      if samples.contains(where: { $0.1.isFinite }) { replace(name, samples) }
    }

    /// Adds samples; without any, what the file had is removed.
    mutating func replace(_ name: String, _ samples: [([(String, String)], Double)]) {
      let name = "ncf_batch_" + name
      let lines = samples.filter(\.1.isFinite).map { labels, value in
        let all = ([("job", job)] + labels).map { "\($0)=\"\(Self.escape($1))\"" }
        return "\(name){\(all.joined(separator: ","))} \(Self.number(value))"
      }
      families.append(Family(name: name, samples: lines))
    }

    mutating func end(
      at moment: Double, code: ExitCode, seconds: Double, status: RunStatus, version: String
    ) {
      add("last_run_timestamp_seconds", moment)
      add("last_run_exit_code", Double(code.rawValue))
      add("last_run_duration_seconds", seconds)
      let ends = RunStatus.allCases.filter { $0 != .running && $0 != .abandoned }
      add(
        "last_run_status", ends.map { ([("status", $0.rawValue)], $0 == status ? 1 : 0) })
      add("build_info", [([("version", version)], 1)])
    }

    mutating func add(_ counts: PullCounts) {
      add("rows_read", Double(counts.rowsRead))
      add("rows_used", Double(counts.rowsUsed))
      add("rows_rejected", counts.rejected.map { ([("reason", $0.reason)], Double($0.rows)) })
      add("users", Double(counts.users))
      add("items", Double(counts.items))
      add("cold_users", Double(counts.coldUsers))
      add("watermark_timestamp_seconds", Double(counts.watermark) / 1_000_000)
    }

    mutating func add(_ stages: [StageRecord]) {
      add("stage_duration_seconds", stages.map { ([("stage", $0.stage.rawValue)], $0.seconds) })
      if let peak = stages.map(\.peakRSSBytes).max() { add("peak_memory_bytes", Double(peak)) }
    }

    /// Figures on test of the longest list.
    mutating func add(_ metrics: [MetricRow]) {
      let test = metrics.filter { $0.split == .test }
      let names: [(Metric, String)] = [
        (.hr, "hit_ratio"), (.ndcg, "ndcg"),
        (.lists(.coverage), "catalogue_coverage_ratio"),
      ]
      for (metric, name) in names {
        let rows = test.filter { $0.metric == metric }
        let k = rows.map(\.k).max()
        add(
          name,
          rows.filter { $0.k == k }.map { row in
            (
              [("model", row.model), ("protocol", row.proto.rawValue), ("k", "\(row.k)")], row.value
            )
          })
      }
    }

    /// The method that a search chose, and the search; without one, that there is none any more.
    mutating func add(_ choice: ChosenMethod?) {
      func samples(_ value: (ChosenMethod) -> Double) -> [([(String, String)], Double)] {
        choice.map { [([], value($0))] } ?? []
      }
      replace(
        "method_info",
        choice.map { [([("method", $0.name), ("settings", $0.words)], 1)] } ?? [])
      replace("search_timestamp_seconds", samples { Double($0.searchedAt) })
      replace("search_duration_seconds", samples(\.seconds))
      replace("search_trials", samples { Double($0.trials.count) })
      replace("search_skipped_trials", samples { Double($0.skipped.count) })
      replace("search_validation_users", samples { Double($0.validatedUsers) })
      let figures = [("chosen", choice?.ndcg), ("popular", choice?.bestPopularList?.ndcgOfOthers)]
      replace(
        "search_validation_ndcg",
        figures.compactMap { name, value in
          value.map { ([("of", name), ("k", "\(choice?.k ?? 0)")], $0) }
        })
    }

    /// Figures of the last whole day, by slot.
    mutating func add(_ served: ServedFigures) {
      guard let day = served.lastWholeDay, let moment = Self.second(ofDay: day) else { return }
      add("served_day_timestamp_seconds", Double(moment))
      let days = served.days.filter { $0.day == day }
      func samples(
        _ value: (ServedFigures.Day) -> Double?
      ) -> [([(String, String)], Double)] {
        days.compactMap { day in
          value(day).map { ([("slot", day.slot), ("source", day.source)], $0) }
        }
      }
      add("served_listed_users", samples { Double($0.listedUsers) })
      add("served_taking_users", samples { Double($0.takingUsers) })
      add("served_hits", samples { Double($0.hits) })
      add("served_expected_hits", samples(\.expectedHits))
      add("served_shown_hits", samples { $0.shownHits.map(Double.init) })
      let rivals = served.rivals.filter { $0.day == day }
      for (name, value) in [
        ("taking_users", \ServedFigures.Rival.takingUsers), ("hits", \.hits),
        ("live_hits", \.liveHits),
      ] {
        add(
          "served_rival_" + name,
          rivals.map { rival in
            ([("slot", rival.slot), ("rival", rival.rival)], Double(rival[keyPath: value]))
          })
      }
      func groups(
        _ value: (ServedFigures.Group) -> Double?
      ) -> [([(String, String)], Double)] {
        served.groups.compactMap { group in
          value(group).map {
            ([("dimension", group.dimension), ("at_least", "\(group.atLeast)")], $0)
          }
        }
      }
      replace("served_group_taking_users", groups { Double($0.takingUsers) })
      replace("served_group_hits", groups { Double($0.hits) })
      replace("served_group_expected_hits", groups(\.expectedHits))
      add("served_nights_below", Double(served.nightsBelow))
    }

    /// When a day such as `2026-01-31` begins, in seconds since 1970 UTC.
    private static func second(ofDay text: String) -> Int? {
      let parts = text.split(separator: "-").compactMap { Int($0) }
      guard parts.count == 3 else { return nil }
      // Days since 0000-03-01 in the Gregorian calendar, whose years here begin in March.
      let year = parts[1] > 2 ? parts[0] : parts[0] - 1
      let month = (parts[1] + 9) % 12
      let days = year * 365 + year / 4 - year / 100 + year / 400
      return (days + (month * 306 + 5) / 10 + parts[2] - 1 - 719_468) * 86_400
    }

    /// A label's value.
    static func escape(_ text: String) -> String {
      text.map { character in
        switch character {
        case "\\": "\\\\"
        case "\"": "\\\""
        case "\n", "\r\n": "\\n"
        default: String(character)
        }
      }.joined()
    }

    private static func number(_ value: Double) -> String {
      let whole = value.rounded()
      return whole == value && abs(value) < 1e15 ? "\(Int(whole))" : "\(value)"
    }
  }
}
