import Baselines
import Interactions
import NCF
package import Parallelism
import Ranking

/// Chooses the method and its settings that rank the validation interactions of a log best.
///
/// The ladder is a fixed sequence of trials: popularity in all and of late, what followed the last item,
/// neighbours, iALS over a grid by successive halving, the history block alone and beside the best iALS, EASE,
/// and a network that starts from the best factorisation. Time and memory decide only how far it goes. A trial is judged by NDCG over the whole catalogue. Users are divided in two by a hash: half A
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
  static let dropout: Float = 0.2
  /// How many networks are drawn at most.
  static let mostDraws = 100_000
  /// The share of the seconds that a single trial may take.
  private static let share = 0.2
  /// Interactions of the short fit that tells the speed.
  private static let fewInteractions = 50_000
  /// With fewer users to judge, nothing but popularity is tried.
  package static let fewestUsers = 100
  /// The probability below which a method counts as better than popularity.
  private static let significance = 0.05

  let network: Method.Network
  /// Users with a validation interaction, judged or not.
  private let validatedUsers: Int
  private let validation: Validation
  /// The whole log.
  private let whole: Ground
  /// Windows before a test by the clock, the latest first; none for another test.
  private let windows: [() -> (data: MethodTraining.Data, validation: Validation)]
  /// What trials learn and are judged by: the whole log, a sample of its users, or a window.
  private var ground: Ground
  private let limits: Limits
  private let k: Int
  let seed: UInt64
  private let pool: WorkerPool
  private let clock: @Sendable () -> Double
  private let report: (SearchEvent) throws -> Void
  private let began: Double
  /// Where finished trials are kept; nil where they are not.
  package var memory: (any SearchMemory)?
  /// Seconds of the trials that an earlier search had finished.
  private var recalledSeconds = 0.0
  /// Whether a search goes on after the ladder, with settings that are drawn at random.
  package var drawsOn = false
  /// How long before the newest event the test begins, of a split by the clock; recorded with the choice.
  package var horizon: UInt32?
  private var factorizations = FactorizationCache()
  /// The trials so far, in the order of the ladder.
  private var trials: [Trial] = []
  private var skipped: [String] = []
  /// Seconds for each unit of work, by baseline.
  private var pace: [Baseline: Double] = [:]

  var log: TrainingLog { ground.data.log }
  /// The highest mean NDCG of half A so far.
  var bestOfA: Double { trials.map(\.meanA).max() ?? 0 }
  /// Seconds that the ladder may take: some are left to measure the best methods in windows.
  private var ladderSeconds: Double { limits.seconds * (windows.isEmpty ? 1 : 0.6) }
  private var elapsed: Double { clock() - began + recalledSeconds }

  /// What trials learn, and whom they are judged by.
  private struct Ground {
    var data: MethodTraining.Data
    /// The sample of users is one in so many; 1 for all.
    var oneIn: Int
    var validation: Validation
    /// For each judged user, whether the user is of half A.
    var isOfA: [Bool]
    /// Users of half A whom the epochs of a network are judged by.
    var epochs: CatalogueValidation
    /// The window by the clock that users are judged in, from 1; 0 for their latest interactions.
    var window = 0

    init(
      _ data: MethodTraining.Data, oneIn: Int, _ validation: Validation, k: Int, seed: UInt64,
      pool: WorkerPool
    ) {
      (self.data, self.oneIn) = (data, oneIn)
      let held = validation.users
      let chosen = Set(
        held.sorted { hash($0, seed &+ 1) < hash($1, seed &+ 1) }.prefix(mostUsers))
      self.validation = validation.keeping(chosen)
      let judged = held.filter(chosen.contains)
      isOfA = judged.map { hash($0, seed) & 1 == 0 }
      let ofA = Set(zip(judged, isOfA).filter(\.1).map(\.0))
      epochs = CatalogueValidation(
        holdout: validation.keeping(ofA).items, known: data.log.positives,
        itemCount: data.log.itemCount, k: k, seed: seed, pool: pool)
    }
  }

  /// A trial and each user's NDCG.
  struct Trial {
    var method: Method
    var oneIn: Int
    var window: Int
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
  ///   - windows: for a test by the clock, what is learnt and judged in windows before it, the latest first: the
  ///     best methods are measured in them too.
  ///   - limits: time, trials and memory.
  ///   - k: the length of the lists that NDCG is of.
  ///   - seed: of everything drawn, and of the halves.
  ///   - pool: the threads; the choice is the same for any number.
  ///   - clock: seconds that never go back.
  ///   - report: hears of the trials; what it throws ends the search.
  package init(
    _ data: MethodTraining.Data, network: Method.Network, validation: Validation,
    windows: [() -> (data: MethodTraining.Data, validation: Validation)] = [], limits: Limits,
    k: Int, seed: UInt64, pool: WorkerPool, clock: @escaping @Sendable () -> Double,
    report: @escaping (SearchEvent) throws -> Void = { _ in }
  ) {
    (self.network, self.limits, self.validation) = (network, limits, validation)
    (self.k, self.seed) = (k, seed)
    (self.pool, self.clock, self.report) = (pool, clock, report)
    validatedUsers = validation.users.count
    whole = Ground(data, oneIn: 1, validation, k: k, seed: seed, pool: pool)
    ground = whole
    self.windows = windows
    began = clock()
  }

  private static func hash(_ user: Int, _ seed: UInt64) -> UInt64 {
    mixed(UInt64(truncatingIfNeeded: user) &+ mixed(seed))
  }

  /// Climbs the ladder.
  ///
  /// Where the log is too large for the time, trials learn a sample of the users, and the two best methods
  /// are fitted to all of them in the end. For a test by the clock the ladder is judged by the latest interactions
  /// before it, and the best of each method in the windows before it too.
  ///
  /// - Returns: what was chosen; popularity where nothing can be judged.
  /// - Throws: what `report` and `memory` throw.
  package func run() throws -> MethodChoice {
    try takeSample()
    var finalists = Self.best(5, of: try climb(), by: \.meanA)
    if ground.oneIn > 1 {
      ground = whole
      finalists = try Self.best(3, of: finalists, by: \.meanB).compactMap {
        try measure($0.method, isFinal: true)
      }
    }
    return choice(among: try inWindows(finalists))
  }

  /// The trials of the best methods, with those in windows by the clock.
  ///
  /// One window may be unlike the next, so that the best methods are measured in several. The first one is
  /// measured whatever the time is.
  private func inWindows(_ finalists: [Trial]) throws -> [[Trial]] {
    var measured = finalists.map { [$0] }
    for (place, window) in windows.enumerated() where place == 0 || elapsed <= limits.seconds {
      let (data, validation) = window()
      var next = Ground(data, oneIn: 1, validation, k: k, seed: seed, pool: pool)
      next.window = place + 1
      guard next.isOfA.count >= Self.fewestUsers else { break }
      (ground, factorizations) = (next, FactorizationCache())
      let trials = try finalists.compactMap { try measure($0.method, isFinal: true) }
      // A window counts where every method could be measured in it.
      guard trials.count == finalists.count else { continue }
      for index in trials.indices { measured[index].append(trials[index]) }
    }
    return measured
  }

  /// The first trial, which is of popularity, and the best of the others, in their order.
  private static func best(
    _ count: Int, of trials: [Trial], by value: (Trial) -> Double
  ) -> [Trial] {
    let order = trials.indices.dropFirst().sorted { value(trials[$0]) > value(trials[$1]) }
    let kept = Set(order.prefix(count - 1))
    return trials.indices.filter { $0 == 0 || kept.contains($0) }.map { trials[$0] }
  }

  /// The best trial of each rung.
  private func climb() throws -> [Trial] {
    var finalists: [Trial] = []
    func finish(_ rung: [Trial]) {
      if let best = rung.max(by: { $0.meanA < $1.meanA }) { finalists.append(best) }
    }
    let popular: [any BaselineOptions] = [
      ItemPopOptions(), RecentPopOptions(days: 30), RecentPopOptions(days: 7),
    ]
    finish(
      try measure(popular.filter { log.events != nil || $0 is ItemPopOptions }.map(Method.init)))
    guard ground.isOfA.count >= Self.fewestUsers else {
      skipped.append(
        "all others: \(ground.isOfA.count) users have a validation interaction, "
          + "\(Self.fewestUsers) are needed")
      return finalists
    }
    if log.events != nil { finish(try measure([Method(LastItemOptions())])) }
    finish(try neighbours())
    let factorizations = try alternatingLeastSquares()
    finish(factorizations)
    finish(try histories(beside: factorizations))
    finish(try autoencoders())
    let networks = try networks(from: finalists)
    finish(networks)
    if drawsOn { finish(try draws(around: networks)) }
    return finalists
  }

  /// Learns a sample of users from here on, where a fit to all would take too much of the time.
  private func takeSample() throws {
    let oneIn = try memory?.oneIn ?? sampleSize()
    memory?.oneIn = oneIn
    guard oneIn > 1 else { return }
    try report(.sampled(oneIn: oneIn))
    let kept = (0..<log.positives.userCount).map {
      Self.hash($0, seed &+ 3) % UInt64(oneIn) == 0
    }
    let users = Set(kept.indices.filter { kept[$0] })
    ground = Ground(
      MethodTraining.Data(log.keeping(kept), known: whole.data.known),
      oneIn: oneIn, validation.keeping(users), k: k, seed: seed, pool: pool)
  }

  /// One in how many users the trials can learn in the time.
  private func sampleSize() throws -> Int {
    guard limits.seconds.isFinite, log.positives.count > Self.fewInteractions else { return 1 }
    var probe = ALSOptions(factors: 64, regularization: 16, alpha: 4, iterations: 1)
    let users = log.positives.offsets.lastIndex { $0 <= Self.fewInteractions } ?? 0
    let some = TrainingLog(
      positives: UserItems(
        offsets: Array(log.positives.offsets[...users]),
        items: Array(log.positives.items[..<log.positives.offsets[users]])),
      itemCount: log.itemCount)
    let start = clock()
    _ = try probe.fit(some, pool: pool, report: { _ in })
    let pace = (clock() - start) / max(probe.work(on: some), 1)
    probe.iterations = 15
    var oneIn = 1
    while pace * probe.work(on: log) / Double(oneIn) > limits.seconds * Self.share { oneIn *= 2 }
    return oneIn
  }

  // MARK: - Trials

  /// Trains and judges some methods, as far as the limits allow.
  func measure(_ methods: [Method]) throws -> [Trial] {
    var found: [Trial] = []
    for method in methods {
      if let known = trials.first(where: { $0.method == method.seeded(0) }) {
        found.append(known)
      } else if let trial = try measure(method, isFinal: false) {
        found.append(trial)
      }
    }
    return found
  }

  /// Trains and judges a method, or recalls its trial.
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - isFinal: whether it is measured whatever the limits are.
  /// - Returns: nil where it was left out.
  /// - Throws: what `report` and `memory` throw.
  private func measure(_ method: Method, isFinal: Bool) throws -> Trial? {
    let name = method.words
    if !isFinal, let reason = reasonToSkip(method) {
      try skip(name, reason)
      return nil
    }
    let key = try FinishedTrial.key(
      method.seeded(0), oneIn: ground.oneIn, window: ground.window, seed: seed)
    let known = try memory?.trial(key).flatMap {
      $0.ranks.bytes.count == ground.isOfA.count ? $0 : nil
    }
    let finished: FinishedTrial
    if let known {
      recalledSeconds += known.seconds
      finished = known
    } else {
      try report(.began(name))
      do {
        finished = try trained(method, name, isFinal: isFinal)
      } catch let error as TrainingError {
        try skip(name, error.description)
        return nil
      } catch is OutOfTime {
        try skip(name, "no time was left to end it")
        return nil
      }
      try memory?.keep(finished, key: key)
    }
    if case .baseline(let setup) = method {
      pace[setup.baseline] = finished.fitSeconds / max(setup.options.work(on: log), 1)
    }
    let pairs = zip(finished.ranks.values(.ndcg, k: k), ground.isOfA)
    let trial = Trial(
      method: method.seeded(0), oneIn: ground.oneIn, window: ground.window,
      seconds: finished.seconds,
      a: pairs.filter(\.1).map(\.0), b: pairs.filter { !$0.1 }.map(\.0))
    trials.append(trial)
    try report(.ended(name, ndcg: trial.meanA, seconds: trial.seconds))
    return trial
  }

  private func skip(_ name: String, _ reason: String) throws {
    skipped.append("\(name): \(reason)")
    try report(.skipped(name, reason: reason))
  }

  /// Ends a trial when the time is over.
  private struct OutOfTime: Error {}

  private func trained(_ method: Method, _ name: String, isFinal: Bool) throws -> FinishedTrial {
    let start = clock()
    var training = MethodTraining(
      ground.data, pool: pool, clock: clock,
      observer: Observer(self, name, isBounded: !isFinal && !trials.isEmpty))
    training.factorizations = factorizations
    let scorer = try timed(method) ?? training.train(method.seeded(seed)).model.scorer(pool: pool)
    let fitSeconds = clock() - start
    let ranks = HoldoutRanks.full(
      scorer, holdout: ground.validation.items, leavingOut: log.positives, pool: pool
    ).missing(ground.validation.missed)
    return FinishedTrial(
      method: method.seeded(0), oneIn: ground.oneIn, seconds: clock() - start,
      fitSeconds: fitSeconds, ranks: PackedRanks(ranks))
  }

  /// A method whose scores depend on when a user took the item up; nil for others.
  private func timed(_ method: Method) throws -> (any Scorer)? {
    guard let moments = ground.validation.moments, case .baseline(let setup) = method,
      let options = setup.options as? RecentPopOptions
    else { return nil }
    return RecentPop(log, options: options, ends: moments)
  }

  func reasonToSkip(_ method: Method) -> String? {
    // The popular list is always there to choose.
    if trials.isEmpty { return nil }
    if let most = limits.trials, trials.count >= most { return "no trial is left" }
    let left = ladderSeconds - elapsed
    if left <= 0 { return "no time is left" }
    guard case .baseline(let setup) = method else { return nil }
    let memory = setup.options.fittingMemory(log.sizes, threads: pool.threads)
    if let most = limits.memory, memory > most {
      return "it needs \(memory >> 20) MiB of memory, \(most >> 20) MiB are free"
    }
    // Before the first trial of the history block, the speed of products is that of iALS.
    let own = pace[setup.baseline] ?? (setup.baseline == .history ? pace[.ials] : nil) ?? 0
    let seconds = own * setup.options.work(on: log)
    if seconds > min(left, limits.seconds * Self.share) { return "it would take \(Int(seconds)) s" }
    return nil
  }

  /// Follows the training of one trial; a network's epochs are judged over the whole catalogue.
  private struct Observer: MethodObserver {
    private let search: MethodSearch
    private let name: String
    /// Whether the trial ends with the time of the search.
    private let isBounded: Bool

    init(_ search: MethodSearch, _ name: String, isBounded: Bool) {
      (self.search, self.name, self.isBounded) = (search, name, isBounded)
    }

    func validate(_ scorer: NeuralScorer) throws -> (hr: Double, ndcg: Double) {
      try search.ground.epochs.figures(scorer) { try working() }
    }

    func judge(_ baseline: FittedModel) -> (hr: Double, ndcg: Double)? { nil }

    func validate(_ fitted: FittedBaseline) throws -> (hr: Double, ndcg: Double)? {
      let scorer = FittedModel.baseline(fitted).scorer(pool: search.pool)
      return try search.ground.epochs.figures(scorer, look: working)
    }

    func epochEnded(_ epoch: EpochRecord) {}

    func progressed(_ progress: StepProgress) throws { try working() }

    private func working() throws {
      try search.report(.working(name))
      if isBounded, search.elapsed > search.ladderSeconds { throw OutOfTime() }
    }
  }

  // MARK: - The choice

  /// NDCG of each finalist for the users of half B in all its validations, as shares of the best finalist's.
  ///
  /// Every user counts alike: a validation with more users counts more.
  private static func values(_ finalists: [[Trial]]) -> [[Double]] {
    let places = finalists.first?.indices ?? 0..<0
    let best = places.map { place in
      max(finalists.map { $0[place].meanB }.max() ?? 0, .leastNormalMagnitude)
    }
    return finalists.map { trials in
      places.flatMap { place in trials[place].b.map { $0 / best[place] } }
    }
  }

  /// The simplest finalist within one standard error of the best one on half B, if it is better than the
  /// first one, popularity, by more than chance.
  private func choice(among finalists: [[Trial]]) -> MethodChoice {
    let values = Self.values(finalists)
    let means = values.map { $0.reduce(0, +) / Double(max($0.count, 1)) }
    guard let best = means.indices.max(by: { means[$0] < means[$1] }) else {
      preconditionFailure("popularity is always measured")
    }
    let isBetter =
      PairedTest(values[best], values[0]).map { $0.firstIsBetter < Self.significance } ?? false
    let place =
      !isBetter
      ? 0
      : values.indices.first {
        // The difference in standard errors.
        PairedTest(values[best], values[$0]).map { $0.t <= 1 } ?? false
      } ?? best
    let chosen = finalists[place][0]
    return MethodChoice(
      method: chosen.method, ndcg: chosen.meanB, k: k, validatedUsers: validatedUsers,
      trials: trials.map {
        MethodChoice.Trial(
          settings: $0.method.words, oneIn: $0.oneIn, window: $0.window, ndcg: $0.meanA,
          ndcgOfOthers: $0.meanB,
          seconds: $0.seconds)
      },
      skipped: skipped, seconds: elapsed, horizon: horizon,
      factorization: finalists.lazy.compactMap { trials in
        guard case .baseline(let setup) = trials[0].method, setup.baseline == .ials else {
          return nil
        }
        return setup
      }.first)
  }
}
