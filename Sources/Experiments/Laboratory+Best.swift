import Baselines
import Formatting
import Interactions
import NCF
import Ranking
import Recommenders

extension Laboratory {
  /// A factorisation of the grid.
  private struct Entry {
    var name: String
    var start: BaselineSetup
    var trial: Trial { Trial(.baseline(start), seed: 0, refit: true) }
  }

  /// The largest catalogue with an EASE in the grid; with one of 10,000 items it takes half a gigabyte,
  /// and minutes for all seeds, which grow with the third power.
  private static let mostItemsOfEASE = 10_000

  /// The grid of factorisations: settings that others found best on ML-1M, and a few around them.
  private var grid: [Entry] {
    func number(_ value: Float, _ places: Int) -> String { Figures.fixed(Double(value), places) }
    func ials(_ factors: Int, _ regularization: Float, _ alpha: Float) -> Entry {
      let options = ALSOptions(
        factors: factors, regularization: regularization, alpha: alpha,
        iterations: settings.isQuick ? 5 : 15)
      return Entry(
        name: "iALS \(factors), reg \(number(regularization, 0)), alpha \(number(alpha, 0))",
        start: BaselineSetup(options))
    }
    func mf(_ factors: Int, _ rate: Float, _ iterations: Int) -> Entry {
      let options = MFOptions(
        factors: factors, learningRate: rate, iterations: settings.isQuick ? 3 : iterations)
      return Entry(
        name: "MF \(factors), rate \(number(rate, 3)), \(options.iterations) iterations",
        start: BaselineSetup(options))
    }
    func ease(_ factors: Int, _ regularization: Float) -> [Entry] {
      guard book.data.table.itemCount <= Self.mostItemsOfEASE else { return [] }
      let options = EASEOptions(factors: factors, regularization: regularization)
      return [
        Entry(
          name: "EASE \(factors), reg \(number(regularization, 0))", start: BaselineSetup(options))
      ]
    }
    if settings.isQuick {
      return [ials(settings.factors[0], 20, 5), mf(8, 0.005, 3)] + ease(16, 100)
    }
    return [
      ials(64, 20, 5), ials(192, 40, 3), ials(128, 80, 10), ials(128, 40, 3),
      mf(192, 0.002, 200), mf(192, 0.005, 60),
    ] + ease(256, 500) + ease(256, 200)
  }

  /// What a NeuMF may start from: of each kind the entry that validation prefers, alone and side by
  /// side with those before it; iALS comes first, and EASE after MF.
  private func starts(of grid: [Entry], _ measured: [Measured]) -> [[BaselineSetup]] {
    func best(_ baseline: Baseline) -> BaselineSetup? {
      grid.indices.filter { grid[$0].start.baseline == baseline }
        .max { measured[$0].validation < measured[$1].validation }
        .map { grid[$0].start }
    }
    let (ials, mf, ease) = (best(.ials), best(.mf), best(.ease))
    return [[ials], [mf], [ease], [ials, mf], [ials, ease], [ials, mf, ease]].compactMap { start in
      let found = start.compactMap(\.self)
      return found.count == start.count ? found : nil
    }
  }

  /// What is tried with the NeuMF: each differs from the first in a thing or two.
  private struct Lever {
    var tower = [64, 32, 16, 8]
    var optimizer = Optimizer.adam
    var rate: Float = 0.0001
    var epochs = 8
    var decay: Float = 0.9
    var alpha: Float = 0.85
    var dropout: Float = 0.1
    var l2: Float = 0.005
    var averaging: Float = 0.7
    var sampling = NegativeSampling.uniform

    /// All of them; the paper's way of going on is the second.
    static let all = [
      Lever(),
      Lever(
        optimizer: .sgd, rate: 0.02, epochs: 2, alpha: 0.9, dropout: 0, l2: 0, averaging: 0),
      Lever(dropout: 0), Lever(averaging: 0), Lever(alpha: 0.7), Lever(l2: 0),
      Lever(tower: [32, 16, 8]), Lever(rate: 0.0003), Lever(decay: 1),
      Lever(sampling: .popularity(power: 0.5)),
    ]
    /// One that is soon done.
    static let quick = [Lever(tower: [16, 8], optimizer: .sgd, rate: 0.01, dropout: 0, l2: 0)]
  }

  /// A NeuMF that starts from factorisations: validation chooses among such.
  private func neuMF(_ start: [BaselineSetup], _ lever: Lever) -> Trial {
    var options = options(pretrain: .factors, negatives: 8)
    options.joint = PhaseOptions(
      optimizer: lever.optimizer, learningRate: lever.rate,
      epochs: settings.isQuick ? 1 : lever.epochs, patience: 2, decay: lever.decay)
    if !settings.isQuick {
      // The MLP learns slowly with dropout and as a mean of epochs, and ends higher.
      options.pretraining = PhaseOptions(
        optimizer: .adam, learningRate: 0.001, epochs: 12, patience: 3, decay: 0.95)
    }
    (options.alpha, options.dropout) = (lever.alpha, lever.dropout)
    (options.l2Embeddings, options.averaging) = (lever.l2, lever.averaging)
    options.sampling = lever.sampling
    let spec = ModelSpec(gmfWidth: start.width, tower: lever.tower)
    return Trial(
      .network(Method.Network(spec: spec, options: options, start: start)), seed: 0,
      purpose: .validation)
  }

  /// Tries the usual setting from every start, and then every lever with the start that validation
  /// prefers.
  private func tryOut(_ starts: [[BaselineSetup]]) throws -> [(trial: Trial, measured: Measured)] {
    let levers = settings.isQuick ? Lever.quick : Lever.all
    func measure(_ trials: [Trial]) throws -> [(trial: Trial, measured: Measured)] {
      let possible = trials.filter { $0.problem == nil }
      // One seed is enough to choose by; the chosen one is then trained with each.
      return Array(zip(possible, try self.measure(possible, seeds: [settings.seeds[0]])))
    }
    let first = try measure(starts.map { neuMF($0, levers[0]) })
    guard case .network(let best)? = Self.best(of: first)?.methods[0] else { return [] }
    return first + (try measure(levers.dropFirst().map { neuMF(best.start, $0) }))
  }

  /// What validation prefers.
  private static func best(of tried: [(trial: Trial, measured: Measured)]) -> Trial? {
    tried.max { $0.measured.validation < $1.measured.validation }?.trial
  }

  /// The best factorisations on validation, then the best NeuMF from them, refitted and tested.
  func best() throws -> [Report.Section] {
    let grid = grid.filter { $0.trial.problem == nil }
    let measured = try measure(grid.map(\.trial))
    let header = ["model", "validation NDCG@\(k)"] + figuresHeader
    func row(_ name: String, _ measured: Measured) -> [String] {
      [name, Figures.fixed(measured.validation, 4)] + figures(measured)
    }
    let tried = try tryOut(starts(of: grid, measured))
    guard var final = Self.best(of: tried) else { return [] }
    (final.purpose, final.refit) = (.test, true)
    let neuMF = try measure([final])[0]
    return [
      Report.Section(
        heading: "Factorisations and the NeuMF that starts from the best of them",
        header: header,
        rows: zip(grid, measured).map { row($0.name, $1) }
          + [row("NeuMF", neuMF)],
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
        rows: tried.map { trial, measured in
          [
            Self.words(trial), Figures.fixed(measured.validation, 4),
            Figures.seconds(measured.seconds),
          ]
        }),
    ]
  }

  /// The settings that differ, in words.
  private static func words(_ trial: Trial) -> String {
    guard case .network(let network) = trial.methods[0] else { return trial.label }
    let joint = network.options.joint
    let tower = network.spec.tower.map(String.init).joined(separator: "-")
    let options = network.options
    return "from \(network.start.titles), tower \(tower), \(joint.optimizer.rawValue) "
      + "\(Figures.fixed(Double(joint.learningRate), 4)), "
      + "decay \(Figures.fixed(Double(joint.decay), 1)), "
      + "alpha \(Figures.fixed(Double(options.alpha ?? 1), 2)), "
      + "dropout \(Figures.fixed(Double(options.dropout), 1)), "
      + "L2 \(Figures.fixed(Double(options.l2Embeddings), 3)), "
      + "averaging \(Figures.fixed(Double(options.averaging), 1)), "
      + "negatives \(options.sampling == .uniform ? "uniform" : "by popularity")"
  }
}
