import Formatting
package import Jobs

/// A run on one page: how good it is, how it learnt, how it stands in the job's history, what it
/// recommends and to whom.
///
/// The page is one file without scripts that asks for nothing else: its pictures are SVG made here, and a
/// policy in its head forbids it to load anything.
package struct Page {
  let dossier: RunDossier

  /// A page about what was collected.
  package init(_ dossier: RunDossier) { self.dossier = dossier }

  /// The file.
  package var html: String {
    let run = dossier.run
    let sections = [served, choice, quality, learning, course, recommended, readers, cost]
    let page: Markup = """
      <!DOCTYPE html>
      <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
      <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
      <meta name="generator" content="ncf-batch" />
      <title>\(run.job), run \(run.runID): ncf-batch</title>
      <style>
      \(PageStyle.sheet)</style>
      </head>
      <body>
      \(head)<main>
      \(sections)</main>
      <footer><p>Made by ncf-batch from the schema ncf. Figures of quality are of test users' latest
      interactions, which nothing on this page has learnt from.</p></footer>
      </body>
      </html>

      """
    return page.text
  }

  // MARK: - Head

  private var head: Markup {
    let run = dossier.run
    let parts = [
      "\(run.startedAt) UTC", Figures.duration(run.seconds),
      run.mode.map { $0 == .finetune ? "fine-tuned" : "trained in full" },
      run.parentRunID.map { "from run \($0)" }, run.kind == .nightly ? nil : run.kind.rawValue,
    ].compactMap { $0 }
    return """
      <header>
      <h1><bdi>\(run.job)</bdi>, run \(run.runID)</h1>
      <p class="lead"><span class="status\(Self.isBad(run.status) ? " bad" : "")">\(standing)</span>: \
      \(parts.joined(separator: ", "))</p>
      \(notices)\(tiles)</header>

      """
  }

  /// How it ended, and whether it is what readers see.
  private var standing: String {
    let run = dossier.run
    guard !run.liveIn.isEmpty else { return run.status.rawValue }
    return "\(run.status.rawValue), live"
      + (run.liveIn == [Job.mainSlot] ? "" : " in \(run.liveIn.joined(separator: ", "))")
  }

  static func isBad(_ status: RunStatus) -> Bool {
    switch status {
    case .refused, .failed, .interrupted, .abandoned: true
    case .running, .published, .trained, .skipped: false
    }
  }

  private var notices: Markup {
    let style = Self.isBad(dossier.run.status) ? "notice bad" : "notice"
    let all = dossier.notes.map { ("notice", $0) }
    return Markup(
      ((dossier.run.reason.map { [(style, $0)] } ?? []) + all).map { style, text in
        """
        <p class="\(style)">\(text)</p>

        """
      })
  }

  private var tiles: Markup {
    let k = dossier.run.k
    var tiles: [Markup] = []
    for metric in [Metric.ndcg, .hr] {
      guard let own = figure(metric, of: ownModel) else { continue }
      let beside = own.confidence.map {
        "95 %: \(Figures.fixed($0.lowerBound, 4)) to \(Figures.fixed($0.upperBound, 4))"
      }
      tiles.append(
        tile(
          "\(metric.rawValue.uppercased())@\(k), whole catalogue", Figures.fixed(own.value, 4),
          beside ?? "")
      )
    }
    if let own = figure(.ndcg, of: ownModel) {
      let others = [("itempop", "ItemPop"), ("live", "the live model")].compactMap { model, name in
        figure(.ndcg, of: model).flatMap { other in
          other.value > 0 ? (name, Self.change(own.value / other.value - 1)) : nil
        }
      }
      if let first = others.first {
        tiles.append(
          tile(
            "NDCG@\(k) beside \(first.0)", first.1,
            others.dropFirst().map { "\($0.1) beside \($0.0)" }.joined(separator: ", ")))
      }
    }
    if let lists = dossier.lists {
      let share = dossier.run.items.map { Double(lists.items) / Double(max($0, 1)) }
      tiles.append(
        tile(
          "Catalogue in some list", share.map { "\(Figures.fixed($0 * 100, 1)) %" } ?? "-",
          "\(Figures.count(lists.items)) of \(dossier.run.items.map(Figures.count) ?? "-") items, "
            + "\(Figures.count(lists.users)) users"))
    } else if let users = dossier.run.users, let items = dossier.run.items {
      tiles.append(tile("Users", Figures.count(users), "\(Figures.count(items)) items"))
    }
    guard !tiles.isEmpty else { return .none }
    return "<dl class=\"tiles\">\n\(tiles)</dl>\n"
  }

  private func tile(_ name: String, _ value: String, _ beside: String) -> Markup {
    """
    <div><dt>\(name)</dt><dd class="value">\(value)</dd><dd class="beside">\(beside)</dd></div>

    """
  }

  static func change(_ share: Double) -> String {
    let text = Figures.fixed(abs(share) * 100, 1) + " %"
    return share < 0 ? "\u{2212}\(text)" : "+\(text)"
  }

  // MARK: - What is on record

  /// The name under which the run's own model was judged.
  var ownModel: String {
    let models = dossier.metrics.filter { $0.split == .test }.map(\.model)
    return models.first { !["itempop", "live", "parent"].contains($0) } ?? "itempop"
  }

  /// A figure over the whole catalogue on test, at the length of list that the job is judged by.
  func figure(_ metric: Metric, of model: String) -> MetricRow? {
    row(metric, model, .full, dossier.run.k)
  }

  func row(
    _ metric: Metric, _ model: String, _ proto: EvaluationProtocol, _ k: Int
  ) -> MetricRow? {
    dossier.metrics.first {
      $0.split == .test && $0.model == model && $0.proto == proto && $0.metric == metric
        && $0.k == k
    }
  }

  /// A section with a heading and a sentence about it.
  func section(_ id: String, _ heading: String, about: Markup, _ body: Markup) -> Markup {
    """
    <section aria-labelledby="\(id)">
    <h2 id="\(id)">\(heading)</h2>
    <p class="about">\(about)</p>
    \(body)</section>

    """
  }
}

extension Sequence where Element: Hashable {
  /// Each element once, in the order in which they first come.
  var distinct: [Element] {
    var met: Set<Element> = []
    return filter { met.insert($0).inserted }
  }
}
