private import CProcessor
import Interactions
import Lanes

/// What one step trains on: groups of a positive with its negatives, and which rows they touch.
///
/// Samples of a group are consecutive, the positive first. Each distinct user (item) of the batch has
/// a slot, with its groups (samples) chained in order, so that gradients of a row are always summed
/// in the same order and each row is updated once.
final class BatchPlan: @unchecked Sendable {
  /// Samples in a group.
  let groupSize: Int
  private(set) var groups = 0
  /// What the batch's random numbers follow from: a seed, and the first group's stream.
  private(set) var seed: UInt64 = 0
  private(set) var firstStream: UInt64 = 0

  /// One user for each group.
  let users: Buffer<UInt32>
  /// One item for each sample.
  let items: Buffer<UInt32>
  /// One weight for each sample; 0 where a user has no negatives to draw.
  let weights: Buffer<Float>
  let userRows: TouchedRows
  let itemRows: TouchedRows
  /// The features of these rows; nil where users, or items, have none.
  let userFeatures: FeatureTouches?
  let itemFeatures: FeatureTouches?

  /// The positive of each group, by its place in the log.
  private let interactions: Buffer<Int>
  private let tiling: Tiling
  private let memory = Memory()

  /// How many samples the batch has.
  var samples: Int { groups * groupSize }

  /// How many threads share the work of a batch.
  let parts: Int

  init(
    maximumGroups: Int, groupSize: Int, tiling: Tiling, parts: Int,
    userFeatures: FeatureRows? = nil, itemFeatures: FeatureRows? = nil
  ) {
    (self.groupSize, self.tiling, self.parts) = (groupSize, tiling, parts)
    interactions = memory.make(maximumGroups)
    users = memory.make(maximumGroups)
    items = memory.make(maximumGroups * groupSize)
    weights = memory.make(maximumGroups * groupSize)
    userRows = TouchedRows(capacity: maximumGroups)
    itemRows = TouchedRows(capacity: maximumGroups * groupSize)
    self.userFeatures = userFeatures.map { FeatureTouches($0, references: maximumGroups) }
    self.itemFeatures = itemFeatures.map {
      FeatureTouches($0, references: maximumGroups * groupSize)
    }
  }

  /// The first of the groups that a part's thread runs; the number of groups for the part after the last.
  func firstGroup(ofPart part: Int) -> Int {
    tiling.firstGroup(ofShard: firstShard(ofPart: part), groups: groups)
  }

  /// The first of the shards that a part's thread runs; the number of shards for the part after the last.
  func firstShard(ofPart part: Int) -> Int { tiling.shards(ofGroups: groups) * part / parts }

  /// Fills the plan with the positives at some positions of an epoch, and draws their negatives.
  ///
  /// It goes over the groups three times, each time asking the caches for what the next one reads: in
  /// a large log every positive and every user's list lies somewhere else.
  func prepare(positions: Range<Int>, of source: EpochSource) {
    groups = positions.count
    seed = source.seed
    firstStream = source.stream &+ UInt64(positions.lowerBound)
    let positives = source.positives
    unsafe positives.items.withUnsafeBufferPointer { list in
      for (group, position) in positions.enumerated() {
        let interaction = source.order[position]
        interactions[group] = interaction
        source.owners.prefetch(interaction)
        unsafe list.prefetch(interaction..<interaction + 1)
      }
      for group in 0..<groups {
        let user = source.owners.user(of: interactions[group])
        users[group] = UInt32(truncatingIfNeeded: user)
        items[group * groupSize] = unsafe list[interactions[group]]
        unsafe list.prefetch(positives.range(of: user))
      }
    }
    // The rule is looked up once a batch, not once a draw.
    switch source.sampler {
    case .uniform(let sampler):
      drawNegatives(positions, source) { sampler.draw(user: $0, random: &$1) }
    case .popularity(let sampler):
      drawNegatives(positions, source) { sampler.draw(user: $0, random: &$1) }
    }
    userRows.collect(users, count: groups)
    itemRows.collect(items, count: samples)
    userRows.findShared(parts: parts) { [self] in firstGroup(ofPart: $0) }
    itemRows.findShared(parts: parts) { [self] in firstGroup(ofPart: $0) * groupSize }
    userFeatures?.collect(userRows, of: self)
    itemFeatures?.collect(itemRows, of: self)
  }

  @inline(__always)
  private func drawNegatives(
    _ positions: Range<Int>, _ source: EpochSource,
    _ draw: (_ user: Int, _ random: inout CounterRandom) -> UInt32?
  ) {
    for (group, position) in positions.enumerated() {
      let first = group * groupSize
      weights[first] = source.weights.isEmpty ? 1 : source.weights[interactions[group]]
      var random = CounterRandom(seed: source.seed, stream: source.stream &+ UInt64(position))
      for sample in first + 1..<first + groupSize {
        if let known = source.drawKnown(of: Int(users[group]), random: &random) {
          items[sample] = known.item
          weights[sample] = known.weight
        } else if let negative = draw(Int(users[group]), &random) {
          items[sample] = negative
          weights[sample] = 1
        } else {
          // The user has everything: the place is kept and counts for nothing.
          items[sample] = items[first]
          weights[sample] = 0
        }
      }
    }
  }
}

extension UnsafeBufferPointer<UInt32> {
  /// Asks the caches for some elements, a long range for its first kilobyte.
  @inline(__always)
  fileprivate func prefetch(_ range: Range<Int>) {
    guard let baseAddress else { return }
    let end = Swift.min(range.upperBound, range.lowerBound + 256)
    for position in stride(from: range.lowerBound, to: end, by: 16) {
      unsafe processor_prefetch(baseAddress + position)
    }
  }
}

/// Where an epoch's samples come from; the same for every thread.
struct EpochSource: Sendable {
  let sampler: NegativeSampler
  let positives: UserItems
  /// One for each positive, or none: all 1.
  let weights: [Float]
  /// What users have spoken against; nil when nobody has.
  let known: KnownNegatives?
  /// Negatives of a positive.
  let negatives: Int
  let owners: InteractionOwners
  let order: EpochOrder
  let seed: UInt64
  /// The first of the epoch's random streams; each position has one.
  let stream: UInt64

  init(
    sampler: NegativeSampler, positives: UserItems, weights: [Float], known: KnownNegatives? = nil,
    negatives: Int = 0, owners: InteractionOwners, seed: UInt64, epoch: Int
  ) {
    (self.sampler, self.positives, self.weights, self.known) = (sampler, positives, weights, known)
    (self.negatives, self.owners, self.seed) = (negatives, owners, seed)
    order = EpochOrder(count: positives.count, seed: seed, epoch: epoch)
    stream = UInt64(epoch + 1) << 40
  }

  /// Draws one of the user's known negatives, or nil when another item is to be drawn.
  ///
  /// Over an epoch each of them comes once on average, as each positive does, if there are places for
  /// all of them. A user without any takes no random number, so nothing changes for others.
  @inline(__always)
  func drawKnown(of user: Int, random: inout CounterRandom) -> (item: UInt32, weight: Float)? {
    guard let known else { return nil }
    let own = known.items.range(of: user)
    if own.isEmpty { return nil }
    let places = max(positives.range(of: user).count * negatives, own.count)
    let drawn = random.uniform(below: places)
    guard drawn < own.count else { return nil }
    let place = own.lowerBound + drawn
    return (known.items.items[place], known.weights[place])
  }
}

/// Finds the user of an interaction by its place, without a column of users.
///
/// It keeps one user for every 64 interactions and walks on from there.
struct InteractionOwners: Sendable {
  private let offsets: [Int]
  private let firsts: [UInt32]

  init(_ positives: UserItems) {
    offsets = positives.offsets
    var firsts: [UInt32] = []
    firsts.reserveCapacity(positives.count / 64 + 1)
    var user = 0
    for interaction in stride(from: 0, to: positives.count, by: 64) {
      while positives.offsets[user + 1] <= interaction { user += 1 }
      firsts.append(UInt32(truncatingIfNeeded: user))
    }
    self.firsts = firsts
  }

  /// Asks the caches for where the search for an interaction's user begins.
  @inline(__always)
  func prefetch(_ interaction: Int) {
    unsafe firsts.withUnsafeBufferPointer { list in
      if let base = list.baseAddress { unsafe processor_prefetch(base + (interaction >> 6)) }
    }
  }

  /// The user of an interaction.
  @inline(__always)
  func user(of interaction: Int) -> Int {
    var user = Int(firsts[interaction >> 6])
    while offsets[user + 1] <= interaction { user += 1 }
    return user
  }
}

/// The distinct rows among a batch's references to a table, each with the chain of who refers to it.
final class TouchedRows: @unchecked Sendable {
  private(set) var count = 0
  /// The row of each slot, in the order of first reference.
  let rows: Buffer<UInt32>
  /// The first reference to each slot's row.
  let first: Buffer<Int32>
  /// The next reference to the same row; -1 at the end.
  let next: Buffer<Int32>

  /// The last reference to each slot's row.
  private let last: Buffer<Int32>
  /// Slots whose rows more than one part refers to, in order.
  let shared: Buffer<Int32>
  private(set) var sharedCount = 0
  /// A hash table from row + 1 to slot; 0 is empty.
  private let keys: Buffer<UInt32>
  private let slots: Buffer<Int32>
  private let mask: Int
  private let memory = Memory()

  init(capacity: Int) {
    var size = 16
    while size < 2 * capacity { size *= 2 }
    mask = size - 1
    rows = memory.make(capacity)
    keys = memory.make(size)
    first = memory.make(capacity)
    next = memory.make(capacity)
    last = memory.make(capacity)
    shared = memory.make(capacity)
    slots = memory.make(size)
  }

  /// Chains the first so many references by the row that each names.
  func collect(_ references: Buffer<UInt32>, count referenceCount: Int) {
    keys.clear(count: mask + 1)
    var used = 0
    for reference in 0..<referenceCount {
      let row = references[reference]
      let link = Int32(truncatingIfNeeded: reference)
      next[reference] = -1
      var place = Int(truncatingIfNeeded: (row &* 0x9E37_79B1) >> 8) & mask
      while true {
        let key = keys[place]
        if key == row &+ 1 {
          let slot = Int(slots[place])
          next[Int(last[slot])] = link
          last[slot] = link
          break
        }
        if key == 0 {
          keys[place] = row &+ 1
          slots[place] = Int32(truncatingIfNeeded: used)
          rows[used] = row
          first[used] = link
          last[used] = link
          used += 1
          break
        }
        place = (place + 1) & mask
      }
    }
    count = used
  }

  /// Finds the rows that more than one part refers to; `firstReference` tells where a part begins.
  func findShared(parts: Int, firstReference: (Int) -> Int) {
    sharedCount = 0
    if parts == 1 { return }
    var part = 0
    var end = firstReference(1)
    for slot in 0..<count {
      while Int(first[slot]) >= end {
        part += 1
        end = firstReference(part + 1)
      }
      if Int(last[slot]) >= end {
        shared[sharedCount] = Int32(truncatingIfNeeded: slot)
        sharedCount += 1
      }
    }
  }

  /// The slots whose rows are first referred to in a range of references: slots are in that order.
  func slots(firstIn references: Range<Int>) -> Range<Int> {
    slot(from: references.lowerBound)..<slot(from: references.upperBound)
  }

  /// Whether a slot's row is referred to before a reference only.
  @inline(__always)
  func ends(_ slot: Int, before reference: Int) -> Bool { Int(last[slot]) < reference }

  /// The first slot whose row is first referred to at a reference or later.
  private func slot(from reference: Int) -> Int {
    lowerBound(in: 0..<count) { Int(first[$0]) < reference }
  }
}
