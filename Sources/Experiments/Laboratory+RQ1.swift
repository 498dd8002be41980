import Baselines
import Formatting
import NCF
import Ranking
import Recommenders

extension Laboratory {
  /// Settings of iALS that validation chooses among.
  func als(_ factors: Int) -> [ALSOptions] {
    let pairs: [(Float, Float)] =
      settings.isQuick ? [(20, 5)] : [(5, 1), (20, 5), (40, 3), (80, 10)]
    return pairs.map { regularization, alpha in
      ALSOptions(
        factors: factors, regularization: regularization, alpha: alpha,
        iterations: settings.isQuick ? 5 : 15)
    }
  }

  private func knn() -> [KNNOptions] {
    let pairs: [(Int, Float)] = settings.isQuick ? [(50, 10)] : [(50, 10), (50, 100), (200, 100)]
    return pairs.map(KNNOptions.init(neighbours:shrinkage:))
  }

  private func bpr(_ factors: Int) -> [BPROptions] {
    let regularizations: [Float] = settings.isQuick ? [0.01] : [0.003, 0.01, 0.03]
    return regularizations.map { regularization in
      var options = BPROptions(factors: factors, regularization: regularization)
      if settings.isQuick { options.iterations = min(options.iterations, 10) }
      return options
    }
  }

  private func eals(_ factors: Int) -> [EALSOptions] {
    let weights: [Float] = settings.isQuick ? [512] : [128, 512, 2_048]
    return weights.map { weight in
      var options = EALSOptions(factors: factors, missingWeight: weight)
      if settings.isQuick { options.iterations = min(options.iterations, 5) }
      return options
    }
  }

  /// The baselines, each with a few settings of which validation chooses.
  func baselines(factors: Int) -> [Trial] {
    func trial(_ options: [some BaselineOptions]) -> Trial {
      Trial(choosing: options.map { Method($0) }, seed: 0, refit: settings.training.refit)
    }
    return [
      trial([ItemPopOptions()]), trial(knn()), trial(bpr(factors)), trial(eals(factors)),
      trial(als(factors)),
    ]
  }

  /// All methods of research question 1 at a number of factors.
  func methods(factors: Int) -> [Trial] {
    [
      gmf(factors), mlp(factors), neuMF(factors, pretrain: .none),
      neuMF(factors, pretrain: .parts), neuMFFromALS(factors),
    ] + baselines(factors: factors)
  }

  /// A trial at a number of factors, and what came of it.
  struct Row {
    let factors: Int
    let trial: Trial
    let measured: Measured
  }

  /// Measures trials at each number of factors.
  func measure(_ trials: (_ factors: Int) -> [Trial]) throws -> [Row] {
    let all = settings.factors.flatMap { factors in trials(factors).map { (factors, $0) } }
    let measured = try measure(all.map(\.1))
    return zip(all, measured).map { Row(factors: $0.0, trial: $0.1, measured: $1) }
  }

  /// A row's cells: factors, method, own figures and the paper's.
  private func cells(_ row: Row) -> [String] {
    ["\(row.factors)", row.trial.label] + figures(row.measured)
      + published(row.trial, factors: row.factors)
  }

  /// Figure 4, methods by factors at K, and Figure 5, metrics at 1...K with the most factors.
  func rq1() throws -> [Report.Section] {
    let rows = try measure(methods)
    let figure4 = Report.Section(
      heading: "Methods by factors (Figure 4)",
      header: ["factors", "method"] + figuresHeader + publishedHeader, rows: rows.map(cells),
      notes: [
        "ItemPop and ItemKNN have no factors; they stand in each group for comparison."
      ])
    guard let most = settings.factors.max() else { return [figure4] }
    let last = rows.filter { $0.factors == most }
    let lengths = Array(1...k)
    let figure5 = [HoldoutMetric.hr, .ndcg].flatMap { metric in
      Measured.Setting.allCases.map { proto in
        Report.Section(
          heading:
            "\(metric.rawValue.uppercased())@K, \(proto.rawValue), \(most) factors (Figure 5)",
          header: ["method"] + lengths.map { "\($0)" },
          rows: last.map { row in
            [row.trial.label]
              + lengths.map { Figures.fixed(row.measured.mean(metric, proto, k: $0), 4) }
          })
      }
    }
    return [figure4] + figure5
  }

  /// Table 2: NeuMF with and without pre-training, and from a factorisation.
  func table2() throws -> [Report.Section] {
    let rows = try measure { factors in
      [
        neuMF(factors, pretrain: .parts), neuMF(factors, pretrain: .none), neuMFFromALS(factors),
      ]
    }
    let tests = stride(from: 0, to: rows.count, by: 3).flatMap { place in
      [("GMF and MLP", place), ("iALS", place + 2)].map { name, other in
        ["\(rows[place].factors)"]
          + compare(name, rows[other].measured, rows[place + 1].measured)
      }
    }
    return [
      Report.Section(
        heading: "With and without pre-training (Table 2)",
        header: ["factors", "method"] + figuresHeader + publishedHeader, rows: rows.map(cells)),
      Report.Section(
        heading: "Pre-trained less not pre-trained, paired by user",
        header: ["factors", "from"] + comparisonHeader, rows: tests),
    ]
  }

  /// Names of the columns that `compare` fills after its own.
  var comparisonHeader: [String] {
    ["sampled HR", "p", "sampled NDCG", "p", "full HR", "p", "full NDCG", "p"]
  }

  /// Mean differences between two rows and their two-sided p, at K.
  func compare(_ name: String, _ first: Measured, _ second: Measured) -> [String] {
    var cells = [name]
    for proto in Measured.Setting.allCases {
      for metric in [HoldoutMetric.hr, .ndcg] {
        let test = PairedTest(
          first.values(metric, proto, k: k), second.values(metric, proto, k: k))
        cells.append(test.map { Figures.fixed($0.meanDifference, 4) } ?? "-")
        cells.append(test.map { Figures.probability($0.twoSided) } ?? "-")
      }
    }
    return cells
  }

  /// NeuMF against each other method, at each number of factors.
  func significance() throws -> [Report.Section] {
    let rows = try measure(methods)
    return settings.factors.map { factors in
      let own = rows.filter { $0.factors == factors }
      let neuMF = own.first { $0.trial.label == "NeuMF, pre-trained" }
      let rows = own.filter { $0.trial.label != "NeuMF, pre-trained" }.compactMap { other in
        neuMF.map { compare(other.trial.label, $0.measured, other.measured) }
      }
      return Report.Section(
        heading: "Pre-trained NeuMF less each method, \(factors) factors",
        header: ["method"] + comparisonHeader, rows: rows,
        notes: [
          "Student's t-test of each user's difference, one mean over seeds a user, two-sided; "
            + "differences are of metrics at \(k). The paper found p < .01 for each."
        ])
    }
  }
}
