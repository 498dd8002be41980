package import Baselines
package import Interactions
package import NCF
package import Parallelism
import Ranking

/// Chooses the method and its settings that rank the validation interactions of a log best.
///
/// The ladder is a fixed sequence of trials: popularity in all and of late, what followed the last item,
/// neighbours, iALS over a grid by successive halving, EASE, and a network that starts from the best
/// factorisation. Time and memory decide only how far
/// it goes. A trial is judged by NDCG over the whole catalogue. Users are divided in two by a hash: half A
/// chooses among the settings of a method, half B among the methods. The simplest method within one standard
/// error of the best one is chosen; where none is above the best popular list by more than chance, that is.
package final class MethodSearch {
  /// What bounds a search.
  package struct Limits: Sendable {
    /// Seconds for all trials together.
    package var seconds: Double
    /// The most trials; nil for no bound.
    package var trials: Int?
    /// Bytes that fitting a trial may take; nil for no bound.
    package var memory: Int?

    /// Names the bounds.
    package init(seconds: Double, trials: Int? = nil, memory: Int? = nil) {
      (self.seconds, self.trials, self.memory) = (seconds, trials, memory)
    }
  }

  /// What users are judged by.
  package struct Validation: Sendable {
    /// Each user's validation item, -1 for none and for one that the log does not know.
    package var items: [Int32]
    /// Users whose item the log does not know, ascending: each is a miss.
    package var missed: [UInt32]
    /// When each user took the item up, in seconds, where a model may know what happened before it; nil where
    /// it knows nothing beyond the log.
    package var moments: [UInt32]?

    /// Creates a value from its parts.
    package init(items: [Int32], missed: [UInt32] = [], moments: [UInt32]? = nil) {
      (self.items, self.missed, self.moments) = (items, missed, moments)
    }

    /// The users who have an item, ascending.
    var users: [Int] {
      let missed = Set(missed)
      return items.indices.filter { items[$0] >= 0 || missed.contains(UInt32($0)) }
    }

    /// The same for some of the users.
    func keeping(_ users: Set<Int>) -> Validation {
      Validation(
        items: items.indices.map { users.contains($0) ? items[$0] : -1 },
        missed: missed.filter { users.contains(Int($0)) }, moments: moments)
    }
  }

  /// How many users are judged at most; a hash chooses them.
  private static let mostUsers = 20_000
  /// The dropout that is tried beside none.
  private static let dropout: Float = 0.2
  /// The share of the seconds that a single trial may take.
  private static let share = 0.2

  /// With fewer users to judge, nothing but popularity is tried.
  package static let fewestUsers = 100
  /// The probability below which a method counts as better than popularity.
  private static let significance = 0.05

  private let data: MethodTraining.Data
  private let network: Method.Network
  /// Users with a validation interaction, judged or not.
  private let validatedUsers: Int
  private let validation: Validation
  /// For each user with a validation interaction, whether the user is of half A.
  private let isOfA: [Bool]
  private let limits: Limits
  private let k: Int
  private let seed: UInt64
  private let pool: WorkerPool
  private let clock: @Sendable () -> Double
  private let report: (SearchEvent) throws -> Void
  private let began: Double
  /// Users of half A whom the epochs of a network are judged by.
  private let validationOfEpochs: CatalogueValidation
  /// How long before the newest event the test begins, of a split by the clock; recorded with the choice.
  package var horizon: UInt32?
  private let factorizations = FactorizationCache()
  /// The trials so far, in the order of the ladder.
  private var trials: [Trial] = []
  private var skipped: [String] = []
  /// Seconds for each unit of work, by baseline.
  private var pace: [Baseline: Double] = [:]

  private var log: TrainingLog { data.log }

  /// A trial and each user's NDCG.
  private struct Trial {
    var method: Method
    var seconds: Double
    var a: [Double]
    var b: [Double]
    var meanA: Double { a.isEmpty ? 0 : a.reduce(0, +) / Double(a.count) }
    var meanB: Double { b.isEmpty ? 0 : b.reduce(0, +) / Double(b.count) }
  }

  /// Prepares a search.
  ///
  /// - Parameters:
  ///   - data: the training interactions, and what networks learn beside them.
  ///   - network: the network that may be tried; its GMF part starts from what the search finds.
  ///   - validation: what users are judged by.
  ///   - limits: time, trials and memory.
  ///   - k: the length of the lists that NDCG is of.
  ///   - seed: of everything drawn, and of the halves.
  ///   - pool: the threads; the choice is the same for any number.
  ///   - clock: seconds that never go back.
  ///   - report: hears of the trials; what it throws ends the search.
  package init(
    _ data: MethodTraining.Data, network: Method.Network, validation: Validation, limits: Limits,
    k: Int, seed: UInt64,
    pool: WorkerPool, clock: @escaping @Sendable () -> Double,
    report: @escaping (SearchEvent) throws -> Void = { _ in }
  ) {
    (self.data, self.network, self.limits) = (data, network, limits)
    (self.k, self.seed) = (k, seed)
    (self.pool, self.clock, self.report) = (pool, clock, report)
    let held = validation.users
    validatedUsers = held.count
    let chosen = Set(
      held.sorted { Self.hash($0, seed &+ 1) < Self.hash($1, seed &+ 1) }.prefix(Self.mostUsers))
    self.validation = validation.keeping(chosen)
    let judged = held.filter(chosen.contains)
    isOfA = judged.map { Self.hash($0, seed) & 1 == 0 }
    let ofA = Set(zip(judged, isOfA).filter(\.1).map(\.0))
    validationOfEpochs = CatalogueValidation(
      holdout: validation.keeping(ofA).items, known: data.log.positives,
      itemCount: data.log.itemCount, k: k, seed: seed, pool: pool)
    began = clock()
  }

  private static func hash(_ user: Int, _ seed: UInt64) -> UInt64 {
    mixed(UInt64(truncatingIfNeeded: user) &+ mixed(seed))
  }

  /// Climbs the ladder.
  ///
  /// - Returns: what was chosen; popularity where nothing can be judged.
  /// - Throws: what `report` throws.
  package func run() throws -> MethodChoice {
    var finalists: [Trial] = []
    func finish(_ rung: [Trial]) {
      if let best = rung.max(by: { $0.meanA < $1.meanA }) { finalists.append(best) }
    }
    let popular: [any BaselineOptions] = [
      ItemPopOptions(), RecentPopOptions(days: 30), RecentPopOptions(days: 7),
    ]
    finish(
      try measure(popular.filter { log.events != nil || $0 is ItemPopOptions }.map(Method.init)))
    if isOfA.count >= Self.fewestUsers {
      if log.events != nil { finish(try measure([Method(LastItemOptions())])) }
      finish(try neighbours())
      finish(try alternatingLeastSquares())
      finish(try autoencoders())
      finish(try networks(from: finalists))
    } else {
      skipped.append(
        "all others: \(isOfA.count) users have a validation interaction, "
          + "\(Self.fewestUsers) are needed")
    }
    return choice(among: finalists)
  }

  // MARK: - Rungs

  private func neighbours() throws -> [Trial] {
    try measure(
      [(100, 10), (100, 100), (400, 10)].map { neighbours, shrinkage in
        Method(KNNOptions(neighbours: neighbours, shrinkage: shrinkage))
      })
  }

  /// iALS over factors, regularisation and alpha: many settings with few factors and iterations, then
  /// the best of them with more.
  private func alternatingLeastSquares() throws -> [Trial] {
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
    for factors in [64, 128, 192, 320] where factors < log.itemCount {
      last += try measured(pairs, factors, 15)
    }
    return last.isEmpty ? middle + fine : last
  }

  private func autoencoders() throws -> [Trial] {
    let most = min(256, log.itemCount / 2)
    guard log.itemCount <= ShallowAutoencoder.mostItems, most > 0 else { return [] }
    return try measure(
      [100, 500, 20].map { Method(EASEOptions(factors: most, regularization: $0)) })
  }

  /// The network that starts from the best factorisation among the finalists, with and without dropout.
  private func networks(from finalists: [Trial]) throws -> [Trial] {
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

  /// A number of two significant digits, so that a setting reads well.
  private static func rounded(_ value: Float) -> Float {
    var scale: Float = 1
    while value * scale < 10 { scale *= 10 }
    return (value * scale).rounded() / scale
  }

  // MARK: - Trials

  /// Trains and judges some methods, as far as the limits allow.
  private func measure(_ methods: [Method]) throws -> [Trial] {
    var found: [Trial] = []
    for method in methods {
      let seeded = method.seeded(seed)
      if let known = trials.first(where: { $0.method == seeded }) {
        found.append(known)
      } else if let trial = try measure(seeded) {
        trials.append(trial)
        found.append(trial)
      }
    }
    return found
  }

  private func measure(_ method: Method) throws -> Trial? {
    let name = method.words
    if let reason = reasonToSkip(method) {
      skipped.append("\(name): \(reason)")
      try report(.skipped(name, reason: reason))
      return nil
    }
    try report(.began(name))
    let start = clock()
    var training = MethodTraining(data, pool: pool, clock: clock, observer: Observer(self, name))
    training.factorizations = factorizations
    let scorer: any Scorer
    do {
      scorer = try timed(method) ?? training.train(method).model.scorer(pool: pool)
    } catch let error as TrainingError {
      skipped.append("\(name): \(error)")
      return nil
    }
    if case .baseline(let setup) = method {
      pace[setup.baseline] = (clock() - start) / max(setup.options.work(on: log), 1)
    }
    let values = try ndcg(scorer, validation)
    let pairs = zip(values, isOfA)
    let trial = Trial(
      method: method, seconds: clock() - start, a: pairs.filter(\.1).map(\.0),
      b: pairs.filter { !$0.1 }.map(\.0))
    try report(.ended(name, ndcg: trial.meanA, seconds: trial.seconds))
    return trial
  }

  /// A method whose scores depend on when a user took the item up; nil for others.
  private func timed(_ method: Method) throws -> (any Scorer)? {
    guard let moments = validation.moments, case .baseline(let setup) = method,
      let options = setup.options as? RecentPopOptions
    else { return nil }
    return RecentPop(log, options: options, ends: moments)
  }

  /// NDCG over the whole catalogue of each user with a validation item, ascending.
  private func ndcg(_ scorer: any Scorer, _ validation: Validation) throws -> [Double] {
    HoldoutRanks.full(scorer, holdout: validation.items, leavingOut: log.positives, pool: pool)
      .missing(validation.missed).values(.ndcg, k: k)
  }

  private func reasonToSkip(_ method: Method) -> String? {
    // The popular list is always there to choose.
    if trials.isEmpty { return nil }
    if let most = limits.trials, trials.count >= most { return "no trial is left" }
    let left = limits.seconds - (clock() - began)
    if left <= 0 { return "no time is left" }
    guard case .baseline(let setup) = method else { return nil }
    let memory = setup.options.fittingMemory(log.sizes, threads: pool.threads)
    if let most = limits.memory, memory > most {
      return "it needs \(memory >> 20) MiB of memory, \(most >> 20) MiB are free"
    }
    let seconds = (pace[setup.baseline] ?? 0) * setup.options.work(on: log)
    if seconds > min(left, limits.seconds * Self.share) { return "it would take \(Int(seconds)) s" }
    return nil
  }

  /// Follows the training of one trial; a network's epochs are judged over the whole catalogue.
  private struct Observer: MethodObserver {
    private let search: MethodSearch
    private let name: String

    init(_ search: MethodSearch, _ name: String) { (self.search, self.name) = (search, name) }

    func validate(_ scorer: NeuralScorer) throws -> (hr: Double, ndcg: Double) {
      try search.validationOfEpochs.figures(scorer) { try search.report(.working(name)) }
    }

    func judge(_ baseline: FittedModel) -> (hr: Double, ndcg: Double)? { nil }

    func epochEnded(_ epoch: EpochRecord) {}

    func progressed(_ progress: StepProgress) throws { try search.report(.working(name)) }
  }

  // MARK: - The choice

  /// The simplest finalist within one standard error of the best one on half B, if it is better than the
  /// first one, popularity, by more than chance.
  private func choice(among finalists: [Trial]) -> MethodChoice {
    guard let best = finalists.max(by: { $0.meanB < $1.meanB }), let popular = finalists.first
    else {
      preconditionFailure("popularity is always measured")
    }
    let isBetter =
      PairedTest(best.b, popular.b).map { $0.firstIsBetter < Self.significance } ?? false
    let chosen =
      !isBetter
      ? popular
      : finalists.first { trial in
        // The difference in standard errors.
        PairedTest(best.b, trial.b).map { $0.t <= 1 } ?? false
      } ?? best
    return MethodChoice(
      method: chosen.method.seeded(0), ndcg: chosen.meanB, k: k, validatedUsers: validatedUsers,
      trials: trials.map {
        MethodChoice.Trial(
          settings: $0.method.words, ndcg: $0.meanA, ndcgOfOthers: $0.meanB, seconds: $0.seconds)
      },
      skipped: skipped, seconds: clock() - began, horizon: horizon,
      factorization: finalists.lazy.compactMap { trial in
        guard case .baseline(let setup) = trial.method, setup.baseline == .ials else { return nil }
        return setup.seeded(0)
      }.first)
  }
}

/// What a search tells while it goes on.
package enum SearchEvent: Sendable {
  /// A trial begins.
  case began(String)
  /// A pass of a trial is over.
  case working(String)
  /// A trial was judged.
  case ended(String, ndcg: Double, seconds: Double)
  /// A trial was left out.
  case skipped(String, reason: String)
}
