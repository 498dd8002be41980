package import Baselines
import NCF

/// The rungs of the ladder above the popular lists.
extension MethodSearch {
  /// The widths of the factorisations that are tried last, the least first.
  package static let factors = [64, 128, 192, 320]
  /// The dropouts of the history block that are tried.
  static let historyDropouts: [Float] = [0.2, 0.5]
  /// Their iterations.
  package static let iterations = 15

  func neighbours() throws -> [Trial] {
    try measure(
      [(100, 10), (100, 100), (400, 10)].map { neighbours, shrinkage in
        Method(KNNOptions(neighbours: neighbours, shrinkage: shrinkage))
      })
  }

  /// iALS over factors, regularisation and alpha: many settings with few factors and iterations, then
  /// the best of them with more.
  func alternatingLeastSquares() throws -> [Trial] {
    func options(_ alpha: Float, _ ratio: Float, _ factors: Int, _ iterations: Int) -> ALSOptions {
      ALSOptions(
        factors: factors, regularization: Self.rounded(alpha * ratio), alpha: Self.rounded(alpha),
        iterations: iterations)
    }
    func best(_ trials: [Trial], _ count: Int) -> [(alpha: Float, ratio: Float)] {
      var found: [(alpha: Float, ratio: Float)] = []
      for trial in trials.sorted(by: { $0.meanA > $1.meanA }) {
        guard case .baseline(let setup) = trial.method, let own = setup.options as? ALSOptions
        else { continue }
        let pair = (alpha: own.alpha, ratio: own.regularization / own.alpha)
        if !found.contains(where: { $0 == pair }) { found.append(pair) }
        if found.count == count { break }
      }
      return found
    }
    func measured(
      _ pairs: [(alpha: Float, ratio: Float)], _ factors: Int, _ iterations: Int
    ) throws -> [Trial] {
      try measure(
        pairs.map { Method(options($0.alpha, $0.ratio, factors, iterations)) })
    }
    let grid: [(alpha: Float, ratio: Float)] = [1, 4, 16, 64].flatMap { alpha in
      [0.25, 1, 4, 16].map { (alpha, $0) }
    }
    let coarse = try measured(grid, 32, 4)
    let middle = try measured(best(coarse, 5), 64, 8)
    guard let centre = best(middle, 1).first else { return coarse }
    let around: [(alpha: Float, ratio: Float)] = [
      (centre.alpha * 2, centre.ratio), (centre.alpha / 2, centre.ratio),
      (centre.alpha, centre.ratio * 2), (centre.alpha, centre.ratio / 2),
    ]
    let fine = try measured(around, 64, 8)
    let pairs = best(middle + fine, 2)
    var last: [Trial] = []
    for factors in Self.factors where factors < log.itemCount {
      let wider = try measured(pairs, factors, Self.iterations)
      let (before, now) = (last.map(\.meanA).max() ?? -1, wider.map(\.meanA).max() ?? -1)
      last += wider
      // Wider ones take many times as long; they are tried for as long as width is worth something.
      if now <= before { break }
    }
    return last.isEmpty ? middle + fine : last
  }

  func autoencoders() throws -> [Trial] {
    let most = min(256, log.itemCount / 2)
    guard log.itemCount <= ShallowAutoencoder.mostItems, most > 0 else { return [] }
    func measured(_ regularizations: [Float]) throws -> [Trial] {
      try measure(
        regularizations.map { Method(EASEOptions(factors: most, regularization: $0)) })
    }
    let first = try measured([500])
    // A large catalogue takes minutes a fit: where the first is far below, the others are left out.
    guard let own = first.first, own.meanA >= 0.8 * bestOfA else { return first }
    return try first + measured([100, 20])
  }

  /// What users did, in order: with two dropouts, each alone and beside the best iALS.
  func histories(beside factorizations: [Trial]) throws -> [Trial] {
    guard log.events != nil, log.itemCount > 2 else { return [] }
    let best = factorizations.max { $0.meanA < $1.meanA }
    var options = HistoryOptions().alone
    var found: [Trial] = []
    for dropout in Self.historyDropouts {
      options.dropout = dropout
      found += try measure([Method(options.alone)])
      guard case .baseline(let setup)? = best?.method, let ials = setup.options as? ALSOptions
      else { continue }
      options.ials = ials
      found += try measure([Method(options)])
    }
    return found
  }

  /// The network that starts from the best factorisation among the finalists, with and without dropout.
  func networks(from finalists: [Trial]) throws -> [Trial] {
    let starts = finalists.compactMap { trial -> (setup: BaselineSetup, value: Double)? in
      guard case .baseline(let setup) = trial.method, setup.factorization != nil,
        Baseline.starts.contains(setup.baseline)
      else { return nil }
      return (setup, trial.meanA)
    }
    let ordered = starts.sorted { $0.value > $1.value }.map(\.setup)
    guard let best = ordered.first else { return [] }
    // The job's own dropout comes first: there may be no time for the other.
    let own = network.options.dropout
    let alone = try [own, own > 0 ? 0 : Self.dropout].compactMap {
      try measure(network(from: [best], dropout: $0)).first
    }
    // Two factorisations side by side, with the better dropout.
    guard ordered.count > 1,
      case .network(let better)? = alone.max(by: { $0.meanA < $1.meanA })?.method
    else { return alone }
    return try alone
      + measure(network(from: Array(ordered.prefix(2)), dropout: better.options.dropout))
  }

  /// The network that starts from some factorisations; none where it can't.
  private func network(from start: [BaselineSetup], dropout: Float) -> [Method] {
    Self.network(network, from: start, dropout: dropout)
  }

  /// A network that starts from some factorisations; none where it can't.
  package static func network(
    _ network: Method.Network, from start: [BaselineSetup], dropout: Float
  ) -> [Method] {
    var network = network
    network.start = start
    network.spec.gmfWidth = network.start.width
    network.options.pretrain = .factors
    network.options.refit = false
    network.options.dropout = dropout
    guard !network.spec.sharedEmbeddings, !network.spec.tower.isEmpty,
      Method.network(network).problem == nil
    else { return [] }
    return [.network(network)]
  }

  /// Networks with settings drawn around the best one, for as long as the limits allow.
  func draws(around networks: [Trial]) throws -> [Trial] {
    var base = network
    if case .network(let best)? = networks.max(by: { $0.meanA < $1.meanA })?.method { base = best }
    base.options.refit = false
    let space = SearchSpace(base: base, seed: seed)
    var found: [Trial] = []
    for number in 1...Self.mostDraws {
      let method = Method.network(space.settings(number))
      if reasonToSkip(method) != nil { break }
      found += try measure([method])
    }
    return found
  }

  /// A number of two significant digits, so that a setting reads well.
  private static func rounded(_ value: Float) -> Float {
    var scale: Float = 1
    while value * scale < 10 { scale *= 10 }
    return (value * scale).rounded() / scale
  }
}
