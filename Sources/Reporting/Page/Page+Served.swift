import Formatting
import Jobs

/// What became of the lists.
extension Page {
  /// Hits by day, beside what was expected and what rivals would have had; then by groups.
  var served: Markup {
    let days = dossier.served.days
    guard days.contains(where: { $0.takingUsers > 0 }) else { return .none }
    let below: Markup =
      dossier.served.nightsBelow < ServedFigures.warningNights
      ? .none
      : """
      <p class="notice bad">The live lists had fewer hits than the best rival's, \
      \(dossier.served.nightsBelow) nights running.</p>

      """
    return section(
      "served", "What became of the lists",
      about: """
        Of the users that took a new item on a day, the share whose first one was in the list that they \
        had at that time. Expected is what the published scores said. \(ServedFigures.rivalsNote)
        """,
      """
      \(below)<div class="two">
      \(servedChart)\(groupTable)</div>
      \(dayTable.folded)
      """)
  }

  /// The days, each once.
  private var servedDays: [String] { dossier.served.days.map(\.day).distinct }

  private var servedChart: Markup {
    let (served, days) = (dossier.served, servedDays)
    func series(
      _ look: ModelLook, _ figures: [(day: String, taking: Int, hits: Double)]
    ) -> LineChart.Series? {
      let points = days.enumerated().compactMap { index, day -> LineChart.Point? in
        let own = figures.filter { $0.day == day }
        let taking = own.reduce(0) { $0 + $1.taking }
        guard taking > 0 else { return nil }
        return LineChart.Point(
          x: Double(index), y: own.reduce(0) { $0 + $1.hits } / Double(taking))
      }
      return points.isEmpty ? nil : LineChart.Series(look: look, points: points, mark: nil)
    }
    let rivals = served.rivals.map(\.rival).distinct.map { name in
      series(
        ModelLook(model: name),
        served.rivals.filter { $0.rival == name }.map { ($0.day, $0.takingUsers, Double($0.hits)) })
    }
    let expected = series(
      .expected,
      served.days.compactMap { day in
        day.expectedHits.map { (day.day, day.takingUsers, $0) }
      })
    let own = series(
      .served, served.days.map { ($0.day, $0.takingUsers, Double($0.hits)) })
    let step = max(1, (days.count + 3) / 4)
    let ticks = days.indices.reversed().filter { (days.count - 1 - $0).isMultiple(of: step) }
      .map { (at: Double($0), word: String(days[$0].dropFirst(5))) }
    return LineChart(
      id: "served-hits", title: "Share of taking users with a hit", along: "days, UTC",
      series: (rivals + [expected, own]).compactMap { $0 }, ticks: ticks, faults: []
    ).figure
  }

  /// Hits by tenth, history and age of item.
  private var groupTable: Markup {
    let names = ["tenth": "tenth", "history": "history of", "item_age": "item known for"]
    let rows = dossier.served.groups.map { group -> [String] in
      let words =
        switch (group.dimension, group.atLeast) {
        case ("tenth", _): "\(group.atLeast) of expected hits"
        case ("item_age", -1): "less than the list"
        case ("item_age", _): "\(group.atLeast) days and more"
        default: "\(group.atLeast) items and more"
        }
      return [
        "\(names[group.dimension] ?? group.dimension) \(words)", Figures.count(group.takingUsers),
        Self.percent(Double(group.hits), of: group.takingUsers),
        group.expectedHits.map { Self.percent($0, of: group.takingUsers) } ?? "-",
      ]
    }
    return DataTable(
      header: ["users", "taking", "hits", "expected"], rows: rows,
      caption: "By expected hits, length of history and age of item"
    ).table
  }

  private var dayTable: DataTable {
    let rows = dossier.served.days.reversed().map { day -> [String] in
      let rivals = dossier.served.rivals.filter { $0.day == day.day && $0.slot == day.slot }
        .map { "\($0.rival) \($0.hits) beside \($0.liveHits) of \($0.takingUsers)" }
      return [
        day.day, day.source, Figures.count(day.listedUsers), Figures.count(day.takingUsers),
        Figures.count(day.hits), day.expectedHits.map { Figures.fixed($0, 1) } ?? "-",
        Self.fourDecimals(day.takingUsers > 0 ? day.ndcg / Double(day.takingUsers) : nil),
        day.shownHits.map { "\($0) of \(day.shownUsers ?? 0)" } ?? "-",
        rivals.joined(separator: "; "), day.isProvisional ? "provisional" : "final",
      ]
    }
    return DataTable(
      header: [
        "day, UTC", "lists", "users", "taking", "hits", "expected", "NDCG",
        "hits of shown", "rivals' hits in the sample", "",
      ], rows: rows, caption: "What became of the lists, by day, newest first")
  }

  private static func percent(_ part: Double, of whole: Int) -> String {
    whole > 0 ? Figures.fixed(part / Double(whole) * 100, 1) + " %" : "-"
  }
}

extension ModelLook {
  /// Hits of the live lists.
  static let served = ModelLook(name: "live lists", style: "own")
  /// What their scores said.
  static let expected = ModelLook(name: "expected", style: "gmf")
}
