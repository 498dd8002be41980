package import Interactions
import Parallelism
import Ranking

/// The log that trials train on, and how they are judged.
package struct ExperimentData: Sendable {
  /// Test candidates that a file gives.
  package struct GivenCandidates: Sendable {
    /// Each user's candidates.
    package let candidates: UserItems
    /// Whether each user has candidates; the others are not tested by the sampled protocol.
    package let hasLine: [Bool]

    /// Creates a value from its parts.
    package init(candidates: UserItems, hasLine: [Bool]) {
      (self.candidates, self.hasLine) = (candidates, hasLine)
    }
  }

  /// Interactions, one for each user and item.
  package let table: InteractionTable
  /// Their events, each user's in order of time.
  package let sequences: UserSequences
  /// Whether their weights count in training.
  package let isWeighted: Bool
  /// What users have spoken against, which networks learn from; nil when nobody has.
  package let known: KnownNegatives?
  /// Content features that networks learn; nil for none.
  package let features: ContentFeatures?
  /// Candidates of the test items; nil when they are drawn.
  package let given: GivenCandidates?
  /// How many candidates are drawn.
  package let sampled: Int
  /// The list length that choices look at; metrics go from 1 to it.
  package let k: Int

  /// Creates a value from its parts.
  ///
  /// - Parameters:
  ///   - table: interactions.
  ///   - sequences: their events in order of time.
  ///   - isWeighted: whether weights count in training.
  ///   - known: what users have spoken against, by the table's indices.
  ///   - features: of the table's users and items.
  ///   - given: test candidates from a file.
  ///   - sampled: how many candidates are drawn otherwise, and for validation.
  ///   - k: 1 to 254.
  package init(
    table: InteractionTable, sequences: UserSequences, isWeighted: Bool = false,
    known: KnownNegatives? = nil, features: ContentFeatures? = nil,
    given: GivenCandidates? = nil, sampled: Int = 99, k: Int = 10
  ) {
    (self.table, self.sequences, self.isWeighted) = (table, sequences, isWeighted)
    (self.known, self.features, self.given) = (known, features, given)
    (self.sampled, self.k) = (sampled, k)
  }

  /// How many users have a test item.
  package var testedUsers: Int {
    (0..<table.userCount).count { table.offsets[$0 + 1] - table.offsets[$0] >= 3 }
  }

  /// The paper's figures, where the log has the size of one of its data sets.
  package var published: Published? {
    Published(users: table.userCount, items: table.itemCount)
  }

  /// A text that is the same for the same log, judged in the same way, and hardly for another one.
  package var fingerprint: String {
    var hash = Fingerprint()
    hash.add(table.offsets.count)
    hash.add(table.itemCount)
    for offset in table.offsets { hash.add(offset) }
    for row in table.items.indices {
      hash.add(Int(table.items[row]) << 32 | Int(table.seconds[row]))
      if isWeighted { hash.add(Int(table.weights[row].bitPattern)) }
    }
    for item in sequences.items { hash.add(Int(item)) }
    if let known {
      for number in known.items.offsets + known.items.items.map(Int.init) { hash.add(number) }
      for weight in known.weights { hash.add(Int(weight.bitPattern)) }
    }
    for lists in features.map({ [$0.users, $0.items] }) ?? [] {
      for number in lists.offsets + lists.features.map(Int.init) { hash.add(number) }
      for weight in lists.weights { hash.add(Int(weight.bitPattern)) }
    }
    hash.add(sampled)
    hash.add(k)
    if let given {
      for offset in given.candidates.offsets { hash.add(offset) }
      for item in given.candidates.items { hash.add(Int(item)) }
      for line in given.hasLine { hash.add(line ? 1 : 0) }
    }
    return "\(table.userCount) users, \(table.itemCount) items, \(table.count) interactions, "
      + hash.text
  }
}

/// Two 64-bit hashes of a sequence of numbers, for telling logs apart, not for secrets.
private struct Fingerprint {
  private var first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var second: UInt64 = 0xD1B5_4A32_D192_ED03

  mutating func add(_ value: Int) {
    let bits = UInt64(bitPattern: Int64(value))
    first = mixed(first ^ bits)
    second = mixed(second &+ bits &* 0xA076_1D64_78BD_642F)
  }

  var text: String {
    [first, second].map { value in
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

/// One seed's division of the log, with the lists that held-out items are ranked among.
struct DividedData {
  let split: HoldoutSplit
  /// Weights of the training items; empty where weights don't count.
  let trainingWeights: [Float]
  /// Training and validation items, with weights likewise.
  let beforeTest: UserItems
  let beforeTestWeights: [Float]
  let validationCandidates: UserItems
  let testCandidates: UserItems
  /// The test items of users who have candidates.
  let sampledTest: [Int32]

  /// Divides the log with a seed: a random validation item a user, the latest as test item.
  init(_ data: ExperimentData, seed: UInt64, pool: WorkerPool) {
    let split = HoldoutSplit(data.table, data.sequences, randomValidation: seed)
    self.split = split
    let before = HoldoutSplit(data.table, minimumInteractions: 3) { user, rows in
      (test: rows.first { Int32(data.table.items[$0]) == split.test[user] } ?? -1, validation: -1)
    }
    beforeTest = before.training
    (trainingWeights, beforeTestWeights) =
      data.isWeighted ? (split.trainingWeights, before.trainingWeights) : ([], [])
    validationCandidates = Candidates.drawn(
      data.sampled, users: split.testUsers, outside: before.training,
      itemCount: data.table.itemCount,
      seed: seed &+ 1, pool: pool)
    if let given = data.given {
      testCandidates = given.candidates
      sampledTest = split.test.indices.map { given.hasLine[$0] ? split.test[$0] : -1 }
    } else {
      testCandidates = Candidates.drawn(
        data.sampled, users: split.testUsers, outside: data.table.history,
        itemCount: data.table.itemCount, seed: seed &+ 2, pool: pool)
      sampledTest = split.test
    }
  }
}
