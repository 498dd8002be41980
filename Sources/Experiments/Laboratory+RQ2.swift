import Baselines
import Formatting
import NCF
import Ranking
import Recommenders

extension Laboratory {
  /// Figure 6, loss and validation figures per epoch, and Figure 7, negatives 1 to 10.
  func rq2() throws -> [Report.Section] {
    let factors = settings.factors[0]
    return try figure6(factors) + figure7(factors)
  }

  /// The course of GMF, MLP and NeuMF from nothing, without stopping early.
  private func figure6(_ factors: Int) throws -> [Report.Section] {
    func whole(_ trial: Trial) -> Trial {
      guard case .network(var network) = trial.methods[0] else { return trial }
      let epochs = network.options.pretraining.epochs
      network.options.pretraining.epochs = settings.isQuick ? epochs : max(epochs, 25)
      network.options.pretraining.patience = network.options.pretraining.epochs
      return Trial(.network(network), seed: 0, purpose: .validation)
    }
    let trials = [gmf(factors), mlp(factors), neuMF(factors, pretrain: .none)].map(whole)
    let measured = try measure(trials)
    let epochs = measured.flatMap { $0.results.map(\.curve.count) }.max() ?? 0
    let rows = (0..<epochs).map { place in
      ["\(place + 1)"]
        + measured.flatMap { row -> [String] in
          let own = row.results.filter { $0.curve.count > place }.map { $0.curve[place] }
          func mean(_ value: (EpochRecord) -> Double) -> String {
            Figures.fixed(Moments(own.map(value))?.mean ?? .nan, 4)
          }
          return [mean { $0.loss }, mean(\.hr), mean(\.ndcg)]
        }
    }
    let course = Report.Section(
      heading: "Loss and validation figures per epoch, \(factors) factors (Figure 6)",
      header: ["epoch"]
        + trials.map(\.label).flatMap { ["\($0) loss", "\($0) HR@\(k)", "\($0) NDCG@\(k)"] },
      rows: rows,
      notes: [
        "The paper's Figure 6 has the test figures; here they are those of validation, sampled. It "
          + "found that 10 epochs do most, and NeuMF > MLP > GMF in loss and in quality."
      ])
    let best = Report.Section(
      heading: "The best epoch on validation, \(factors) factors",
      header: [
        "method", "epoch", "HR@\(k)", "sd of seeds", "NDCG@\(k)", "sd of seeds", "seconds an epoch",
      ],
      rows: zip(trials, measured).map { [$0.label] + bestEpoch($1) })
    return [course, best]
  }

  /// Each seed's best epoch, and its figures and an epoch's seconds over seeds.
  private func bestEpoch(_ measured: Measured) -> [String] {
    let epochs = measured.results.compactMap { result in result.curve.max { $0.ndcg < $1.ndcg } }
    let seconds = Moments(measured.results.flatMap(\.curve).map(\.seconds))?.mean
    return [epochs.map { "\($0.epoch)" }.joined(separator: ", ")]
      + [epochs.map(\.hr), epochs.map(\.ndcg)].flatMap { values in
        [Figures.fixed(Moments(values)?.mean ?? .nan, 4), Measured.spread(values)]
      } + [Figures.seconds(seconds ?? .nan)]
  }

  /// Each model with 1 to 10 negatives, and BPR, which has one.
  private func figure7(_ factors: Int) throws -> [Report.Section] {
    let ratios = settings.isQuick ? [1, 4] : Array(1...10)
    let trials = ratios.flatMap { ratio in
      [
        gmf(factors, negatives: ratio), mlp(factors, negatives: ratio),
        neuMF(factors, pretrain: .none, negatives: ratio),
      ]
    }
    let bpr = baselines(factors: factors).filter { $0.label == "BPR" }
    let measured = try measure(trials + bpr)
    func byRatio(
      _ heading: String, notes: [String] = [], _ cell: (Measured) -> String
    ) -> Report.Section {
      let cells = measured.map(cell)
      return Report.Section(
        heading: heading, header: ["negatives", "GMF", "MLP-3", "NeuMF", "BPR"],
        rows: ratios.enumerated().map { row, ratio in
          ["\(ratio)"] + cells[3 * row..<3 * row + 3] + cells.suffix(1)
        }, notes: notes)
    }
    let quality = [HoldoutMetric.hr, .ndcg].map { metric in
      byRatio(
        "\(metric.rawValue.uppercased())@\(k) by negatives, sampled, \(factors) factors (Figure 7)",
        notes: [
          "BPR pairs each positive with one negative, so its figure is the same in every row. The "
            + "paper found one negative too few, the best ratio between 3 and 6."
        ]
      ) { $0.cell(metric, .sampled, k: k) }
    }
    let time = byRatio("Seconds of training by negatives, \(factors) factors") {
      Figures.seconds($0.seconds)
    }
    return quality + [time]
  }
}

extension Laboratory {
  /// Tables 3 and 4, MLP-0 to MLP-4, and then activations, with linear layers among them.
  func rq3() throws -> [Report.Section] {
    let depths = Array(0...4)
    let rows = try measure { factors in depths.map { mlp(factors, layers: $0) } }
    var sections = [HoldoutMetric.hr, .ndcg].map { metric in
      Report.Section(
        heading: "\(metric.rawValue.uppercased())@\(k) by layers, sampled "
          + "(\(metric == .hr ? "Table 3" : "Table 4"))",
        header: ["factors"]
          + depths.flatMap { depth in
            ["MLP-\(depth)"] + (settings.published == nil ? [] : ["paper"])
          },
        rows: settings.factors.map { factors in
          ["\(factors)"] + rows.filter { $0.factors == factors }.flatMap { depthCells(metric, $0) }
        },
        notes: [
          "MLP-n has n hidden layers; MLP-0 puts the embeddings straight to the output. The paper "
            + "found deeper better, and MLP-0 no better than ItemPop."
        ])
    }
    sections.append(
      Report.Section(
        heading: "Whole catalogue and time by layers",
        header: ["factors", "layers"] + figuresHeader,
        rows: rows.map { ["\($0.factors)", $0.trial.label] + figures($0.measured) }))
    return try sections + [activations(settings.factors[0])]
  }

  private func depthCells(_ metric: HoldoutMetric, _ row: Row) -> [String] {
    let own = row.measured.cell(metric, .sampled, k: k)
    guard let published = settings.published else { return [own] }
    let pair = published.pair(row.trial.label, factors: row.factors)
    return [own, pair.map { Figures.fixed(metric == .hr ? $0.hr : $0.ndcg, 3) } ?? "-"]
  }

  private func activations(_ factors: Int) throws -> Report.Section {
    let all = Activation.allCases
    let trials = all.map { activation in
      trial(
        ModelSpec(gmfWidth: 0, tower: tower(factors: factors), activation: activation), options())
    }
    let measured = try measure(trials)
    return Report.Section(
      heading: "MLP-3 by activation, \(factors) factors",
      header: ["activation"] + figuresHeader,
      rows: zip(all, measured).map { activation, measured in
        [activation == .identity ? "identity (linear layers)" : activation.rawValue]
          + figures(measured)
      },
      notes: ["The paper found ReLU best, and linear layers much worse."])
  }
}
