import Baselines
import NCF
import Ranking

extension Laboratory {
  /// The baselines, each with a few settings of which validation chooses.
  func baselines(factors: Int) -> [Trial] {
    let iterations = settings.isQuick ? 5 : 15
    func ials(_ regularization: Float, _ alpha: Float) -> Method {
      .ials(
        ALSOptions(
          factors: factors, regularization: regularization, alpha: alpha, iterations: iterations))
    }
    var knn = [KNNOptions()]
    var bpr = [BPROptions()]
    var eals = [EALSOptions()]
    for place in bpr.indices { bpr[place].factors = factors }
    for place in eals.indices { eals[place].factors = factors }
    if settings.isQuick {
      bpr[0].iterations = min(bpr[0].iterations, 10)
      eals[0].iterations = min(eals[0].iterations, 5)
    } else {
      let pairs: [(Int, Float)] = [(50, 10), (50, 100), (200, 100)]
      knn = pairs.map { neighbours, shrinkage in
        var options = KNNOptions()
        (options.neighbours, options.shrinkage) = (neighbours, shrinkage)
        return options
      }
    }
    let als = settings.isQuick ? [ials(20, 5)] : [ials(5, 1), ials(20, 5), ials(80, 10)]
    return [
      Trial(.itemPop, seed: 0), Trial(choosing: knn.map { .itemKNN($0) }, seed: 0),
      Trial(choosing: bpr.map { .bpr($0) }, seed: 0),
      Trial(choosing: eals.map { .eals($0) }, seed: 0), Trial(choosing: als, seed: 0),
    ]
  }

  /// All methods of research question 1 at a number of factors.
  func methods(factors: Int) -> [Trial] {
    [
      gmf(factors), mlp(factors), neuMF(factors, pretrain: .none),
      neuMF(factors, pretrain: .parts),
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
            [trial.1.label] + lengths.map { Cell.fixed(measured.mean(metric, proto, k: $0), 4) }
          })
      }
    }
    return [figure4] + figure5
  }

  /// Table 2: NeuMF with and without pre-training.
  func table2() throws -> [Report.Section] {
    let trials = settings.factors.flatMap { factors in
      [
        (factors, neuMF(factors, pretrain: .parts)), (factors, neuMF(factors, pretrain: .none)),
      ]
    }
    let measured = try book.measure(trials.map(\.1), seeds: settings.seeds)
    let rows = zip(trials, measured).map { trial, measured in
      ["\(trial.0)", trial.1.label] + figures(measured) + published(trial.1, factors: trial.0)
    }
    let tests = settings.factors.indices.map { place in
      compare(
        "\(settings.factors[place])", measured[2 * place], measured[2 * place + 1])
    }
    return [
      Report.Section(
        heading: "With and without pre-training (Table 2)",
        header: ["factors", "method"] + figuresHeader + publishedHeader, rows: rows),
      Report.Section(
        heading: "Pre-trained less not pre-trained, paired by user",
        header: ["factors"] + comparisonHeader, rows: tests),
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
        cells.append(test.map { Cell.fixed($0.meanDifference, 4) } ?? "-")
        cells.append(test.map { Cell.probability($0.twoSided) } ?? "-")
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
