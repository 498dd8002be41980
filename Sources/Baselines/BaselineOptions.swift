package import Interactions
package import Parallelism
package import Settings

/// Settings of a baseline, and all that a job needs to know of it.
package protocol BaselineOptions: NumericSettings, Codable, Equatable, Sendable {
  /// The baseline's name in tables.
  static var title: String { get }

  /// What everything drawn at random follows from; without effect where nothing is drawn.
  var seed: UInt64 { get set }
  /// Passes over the log; 1 where there are none.
  var passes: Int { get set }
  /// The form of what it learns.
  var form: BaselineForm { get }
  /// Whether what it learns of a log is kept for other methods that are made of it.
  var isKept: Bool { get }

  /// Learns from interactions.
  ///
  /// - Parameters:
  ///   - log: the training interactions.
  ///   - pool: the threads; the result is the same for any number.
  ///   - report: called after each pass, counted from 1; throws to stop.
  /// - Returns: what was learnt, of the form `form`.
  /// - Throws: `FactorizationError` where the method can't work on the log; what `report` throws.
  func fit(
    _ log: TrainingLog, pool: WorkerPool, report: (_ pass: Int) throws -> Void
  ) throws -> FittedBaseline

  /// Learns from interactions, with what is known beside them.
  ///
  /// - Parameters:
  ///   - log: the training interactions.
  ///   - pool: the threads; the result is the same for any number.
  ///   - guide: what validation says, and what an earlier fit has learnt.
  ///   - report: called after each pass, counted from 1; throws to stop.
  /// - Returns: what was learnt, of the form `form`.
  /// - Throws: as the other form does; what the guide throws.
  func fit(
    _ log: TrainingLog, pool: WorkerPool, guide: FitGuide, report: (_ pass: Int) throws -> Void
  ) throws -> FittedBaseline

  /// The work of fitting a log, in a unit of the method's own.
  func work(on log: TrainingLog) -> Double

  /// The work for each interaction, roughly, in multiply-adds.
  var cost: Double { get }

  /// Bytes that fitting takes at its fullest, beside the log and the result.
  func fittingMemory(_ sizes: LogSizes, threads: Int) -> Int
}

extension BaselineOptions {
  /// Needs no guide, unless a baseline says otherwise.
  package func fit(
    _ log: TrainingLog, pool: WorkerPool, guide: FitGuide, report: (_ pass: Int) throws -> Void
  ) throws -> FittedBaseline {
    try fit(log, pool: pool, report: report)
  }

  /// Nothing is drawn, unless a baseline says otherwise.
  package var seed: UInt64 {
    get { 0 }
    set {}
  }

  /// Nothing is made of it, unless a baseline says otherwise.
  package var isKept: Bool { false }

  /// One pass, unless a baseline says otherwise.
  package var passes: Int {
    get { 1 }
    set {}
  }

  /// The same with a seed.
  package func seeded(_ seed: UInt64) -> Self {
    var seeded = self
    seeded.seed = seed
    return seeded
  }
}

/// The interactions that a baseline learns from.
package struct TrainingLog: Sendable {
  /// Each user's training interactions.
  package let positives: UserItems
  /// One weight for each positive, in their order; empty for 1.
  package let weights: [Float]
  /// The size of the catalogue; every positive is below it.
  package let itemCount: Int
  /// The events that the positives are of, among others; nil where times are not known.
  package let events: UserSequences?
  /// The moment that the log is known up to, in seconds since 1970 UTC; 0 where times are not known.
  package let end: UInt32

  /// Creates a value from its parts.
  package init(
    positives: UserItems, weights: [Float] = [], itemCount: Int, events: UserSequences? = nil,
    end: UInt32 = 0
  ) {
    (self.positives, self.weights, self.itemCount) = (positives, weights, itemCount)
    (self.events, self.end) = (events, end)
  }

  /// The sizes of the log.
  package var sizes: LogSizes {
    LogSizes(
      interactions: positives.count, users: positives.userCount, items: itemCount)
  }
}

/// The sizes of a log.
package struct LogSizes: Sendable {
  /// Interactions, one for each user and item.
  package let interactions: Int
  /// Users.
  package let users: Int
  /// Items.
  package let items: Int

  /// Creates a value from its parts.
  package init(interactions: Int, users: Int, items: Int) {
    (self.interactions, self.users, self.items) = (interactions, users, items)
  }

  /// Bytes of the interactions of each item, which the log has by user, with a count and a weight.
  var bytesByItem: Int { 12 * interactions + 8 * (users + items) }
}

/// The form of what a baseline learns.
package enum BaselineForm: Sendable, Equatable {
  /// Vectors of users and items of so many numbers, biases among them.
  case factors(width: Int)
  /// Neighbours of items, at most so many for each.
  case neighbours(perItem: Int)
}

/// What a baseline has learnt.
package enum FittedBaseline: Sendable {
  /// Vectors of users and items.
  case factors(MatrixFactors)
  /// Neighbours of items.
  case neighbours(ItemKNN)
  /// A history block, whose factors follow from what users did.
  case history(FittedHistory)
}
