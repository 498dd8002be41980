package import Interactions
package import Parallelism
package import Settings

/// A way to factorise a log.
package protocol Factorization {
  /// Its settings.
  associatedtype Options

  /// Factorises.
  ///
  /// - Parameters:
  ///   - positives: each user's training interactions.
  ///   - weights: one for each positive, in their order; empty for 1.
  ///   - itemCount: the size of the catalogue; every positive is below it.
  ///   - options: its settings.
  ///   - pool: the threads; the result is the same for any number.
  ///   - report: called after each iteration, counted from 1; throws to stop.
  /// - Returns: vectors, and the biases that the method has.
  /// - Throws: `FactorizationError` where the method can't work on the log; what `report` throws.
  static func train(
    positives: UserItems, weights: [Float], itemCount: Int, options: Options, pool: WorkerPool,
    report: (_ iteration: Int) throws -> Void
  ) throws -> MatrixFactors
}

/// Settings of a matrix factorisation: what its users need to know of any.
package protocol FactorizationOptions: BaselineOptions {
  /// What they are settings of.
  associatedtype Solver: Factorization where Solver.Options == Self

  /// Numbers in a user's and in an item's vector, without biases.
  var factors: Int { get set }
  /// How often everything is passed over.
  var iterations: Int { get set }
  /// Whether it learns biases of users or items beside the vectors.
  static var hasBiases: Bool { get }
  /// Whether the GMF part of a network may start from it.
  static var startsNetworks: Bool { get }

  /// How much work all iterations are, in a unit of the method's own.
  ///
  /// - Parameters:
  ///   - interactions: how many positives.
  ///   - users: how many.
  ///   - items: how many.
  /// - Returns: 0 or more.
  func work(interactions: Double, users: Double, items: Double) -> Double

  /// How many bytes it takes at its fullest, beside the log and the factors.
  ///
  /// - Parameters:
  ///   - users: how many.
  ///   - items: how many.
  ///   - threads: of the pool.
  /// - Returns: 0 or more.
  func workingMemory(users: Int, items: Int, threads: Int) -> Int
}

extension FactorizationOptions {
  /// No biases, unless a factorisation says otherwise.
  package static var hasBiases: Bool { false }

  /// Networks may start from it, and a history block may stand beside it.
  package var isKept: Bool { true }

  /// Networks may start from it, unless a factorisation says otherwise.
  package static var startsNetworks: Bool { true }

  /// Its iterations.
  package var passes: Int {
    get { iterations }
    set { iterations = newValue }
  }

  /// Vectors with their biases.
  package var form: BaselineForm { .factors(width: width) }

  /// Factorises.
  package func fit(
    _ log: TrainingLog, pool: WorkerPool, report: (_ pass: Int) throws -> Void
  ) throws -> FittedBaseline {
    .factors(
      try factorize(
        log.positives, weights: log.weights, itemCount: log.itemCount, pool: pool, report: report))
  }

  /// As the sizes of the log say.
  package func work(on log: TrainingLog) -> Double {
    let sizes = log.sizes
    return work(
      interactions: Double(sizes.interactions), users: Double(sizes.users),
      items: Double(sizes.items))
  }

  /// Factors, the interactions by item, and what the method needs beside them.
  package func fittingMemory(_ sizes: LogSizes, threads: Int) -> Int {
    4 * (sizes.users + sizes.items) * width + sizes.bytesByItem
      + workingMemory(users: sizes.users, items: sizes.items, threads: threads)
  }

  /// One operation an interaction and iteration, unless a factorisation says otherwise.
  ///
  /// - Parameters:
  ///   - interactions: how many there are.
  ///   - users: how many there are.
  ///   - items: how many there are.
  /// - Returns: numbers that grow as the time does.
  package func work(interactions: Double, users: Double, items: Double) -> Double {
    Double(iterations) * interactions
  }

  /// The number of factors as a setting: with two for biases a GMF can hold them.
  static var factorsSetting: Setting<Self> { Setting("factors", \.factors, .from(1, to: 4_094)) }

  /// The number of iterations as a setting.
  static var iterationsSetting: Setting<Self> {
    Setting("iterations", \.iterations, .from(1, to: 100_000))
  }

  /// How wide a GMF is that holds the factors: biases are two more of them.
  package var width: Int { factors + (Self.hasBiases ? 2 : 0) }

  /// Per thread the normal equations of one row.
  package func workingMemory(users: Int, items: Int, threads: Int) -> Int {
    4 * width * width * (1 + 2 * threads)
  }

  /// Factorises with these settings, as `Solver` does.
  ///
  /// - Parameters:
  ///   - positives: each user's training interactions.
  ///   - weights: one for each positive, in their order; empty for 1.
  ///   - itemCount: the size of the catalogue; every positive is below it.
  ///   - pool: the threads; the result is the same for any number.
  ///   - report: called after each iteration, counted from 1; throws to stop.
  /// - Returns: vectors, with biases where `hasBiases`.
  /// - Throws: what `Solver` throws.
  package func factorize(
    _ positives: UserItems, weights: [Float], itemCount: Int, pool: WorkerPool,
    report: (_ iteration: Int) throws -> Void
  ) throws -> MatrixFactors {
    try Solver.train(
      positives: positives, weights: weights, itemCount: itemCount, options: self, pool: pool,
      report: report)
  }
}

extension Collection where Element == any FactorizationOptions {
  /// How wide a GMF is that holds all of them side by side: they share the two factors of biases.
  package var width: Int {
    reduce(0) { $0 + $1.factors } + (map { $0.width - $0.factors }.max() ?? 0)
  }
}

extension ALSOptions: FactorizationOptions {
  /// Its numbers.
  package static var settings: [Setting<ALSOptions>] {
    [
      factorsSetting, Setting("regularization", \.regularization, .aboveZero),
      Setting("alpha", \.alpha, .aboveZero), iterationsSetting,
    ]
  }

  /// Its method.
  package typealias Solver = ImplicitALS

  /// Its name in tables.
  package static var title: String { "iALS" }

  /// A product of a row with itself.
  package var cost: Double { Double(iterations * factors * factors) }

  /// What each user and item is solved for with, in multiply-adds.
  package func work(on log: TrainingLog) -> Double {
    let byUser = (0..<log.positives.userCount).map { log.positives.range(of: $0).count }
    var byItem = [Int](repeating: 0, count: log.itemCount)
    for item in log.positives.items { byItem[Int(item)] += 1 }
    return Double(iterations)
      * (byUser + byItem).reduce(0) { sum, entries in
        sum + (entries == 0 ? 0 : solvingWork(entries))
      }
  }

  /// A system in the factors, or in the entries where they are fewer than half as many.
  private func solvingWork(_ entries: Int) -> Double {
    let (width, length) = (Double(factors), Double(entries))
    return entries * 2 <= factors && alpha > 1
      ? length * length * (width + length / 3) + 2 * width * width
      : (length + width / 3) * width * width
  }

  /// Per thread the normal equations of some rows; where rows are short, transformed vectors of both sides.
  package func workingMemory(users: Int, items: Int, threads: Int) -> Int {
    4 * width * (width * (1 + 10 * threads) + (alpha > 1 ? users + items : 0))
  }
}

extension EALSOptions: FactorizationOptions {
  /// Its numbers.
  package static var settings: [Setting<EALSOptions>] {
    [
      factorsSetting, Setting("regularization", \.regularization, .from(0)),
      Setting("missing_weight", \.missingWeight, .aboveZero),
      Setting("popularity_power", \.popularityPower, .from(0, to: 1)), iterationsSetting,
    ]
  }

  /// Its method.
  package typealias Solver = ElementwiseALS

  /// Its name in tables.
  package static var title: String { "eALS" }

  /// Networks start from iALS, which fits the same loss.
  package static var startsNetworks: Bool { false }

  /// Every number of two rows.
  package var cost: Double { Double(iterations * factors * 40) }

  /// Every number of a row once for each interaction, and against all others of the row.
  package func work(interactions: Double, users: Double, items: Double) -> Double {
    let width = Double(factors)
    return Double(iterations) * (interactions * width + (users + items) * width * width)
  }
}

extension EASEOptions: FactorizationOptions {
  /// Its numbers.
  package static var settings: [Setting<EASEOptions>] {
    [
      factorsSetting, Setting("regularization", \.regularization, .aboveZero), iterationsSetting,
    ]
  }

  /// Its method.
  package typealias Solver = ShallowAutoencoder

  /// Its name in tables.
  package static var title: String { "EASE" }

  /// An inversion, by the mean, and the products of each iteration.
  package var cost: Double { Double(50_000 + iterations * factors * 100) }

  /// An inversion of the items' matrix, and two products with it and two with the log an iteration.
  package func work(interactions: Double, users: Double, items: Double) -> Double {
    let width = Double(min(factors + ShallowAutoencoder.oversampling, Int(items)))
    return items * items * items
      + Double(iterations) * (4 * items * items + 4 * interactions + items * width) * width
  }

  /// A number for each pair of items, a row of the basis for each user, and some for each item.
  package func workingMemory(users: Int, items: Int, threads: Int) -> Int {
    let rank = min(factors + ShallowAutoencoder.oversampling, items)
    return 4 * (items * items + rank * (users + 5 * items + 3 * rank))
  }
}

extension BPROptions: FactorizationOptions {
  /// Its numbers.
  package static var settings: [Setting<BPROptions>] {
    [
      factorsSetting, Setting("regularization", \.regularization, .from(0)),
      Setting("learning_rate", \.learningRate, .aboveZero), iterationsSetting,
    ]
  }

  /// Its method.
  package typealias Solver = BPRFactorization

  /// Its name in tables.
  package static var title: String { "BPR" }

  /// A step on three rows.
  package var cost: Double { Double(iterations * factors * 20) }

  /// Of items.
  package static var hasBiases: Bool { true }
}

extension MFOptions: FactorizationOptions, DrawsNegatives {
  /// Its numbers.
  package static var settings: [Setting<MFOptions>] {
    [
      factorsSetting, Setting("regularization", \.regularization, .from(0)),
      Setting("learning_rate", \.learningRate, .aboveZero), negativesSetting, iterationsSetting,
    ]
  }

  /// Its method.
  package typealias Solver = LogLossFactorization

  /// Its name in tables.
  package static var title: String { "MF" }

  /// A step on two rows for each sample.
  package var cost: Double { Double(iterations * groupSize * (factors * 10 + 100)) }

  /// Of users and items.
  package static var hasBiases: Bool { true }
}
