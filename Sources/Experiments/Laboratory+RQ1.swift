import Baselines
import Formatting
import NCF
import Ranking

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
    return pairs.map { neighbours, shrinkage in
      var options = KNNOptions()
      (options.neighbours, options.shrinkage) = (neighbours, shrinkage)
      return options
    }
  }

  private func bpr(_ factors: Int) -> [BPROptions] {
    let regularizations: [Float] = settings.isQuick ? [0.01] : [0.003, 0.01, 0.03]
    return regularizations.map { regularization in
      var options = BPROptions()
      (options.factors, options.regularization) = (factors, regularization)
      if settings.isQuick { options.iterations = min(options.iterations, 10) }
      return options
    }
  }

  private func eals(_ factors: Int) -> [EALSOptions] {
    let weights: [Float] = settings.isQuick ? [512] : [128, 512, 2_048]
    return weights.map { weight in
      var options = EALSOptions()
      (options.factors, options.missingWeight) = (factors, weight)
      if settings.isQuick { options.iterations = min(options.iterations, 5) }
      return options
    }
  }

  /// The baselines, each with a few settings of which validation chooses.
  func baselines(factors: Int) -> [Trial] {
    func trial(_ methods: [Method]) -> Trial {
      Trial(choosing: methods, seed: 0, refit: settings.training.refit)
    }
    return [
      trial([.itemPop]), trial(knn().map { .itemKNN($0) }), trial(bpr(factors).map { .bpr($0) }),
      trial(eals(factors).map { .eals($0) }), trial(als(factors).map { .ials($0) }),
    ]
  }

  /// All methods of research question 1 at a number of factors.
  func methods(factors: Int) -> [Trial] {
    [
      gmf(factors), mlp(factors), neuMF(factors, pretrain: .none),
      neuMF(factors, pretrain: .parts), neuMFFromALS(factors),
    ] + baselines(factors: factors)
  }

  /// Figure 4, methods by factors at K, and Figure 5, metrics at 1...K with the most factors.
  func rq1() throws -> [Report.Section] {
    let trials = settings.factors.flatMap { factors in
      methods(factors: factors).map { (factors, $0) }
    }
    let measured = try book.measure(trials.map(\.1), seeds: settings.seeds)
    let rows = zip(trials, measured).map { trial, measured in
      ["\(trial.0)", trial.1.label] + figures(measured)
        + published(trial.1, factors: trial.0)
    }
    let figure4 = Report.Section(
      heading: "Methods by factors (Figure 4)",
      header: ["factors", "method"] + figuresHeader + publishedHeader, rows: rows,
      notes: [
        "ItemPop and ItemKNN have no factors; they stand in each group for comparison."
      ])
    guard let most = settings.factors.max() else { return [figure4] }
    let last = zip(trials, measured).filter { $0.0.0 == most }
    let lengths = Array(1...k)
    let figure5 = [HoldoutMetric.hr, .ndcg].flatMap { metric in
      Measured.Setting.allCases.map { proto in
        Report.Section(
          heading:
            "\(metric.rawValue.uppercased())@K, \(proto.rawValue), \(most) factors (Figure 5)",
          header: ["method"] + lengths.map { "\($0)" },
          rows: last.map { trial, measured in
            [trial.1.label] + lengths.map { Figures.fixed(measured.mean(metric, proto, k: $0), 4) }
          })
      }
    }
    return [figure4] + figure5
  }

  /// Table 2: NeuMF with and without pre-training, and from a factorisation.
  func table2() throws -> [Report.Section] {
    let trials = settings.factors.flatMap { factors in
      [
        (factors, neuMF(factors, pretrain: .parts)), (factors, neuMF(factors, pretrain: .none)),
        (factors, neuMFFromALS(factors)),
      ]
    }
    let measured = try book.measure(trials.map(\.1), seeds: settings.seeds)
    let rows = zip(trials, measured).map { trial, measured in
      ["\(trial.0)", trial.1.label] + figures(measured) + published(trial.1, factors: trial.0)
    }
    let tests = settings.factors.indices.flatMap { place in
      let own = measured[3 * place..<3 * place + 3]
      return zip(["GMF and MLP", "iALS"], [own[own.startIndex], own[own.startIndex + 2]]).map {
        [["\(settings.factors[place])"], compare($0, $1, own[own.startIndex + 1])].flatMap(\.self)
      }
    }
    return [
      Report.Section(
        heading: "With and without pre-training (Table 2)",
        header: ["factors", "method"] + figuresHeader + publishedHeader, rows: rows),
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
    let trials = settings.factors.flatMap { factors in
      methods(factors: factors).map { (factors, $0) }
    }
    let measured = try book.measure(trials.map(\.1), seeds: settings.seeds)
    return settings.factors.map { factors in
      let own = zip(trials, measured).filter { $0.0.0 == factors }
      let neuMF = own.first { $0.0.1.label == "NeuMF, pre-trained" }
      let rows = own.filter { $0.0.1.label != "NeuMF, pre-trained" }.compactMap { trial, other in
        neuMF.map { compare(trial.1.label, $0.1, other) }
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
