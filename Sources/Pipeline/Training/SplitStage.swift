import Baselines
import Formatting
import FoundationEssentials
import Interactions
import Jobs
import Source

/// Stage 2: hold out what is tested.
///
/// In: the log, and for a fine-tune what is new in it. Out: by default per user the latest interaction for the
/// test, the second latest for validation, the rest for training; by the clock, everything before a moment for
/// training, each user's first new item from then on for the test, and for a full training the same one
/// horizon earlier for validation. Durable: nothing.
struct SplitStage {
  /// What the model that is gone on from does not know; nil trains from scratch.
  var news: News?

  /// Holds out each user's latest; what the parent has learnt is not held out.
  ///
  /// - Parameter pulled: the log.
  /// - Returns: the split.
  func run(_ pulled: Dataset) -> Divided {
    let split = HoldoutSplit(pulled.table, pulled.sequences, minimumInteractions: 3) { user, row in
      news?.isLearnt(user, row) ?? false
    }
    return Divided(dataset: pulled, split: split)
  }

  /// Splits by the clock, or holds out each user's latest.
  ///
  /// - Parameters:
  ///   - inputs: what was read, and the part of it that is trained on and tested.
  ///   - validates: whether epochs are chosen, as in a full training.
  /// - Returns: the split.
  func run(_ inputs: RunInputs, validates: Bool = true) -> Divided {
    guard let clock = inputs.clock else { return run(inputs.tested) }
    return Divided(
      inputs.tested, in: inputs.pulled, by: clock,
      rehearsal: validates ? Divided.Rehearsal(.validation(inputs.tested, clock)) : nil)
  }
}

/// A split with the lists that evaluation leaves out.
struct Divided {
  /// The log that is split.
  let dataset: Dataset
  /// Training positives and the two holdouts of each user.
  let split: HoldoutSplit
  /// Training and validation items: what is known before the test.
  let beforeTest: UserItems
  /// Everything that is known of each user, what is tested included.
  let history: UserItems
  /// The split by the clock; nil where each user's latest interactions are held out.
  var clock: ClockSplit?
  /// The same split one horizon earlier, whose test is the validation; nil where nothing is validated so.
  var rehearsal: Rehearsal?

  /// The split that validates by the clock.
  final class Rehearsal {
    /// It.
    let divided: Divided
    fileprivate init(_ divided: Divided) { self.divided = divided }
  }

  /// A split of a log by each user's latest interactions.
  init(dataset: Dataset, split: HoldoutSplit) {
    (self.dataset, self.split) = (dataset, split)
    (beforeTest, history) = (split.beforeTest, dataset.table.history)
  }

  /// A split by the clock.
  ///
  /// - Parameters:
  ///   - dataset: the log before the moment.
  ///   - whole: a longer log.
  ///   - clock: the moments.
  ///   - rehearsal: the split that validates; nil for none.
  fileprivate init(
    _ dataset: Dataset, in whole: Dataset, by clock: ClockSplit, rehearsal: Rehearsal? = nil
  ) {
    (self.dataset, self.clock, self.rehearsal) = (dataset, clock, rehearsal)
    let later = whole.laterItems(of: dataset, from: clock.cut)
    split = HoldoutSplit(dataset.table, later: later)
    let before = split.training
    beforeTest = before
    history = UserItems(
      lists: (0..<before.userCount).map { Array(before[$0] + later.known[$0]) })
  }

  /// The split whose test is the validation: one horizon before another.
  ///
  /// - Parameters:
  ///   - dataset: the log before the test.
  ///   - clock: the moments of the test.
  /// - Returns: the split.
  static func validation(_ dataset: Dataset, _ clock: ClockSplit) -> Divided {
    let earlier = clock.earlier
    return Divided(dataset.before(earlier.cut), in: dataset, by: earlier)
  }
}

extension Divided {
  /// What is trained on, as methods take it.
  ///
  /// - Parameter weighted: whether events have weights.
  /// - Returns: the log.
  func log(weighted: Bool) -> TrainingLog {
    dataset.log(split.training, weights: weighted ? split.trainingWeights : [])
  }

  /// Items that users had spoken against before the test; nil where nobody had.
  var negatives: KnownNegatives? {
    clock == nil ? dataset.negativesUpToLatest ?? dataset.negatives : dataset.negatives
  }

  /// When each user took a held-out item up, in seconds; 0 for none.
  func moments(of holdout: [Int32]) -> [UInt32] {
    holdout.indices.map { user in
      let table = dataset.table
      let rows = table.offsets[user]..<table.offsets[user + 1]
      return rows.first { Int32(table.items[$0]) == holdout[user] }.map { table.seconds[$0] } ?? 0
    }
  }
}

extension Dataset {
  /// Some interactions as methods learn them.
  ///
  /// - Parameters:
  ///   - positives: each user's items.
  ///   - weights: one for each; empty for 1.
  /// - Returns: the log.
  func log(_ positives: UserItems, weights: [Float]) -> TrainingLog {
    TrainingLog(
      positives: positives, weights: weights, itemCount: table.itemCount, events: sequences,
      end: UInt32(clamping: min(times.watermark, times.upper ?? .max) / 1_000_000))
  }
}

/// What `ncf.runs.holdout` holds.
struct SplitRecord: Encodable {
  private var split: Job.Evaluation.Split
  private var tested: Int
  private var tiedShare: Double?
  private var from: String?
  private var horizonSeconds: UInt32?
  private var unknownShare: Double?

  /// What was held out.
  init(_ divided: Divided) {
    let users = divided.split.testUsers
    tested = users.count
    func share(_ count: Int) -> Double { users.isEmpty ? 0 : Double(count) / Double(users.count) }
    guard let clock = divided.clock else {
      split = .latest
      let sequences = divided.dataset.sequences
      tiedShare = share(users.count { sequences.isLatestTied(of: Int($0)) })
      return
    }
    (split, horizonSeconds) = (.clock, clock.horizon)
    from = Date(timeIntervalSince1970: Double(clock.cut)).formatted(.iso8601)
    unknownShare = share(divided.split.missed.count)
  }

  /// As JSON.
  ///
  /// - Throws: `EncodingError`.
  func json() throws -> String { try JSONText.encode(self) }
}

extension Divided {
  /// What was held out, as it is recorded.
  var record: SplitRecord { SplitRecord(self) }
}
