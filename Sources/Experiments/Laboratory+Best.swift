import Baselines
import Interactions
import NCF
import Notation
import Ranking

extension Laboratory {
  /// A factorisation of the grid.
  private struct Entry {
    var name: String
    var trial: Trial
    var start: Method.Start?
  }

  /// The grid of factorisations: settings that others found best on ML-1M, and a few around them.
  private var grid: [Entry] {
    func ials(_ factors: Int, _ regularization: Float, _ alpha: Float) -> Entry {
      let options = ALSOptions(
        factors: factors, regularization: regularization, alpha: alpha,
        iterations: settings.isQuick ? 5 : 15)
      let number = Figures.fixed
      return Entry(
        name: "iALS \(factors), reg \(number(Double(regularization), 0)), "
          + "alpha \(number(Double(alpha), 0))",
        trial: Trial(.ials(options), seed: 0, refit: true), start: .ials(options))
    }
    if settings.isQuick { return [ials(settings.factors[0], 20, 5), plainFactorization(8)] }
    return [
      ials(64, 20, 5), ials(192, 40, 3), ials(128, 80, 10), ials(128, 40, 3), ials(192, 80, 5),
      plainFactorization(192),
    ]
  }

  /// Dot-product factorisation by the log loss, trained as networks are.
  ///
  /// Rendle et al. step on each sample, with a rate of .002; here a step is on the mean of a batch, so
  /// the rate is as much higher.
  private func plainFactorization(_ width: Int) -> Entry {
    var options = options(negatives: 8)
    options.pretraining = PhaseOptions(
      optimizer: .sgd, learningRate: 0.002 * Float(options.batch),
      epochs: settings.isQuick ? 3 : 200, patience: 10)
    options.l2Embeddings = 0.005
    var spec = ModelSpec.matrixFactorization(width: width)
    spec.link = .logistic
    return Entry(
      name: "MF \(width), SGD",
      trial: Trial(.neural(Method.Neural(spec: spec, options: options)), seed: 0, refit: true))
  }

  /// What is tried with the NeuMF: each differs from the second in a thing or two.
  private struct Lever {
    var tower = [64, 32, 16, 8]
    var optimizer = Optimizer.adam
    var rate: Float = 0.0001
    var epochs = 14
    var alpha: Float = 0.85
    var dropout: Float = 0.1
    var l2: Float = 0.005
    var averaging: Float = 0.7
    var sampling = NegativeSampling.uniform

    /// All of them: the paper's way of going on first.
    static let all = [
      Lever(
        optimizer: .sgd, rate: 0.02, epochs: 2, alpha: 0.9, dropout: 0, l2: 0, averaging: 0),
      Lever(), Lever(dropout: 0), Lever(averaging: 0), Lever(alpha: 0.7), Lever(l2: 0),
      Lever(tower: [32, 16, 8]), Lever(rate: 0.0003), Lever(sampling: .popularity(power: 0.5)),
    ]
    /// One that is soon done.
    static let quick = [Lever(tower: [16, 8], optimizer: .sgd, rate: 0.01, dropout: 0, l2: 0)]
  }

  /// NeuMFs that start from a factorisation: validation chooses among them.
  private func starts(from entry: Entry) -> [Trial] {
    guard let start = entry.start, case .ials(let als) = start else { return [] }
    return (settings.isQuick ? Lever.quick : Lever.all).map { lever in
      var options = options(pretrain: .factors, negatives: 8)
      options.joint = PhaseOptions(
        optimizer: lever.optimizer, learningRate: lever.rate,
        epochs: settings.isQuick ? 1 : lever.epochs, patience: 3, decay: 0.9)
      if !settings.isQuick {
        // The MLP learns slowly with dropout and as a mean of epochs, and ends higher.
        options.pretraining = PhaseOptions(
          optimizer: .adam, learningRate: 0.001, epochs: 16, patience: 4, decay: 0.95)
      }
      (options.alpha, options.dropout) = (lever.alpha, lever.dropout)
      (options.l2Embeddings, options.averaging) = (lever.l2, lever.averaging)
      options.sampling = lever.sampling
      let spec = ModelSpec(gmfWidth: als.factors, tower: lever.tower)
      return Trial(
        .neural(Method.Neural(spec: spec, options: options, start: start)), seed: 0,
        purpose: .validation)
    }
  }

  /// The best factorisation on validation, then the best NeuMF from it, both refitted and tested.
  func best() throws -> [Report.Section] {
    let grid = grid.filter { $0.trial.problem == nil }
    let measured = try book.measure(grid.map(\.trial), seeds: settings.seeds)
    let header = ["model", "validation NDCG@\(k)"] + figuresHeader
    func row(_ name: String, _ measured: Measured) -> [String] {
      [name, Figures.fixed(measured.validation, 4)] + figures(measured)
    }
    let usable = grid.indices.filter { grid[$0].start != nil }
    guard
      let place = usable.max(by: { measured[$0].validation < measured[$1].validation })
    else { return [] }
    let tried = starts(from: grid[place]).filter { $0.problem == nil }
    // One seed is enough to choose by; the chosen one is then trained with each.
    let validated = try book.measure(tried, seeds: [settings.seeds[0]])
    guard
      let chosen = tried.indices.max(by: { validated[$0].validation < validated[$1].validation })
    else { return [] }
    var final = tried[chosen]
    (final.purpose, final.refit) = (.test, true)
    let neuMF = try book.measure([final], seeds: settings.seeds)[0]
    return [
      Report.Section(
        heading: "Factorisations and the NeuMF that starts from the best",
        header: header,
        rows: zip(grid, measured).map { row($0.name, $1) }
          + [row("NeuMF from \(grid[place].name)", neuMF)],
        notes: [
          "Epochs and settings are chosen on validation; then all train on everything but the test "
            + "item. NeuMF: \(Self.words(final))."
        ]),
      Report.Section(
        heading: "NeuMF less each factorisation, paired by user",
        header: ["factorisation"] + comparisonHeader,
        rows: zip(grid, measured).map { compare($0.name, neuMF, $1) }),
      Report.Section(
        heading: "NeuMFs tried, on validation",
        header: ["settings", "NDCG@\(k)", "seconds"],
        rows: zip(tried, validated).map { trial, measured in
          [
            Self.words(trial), Figures.fixed(measured.validation, 4),
            Figures.seconds(measured.seconds),
          ]
        }),
    ]
  }

  /// The settings that differ, in words.
  private static func words(_ trial: Trial) -> String {
    guard case .neural(let neural) = trial.methods[0] else { return trial.label }
    let joint = neural.options.joint
    let tower = neural.spec.tower.map(String.init).joined(separator: "-")
    let options = neural.options
    return "tower \(tower), \(joint.optimizer.rawValue) "
      + "\(Figures.fixed(Double(joint.learningRate), 4)), "
      + "alpha \(Figures.fixed(Double(options.alpha), 1)), "
      + "dropout \(Figures.fixed(Double(options.dropout), 1)), "
      + "L2 \(Figures.fixed(Double(options.l2Embeddings), 6)), "
      + "averaging \(Figures.fixed(Double(options.averaging), 1)), "
      + "negatives \(options.sampling == .uniform ? "uniform" : "by popularity")"
  }
}
