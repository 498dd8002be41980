import Formatting
import Jobs

/// How good the model is, and how it came to be so.
extension Page {
  /// HR and NDCG by length of list, beside ItemPop and the live model: the paper's Figure 5.
  var quality: Markup {
    let models = ["itempop", "live", ownModel].distinct.filter { model in
      dossier.metrics.contains { $0.model == model }
    }
    let protocols: [(EvaluationProtocol, String)] = [
      (.full, "whole catalogue"), (.sampled, "among drawn items"),
    ]
    let charts: [Markup] = protocols.flatMap { proto, among in
      [Metric.hr, .ndcg].map { metric in
        chart(metric, "\(metric.rawValue.uppercased())@k, \(among)", proto, models)
      }
    }
    let k = dossier.run.k
    let n = figure(.ndcg, of: ownModel)?.n ?? 0
    return section(
      "quality", "Held-out items found, by length of list",
      about: """
        The latest interaction of each of \(Figures.count(n)) users was kept back. HR@k is the share of \
        users whose list of k holds it; NDCG@k counts a place near the top for more. Shaded: 95 % \
        confidence. The whole catalogue is what users see, and what the gate decides by.
        """,
      """
      <div class="two">
      \(charts)</div>
      \(rivals)
      \(table(upTo: k, models).folded)
      """)
  }

  /// Simple methods on the same users, the best first; nothing where none was compared.
  private var rivals: Markup {
    guard let first = dossier.rivals.first else { return .none }
    let rows = dossier.rivals.map { rival in
      [
        rival.rival, rival.settings, Figures.fixed(rival.ndcg, 4), Figures.fixed(rival.hr, 4),
        rival.pValue.map(Figures.significance) ?? "-",
      ]
    }
    return DataTable(
      header: ["method", "settings", "NDCG@\(first.k)", "HR@\(first.k)", "better than the model"],
      rows: rows,
      caption: "Simple methods on \(Figures.count(first.users)) of these users, whole catalogue; "
        + "the model has NDCG \(Figures.fixed(first.modelNdcg, 4))"
    ).table
  }

  private func chart(
    _ metric: Metric, _ title: String, _ proto: EvaluationProtocol, _ models: [String]
  ) -> Markup {
    let series = models.compactMap { model -> LineChart.Series? in
      let points = (1...max(1, dossier.run.k)).compactMap { k in
        row(metric, model, proto, k).map {
          LineChart.Point(
            x: Double(k), y: $0.value, bounds: model == ownModel ? $0.confidence : nil)
        }
      }
      guard !points.isEmpty else { return nil }
      return LineChart.Series(
        look: ModelLook(model: model, isOwn: model == ownModel), points: points)
    }
    return LineChart(
      id: "k-\(proto.rawValue)-\(metric.rawValue)", title: title, along: "k, length of the list",
      series: series,
      ticks: Self.ticks(upTo: dossier.run.k), fromZero: true
    ).figure
  }

  /// Whole numbers from 1, few enough to be told apart.
  static func ticks(upTo last: Int, from first: Int = 1) -> [(at: Double, word: String)] {
    let step = max(1, Int(Axis.roundStep(Double(last - first) / 9)))
    return (first...max(first, last)).filter { $0 == first || $0.isMultiple(of: step) }
      .map { (Double($0), "\($0)") }
  }

  private func table(upTo last: Int, _ models: [String]) -> DataTable {
    let names = models.reversed().map { ModelLook(model: $0, isOwn: $0 == ownModel).name }
    var rows: [[String]] = []
    let protocols: [(EvaluationProtocol, String)] = [
      (.full, "whole catalogue"), (.sampled, "drawn items"),
    ]
    for (proto, among) in protocols {
      for metric in [Metric.hr, .ndcg] {
        for k in 1...max(1, last) {
          guard let own = row(metric, ownModel, proto, k) else { continue }
          let bounds = own.confidence.map {
            "\(Figures.fixed($0.lowerBound, 4)) – \(Figures.fixed($0.upperBound, 4))"
          }
          let others = models.reversed().dropFirst().map { model in
            Self.fourDecimals(row(metric, model, proto, k)?.value)
          }
          let name = "\(metric.rawValue.uppercased())@\(k)"
          rows.append([name, among, Figures.fixed(own.value, 4), bounds ?? "-"] + others)
        }
      }
    }
    let header = ["metric", "among", names.first ?? "", "95 % confidence"] + names.dropFirst()
    return DataTable(
      header: header, rows: rows, caption: "HR and NDCG by length of list, on test")
  }

  /// Loss, HR and NDCG by epoch and phase: the paper's Figure 6.
  var learning: Markup {
    let phases = dossier.epochs.map(\.phase).distinct
    guard !phases.isEmpty else { return .none }
    let k = dossier.run.k
    // The numbers of the phase join are shares.
    let numbers = dossier.epochs.filter { $0.phase != "join" }.map(\.epoch)
    let last = numbers.max() ?? 1
    let figures: [(String, String, KeyPath<RunDossier.Epoch, Double?>)] = [
      ("loss", "Training loss", \.loss), ("hr", "HR@\(k) on validation", \.hr),
      ("ndcg", "NDCG@\(k) on validation", \.ndcg),
    ]
    let charts: [Markup] = figures.map { id, title, path in
      // What absorbs the held-out interactions has nothing left to be validated on.
      let drawn = phases.filter { $0 != "absorb" && $0 != "join" }
      let series = drawn.compactMap { phase -> LineChart.Series? in
        let points = dossier.epochs.filter { $0.phase == phase }.compactMap { epoch in
          epoch[keyPath: path].map { LineChart.Point(x: Double(epoch.epoch), y: $0) }
        }
        guard !points.isEmpty else { return nil }
        let best = id == "ndcg" && points.count > 1 ? points.max { $0.y < $1.y } : nil
        return LineChart.Series(look: ModelLook(phase: phase), points: points, mark: best)
      }
      return LineChart(
        id: "epoch-\(id)", title: title, along: "epoch", series: series,
        ticks: Self.ticks(upTo: last, from: numbers.min() ?? 0), size: .third
      ).figure
    }
    let rows = dossier.epochs.map { epoch -> [String] in
      let loss = epoch.loss.map { Figures.fixed($0, 5) } ?? "-"
      return [ModelLook(phase: epoch.phase).name, "\(epoch.epoch)", loss]
        + [epoch.hr, epoch.ndcg].map(Self.fourDecimals)
    }
    return section(
      "learning", "Learning curves",
      about: """
        One line for each phase of training; epoch 0 is the state before any step, a dot marks the epoch \
        whose weights were kept. \(dossier.run.modeReason.map { "Trained so because: \($0)." } ?? "")
        """,
      """
      <div class="three">
      \(charts)</div>
      \(DataTable(
        header: ["phase", "epoch", "loss", "HR@\(k)", "NDCG@\(k)"], rows: rows,
        caption: "Epochs of this run").folded)
      """)
  }
}
