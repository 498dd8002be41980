import Formatting
import Jobs
import Operations
import Pipeline
import Postgres
import Ranking
import Reporting

/// What a backtest found, as tables, as JSON and as a picture.
struct BacktestReport {
  /// A configuration whose nights are all there.
  struct Configuration {
    /// What it is called.
    let name: String
    /// Its job.
    let job: String
    /// Its nights.
    let finished: Backtest.Finished
    /// Means over them; nil where nobody could be judged.
    var means: BacktestMeans? { BacktestMeans(finished.nights) }
  }

  /// Two configurations beside each other.
  private struct Pair {
    let first: String
    let second: String
    let comparison: BacktestComparison?
  }

  /// What a backtest does not know, told with every result.
  static let unknown =
    "who gets a list, what may be in it, and features are of today; settings may have been chosen on the very "
    + "time that is replayed"

  private let plan: BacktestPlan
  private let k: Int
  private let configurations: [Configuration]
  private let pairs: [Pair]

  /// Compares each configuration with each other one.
  ///
  /// - Throws: `BatchError`.
  init(
    _ plan: BacktestPlan, k: Int, _ configurations: [Configuration],
    _ parameters: ConnectionParameters
  ) throws(BatchError) {
    (self.plan, self.k, self.configurations) = (plan, k, configurations)
    var pairs: [Pair] = []
    for (place, first) in configurations.enumerated() {
      for second in configurations[(place + 1)...] {
        let comparison = try BacktestComparison.read(
          first.finished.id, second.finished.id, plan, k: k, parameters)
        pairs.append(Pair(first: first.name, second: second.name, comparison: comparison))
      }
    }
    self.pairs = pairs
  }

  // MARK: - For people

  /// What a night did, in a word or two.
  static func did(_ night: BacktestNight) -> String {
    switch night.course.status {
    case .published:
      (night.course.mode == .finetune ? "fine-tuned" : "in full")
        + (night.course.choice == nil ? "" : ", searched")
    default: night.course.status.rawValue
    }
  }

  /// The tables.
  var text: String {
    let comparisons = comparisonLines.map { $0 + "\n" }.joined()
    return [nightTable, meanTable, comparisons, "Not known: \(Self.unknown).\n"]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private static func figure(_ value: Double?) -> String {
    value.map { Figures.fixed($0, 4) } ?? "-"
  }

  private var nightTable: String {
    let header = [
      "night", "configuration", "did", "lists", "users", "HR@\(k)", "NDCG@\(k)", "recall@\(k)",
      "hits", "coverage", "popular NDCG", "best rival", "took",
    ]
    let rows = plan.periods.indices.flatMap { index in
      configurations.map { configuration -> [String] in
        let night = configuration.finished.nights[index]
        let rival = night.bestRival.map { "\($0.rival) \(Self.figure($0.means.ndcg))" }
        return [
          BacktestPlan.text(night.moment), configuration.name, Self.did(night),
          Figures.count(night.listed), Figures.count(night.users), Self.figure(night.means?.hr),
          Self.figure(night.means?.ndcg), Self.figure(night.means?.recall),
          Self.figure(night.means?.hits), Self.figure(night.coverage),
          Self.figure(night.popular?.ndcg), rival ?? "-", Figures.duration(night.seconds),
        ]
      }
    }
    return TextTable(header, rows: rows).text
  }

  private var meanTable: String {
    func cell(_ estimate: Estimate?) -> String {
      guard let estimate else { return "-" }
      guard let high = estimate.high else { return Self.figure(estimate.value) }
      return "\(Self.figure(estimate.value)) +- \(Self.figure(high - estimate.value))"
    }
    let header = [
      "mean of nights", "nights", "users", "HR@\(k)", "NDCG@\(k)", "recall@\(k)", "hits",
      "coverage",
      "popular NDCG", "best rival",
    ]
    let rows = configurations.map { configuration -> [String] in
      guard let means = configuration.means else {
        return [configuration.name, "0", "0"] + header.dropFirst(3).map { _ in "-" }
      }
      let best = means.rivals.max { $0.ndcg < $1.ndcg }
      return [
        configuration.name, "\(means.nights)", Figures.count(means.users), cell(means.hr),
        cell(means.ndcg), cell(means.recall), cell(means.hits), cell(means.coverage),
        Self.figure(means.rivals.first { $0.name == "itempop" }?.ndcg),
        best.map { "\($0.name) \(Self.figure($0.ndcg))" } ?? "-",
      ]
    }
    return TextTable(header, rows: rows).text
  }

  private var comparisonLines: [String] {
    pairs.map { pair in
      guard let found = pair.comparison else {
        return "\(pair.first) and \(pair.second): too few users in common to compare"
      }
      func part(_ name: String, _ estimate: Estimate, _ p: Double) -> String {
        let ends = [estimate.low, estimate.high].map { $0.map { Figures.fixed($0, 4) } ?? "-" }
        return
          "\(name) \(estimate.value > 0 ? "+" : "")\(Figures.fixed(estimate.value, 4)) (\(ends[0]) to \(ends[1]), \(Figures.significance(p)))"
      }
      return
        "\(pair.first) less \(pair.second), \(Figures.count(found.users)) users in common, each counted once: "
        + part("NDCG@\(k)", found.ndcg, found.ndcgP) + "; " + part("HR@\(k)", found.hr, found.hrP)
    }
  }

  /// A line for each configuration, for a terminal that can show it.
  ///
  /// - Parameter paint: colours the cross of a refused night.
  /// - Returns: the lines.
  func courses(_ paint: (String) -> String) -> String {
    let width = configurations.map(\.name.count).max() ?? 0
    let lines = configurations.compactMap { configuration -> String? in
      let line = Sparkline(
        configuration.finished.nights.map { night in
          night.course.status == .refused ? .refused : .figure(night.means?.ndcg)
        }, paint: paint)
      guard let range = line.range else { return nil }
      let space = String(repeating: " ", count: width - configuration.name.count)
      return "\(TextTable.harmless(configuration.name))\(space)  ndcg \(line.text)  ("
        + "\(Figures.fixed(range.lowerBound, 4)) to \(Figures.fixed(range.upperBound, 4)))"
    }
    return lines.isEmpty ? "" : "\n" + lines.joined(separator: "\n") + "\n"
  }

  // MARK: - For programs

  private static func json(_ estimate: Estimate?) -> JSON {
    guard let estimate else { return .null }
    return ["value": estimate.value, "ci_low": estimate.low, "ci_high": estimate.high]
  }

  private static func json(_ means: JudgedLists.Means?) -> JSON {
    guard let means else { return .null }
    return ["hr": means.hr, "ndcg": means.ndcg, "recall": means.recall, "hits": means.hits]
  }

  private static func json(_ night: BacktestNight) -> JSON {
    [
      "moment": BacktestPlan.text(night.moment), "until": BacktestPlan.text(night.until),
      "status": night.course.status.rawValue, "mode": night.course.mode?.rawValue,
      "reason": night.reason, "method": night.method, "searched": night.course.choice != nil,
      "lists_of": night.listsOf.map(BacktestPlan.text), "listed_users": night.listed,
      "users": night.users, "figures": json(night.means), "coverage": night.coverage,
      "rivals": JSON.list(
        night.rivals.map { ["rival": $0.rival, "figures": json($0.means)] as JSON }),
      "seconds": night.seconds,
    ]
  }

  private static func json(_ configuration: Configuration) -> JSON {
    let means = configuration.means.map { means -> JSON in
      [
        "nights": means.nights, "users": means.users, "hr": json(means.hr),
        "ndcg": json(means.ndcg), "recall": json(means.recall), "hits": json(means.hits),
        "coverage": json(means.coverage),
        "rivals": JSON.list(means.rivals.map { ["rival": $0.name, "ndcg": $0.ndcg] as JSON }),
      ]
    }
    return [
      "name": configuration.name, "job": configuration.job,
      "backtest_id": configuration.finished.id, "means": means,
      "nights": JSON.list(configuration.finished.nights.map(json)),
    ]
  }

  /// The object that `--json` prints.
  var json: JSON {
    let comparisons = pairs.map { pair -> JSON in
      [
        "first": pair.first, "second": pair.second, "users": pair.comparison?.users,
        "judgements": pair.comparison?.judgements, "ndcg": Self.json(pair.comparison?.ndcg),
        "ndcg_p": pair.comparison?.ndcgP, "hr": Self.json(pair.comparison?.hr),
        "hr_p": pair.comparison?.hrP,
      ]
    }
    return [
      "from": plan.periods.first.map { BacktestPlan.text($0.moment) },
      "to": BacktestPlan.text(plan.end), "k": k,
      "configurations": JSON.list(configurations.map(Self.json)),
      "comparisons": JSON.list(comparisons),
      "unknown": Self.unknown,
    ]
  }

  // MARK: - As a picture

  /// NDCG by night, as SVG.
  var picture: String {
    func points(_ value: (BacktestNight) -> Double?, _ nights: [BacktestNight]) -> [(
      moment: Double, value: Double
    )] {
      nights.compactMap { night in value(night).map { (Double(night.moment), $0) } }
    }
    var lines = configurations.map { configuration in
      CoursePicture.Line(
        name: configuration.name, points: points({ $0.means?.ndcg }, configuration.finished.nights),
        refused: configuration.finished.nights.filter { $0.course.status == .refused }.map {
          (Double($0.moment), $0.means?.ndcg)
        })
    }
    if let first = configurations.first {
      lines.append(
        CoursePicture.Line(
          name: "popular", points: points({ $0.popular?.ndcg }, first.finished.nights),
          isReference: true))
    }
    return CoursePicture(
      title: "NDCG@\(k) of the lists of each night, by what users took up until the next one",
      along: "night", lines: lines,
      ticks: CoursePicture.ticks(plan.periods.map { Double($0.moment) }) {
        BacktestPlan.text(UInt32($0))
      }
    ).svg
  }
}
