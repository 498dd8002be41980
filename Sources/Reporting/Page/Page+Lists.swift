import Formatting
import Jobs

/// What is recommended, and to whom.
extension Page {
  /// Coverage of the catalogue, and how popular what is recommended is.
  var recommended: Markup {
    let models = [ownModel, "itempop", "live"].distinct.filter {
      figure(.lists(.coverage), of: $0) != nil
    }
    guard !models.isEmpty || !dossier.tenths.isEmpty else { return .none }
    let names = models.map { ModelLook(model: $0, isOwn: $0 == ownModel).name }
    let kinds: [(Metric.ListMetric, String, Double, String)] = [
      (.coverage, "share of the catalogue in some list", 100, " %"),
      (.gini, "inequality among items (Gini; 0: all alike, 1: one has all)", 1, ""),
      (.novelty, "novelty: how little known its items are, bits", 1, ""),
      (.diversity, "diversity: how unlike each other a list's items are", 1, ""),
    ]
    let rows = kinds.map { metric, words, scale, unit -> [String] in
      let figures = models.map { model -> String in
        guard let row = figure(.lists(metric), of: model) else { return "-" }
        return Figures.fixed(row.value * scale, scale == 1 ? 3 : 1) + unit
      }
      return [words] + figures
    }
    let table = DataTable(
      header: ["lists of the test users"] + names, rows: rows,
      caption: "Beside ItemPop and the live model"
    ).table
    var chart = Markup.none
    var folded = Markup.none
    if !dossier.tenths.isEmpty {
      chart = BarChart.pairs(
        id: "tenths", title: "Shares by tenth of the catalogue",
        along: "tenths of the catalogue, the most popular items first",
        names: (ModelLook.taken, ModelLook.listed),
        dossier.tenths.map { ("\($0.number)", $0.taken, $0.listed) })
      folded =
        DataTable(
          header: ["tenth", "items", "of interactions", "of list places", "items in some list"],
          rows: dossier.tenths.map { tenth -> [String] in
            let shares = [tenth.taken, tenth.listed].map { Figures.fixed($0 * 100, 1) + " %" }
            return ["\(tenth.number)", Figures.count(tenth.items)] + shares
              + [Figures.count(tenth.listedItems)]
          }, caption: "The catalogue in tenths by popularity"
        ).folded
    }
    return section(
      "recommended", "What is recommended",
      about: """
        A model that lists what everybody has leans to the left more than people do; one that reaches \
        further covers more of the catalogue.
        """,
      """
      <div class="two">
      \(chart)\(table)</div>
      \(folded)
      """)
  }

  /// A few users' lists beside what they took last.
  var readers: Markup {
    guard !dossier.readers.isEmpty else { return .none }
    return section(
      "readers", "A few users",
      about: """
        What each took last, and what the list says. A score is the probability that the item is the next \
        new one that the user takes up; in a popular list, the share of users who have it, which is no such \
        probability.
        """,
      """
      <div class="readers">
      \(dossier.readers.map(card))</div>

      """)
  }

  private func card(_ reader: RunDossier.Reader) -> Markup {
    let taken: [Markup] = (reader.history ?? []).map { item in
      """
      <li><span class="what">\(name(item.item, item.title))</span> <span class="day">\(item.day)</span></li>

      """
    }
    let list: [Markup] = reader.list.map { place in
      """
      <li><span class="rank">\(place.rank)</span> <span class="what">\(name(place.item, place.title))</span> \
      <span class="chance">\(Self.percent(place.score))</span></li>

      """
    }
    var history = Markup.none
    if reader.history != nil {
      let words =
        reader.taken > taken.count
        ? "Took last, of \(Figures.count(reader.taken)) items" : "Took, latest first"
      history = """
        <h4>\(taken.isEmpty ? "Took nothing that counts" : words)</h4>
        <ul>
        \(taken.isEmpty ? ["<li>-</li>\n"] : taken)</ul>

        """
    }
    let isPopular = reader.list.first?.source == "popular"
    return """
      <article><h3>User <bdi>\(reader.user)</bdi></h3>
      \(history)<h4>\(isPopular ? "Gets the popular list" : "Is recommended")</h4>
      <ol>
      \(list)</ol></article>

      """
  }

  private func name(_ id: String, _ title: String?) -> Markup {
    guard let title else { return "<bdi>\(id)</bdi>" }
    return "<bdi>\(title)</bdi> <span class=\"id\"><bdi>\(id)</bdi></span>"
  }

  private static func percent(_ score: Double) -> String {
    guard score.isFinite else { return "-" }
    return Figures.fixed(score * 100, abs(score) < 0.0995 ? 2 : 1) + " %"
  }
}

extension ModelLook {
  /// What people take.
  static let taken = ModelLook(name: "what people took", style: "itempop")
  /// What is in lists.
  static let listed = ModelLook(name: "what is recommended", style: "own")

  init(name: String, style: String) {
    (self.name, self.style) = (name, style)
  }
}
