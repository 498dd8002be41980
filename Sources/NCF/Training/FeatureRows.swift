import Interactions
import Lanes

/// The content features of one side, users or items, while a model trains.
///
/// In a step a row's own part may be left out, so that its features learn to stand alone, as they have
/// to for whoever has no own part; who is left out follows from the batch and the row.
final class FeatureRows: @unchecked Sendable {
  /// The features' parameters.
  let table: ParameterStore.Table
  private let lists: FeatureLists
  private let memory = Memory()
  fileprivate let offsets: Buffer<Int>
  fileprivate let features: Buffer<UInt32>
  fileprivate let weights: Buffer<Float>
  /// Of 2^32 draws those below it leave an own part out.
  private let threshold: UInt64
  private let salt: UInt64

  init(_ lists: FeatureLists, _ table: ParameterStore.Table, ownDropout: Float, salt: UInt64) {
    (self.lists, self.table, self.salt) = (lists, table, salt)
    threshold = UInt64(Double(ownDropout) * 0x1p32)
    offsets = memory.keep(Storage(lists.offsets))
    features = memory.keep(Storage(lists.features))
    weights = memory.keep(Storage(lists.weights))
  }

  /// The most features that so many references to rows name.
  func most(ofReferences count: Int) -> Int { lists.most(ofRows: count) }

  /// What a batch's draws follow from.
  @inline(__always)
  func key(of plan: BatchPlan) -> UInt64 { mixed(mixed(plan.seed &+ salt) ^ plan.firstStream) }

  /// Whether a row's own part is left out of a batch; never that of a row without features.
  @inline(__always)
  func isDropped(_ row: UInt32, _ key: UInt64) -> Bool {
    threshold > 0 && offsets[Int(row)] < offsets[Int(row) + 1]
      && mixed(key &+ UInt64(row)) >> 32 < threshold
  }

  /// Makes whole embeddings of gathered own parts.
  func compose(
    _ references: Buffer<UInt32>, count: Int, of plan: BatchPlan, _ rows: Buffer<Float>, width: Int
  ) {
    let key = key(of: plan)
    for reference in 0..<count {
      let row = references[reference]
      let target = rows.from(reference * width)
      if isDropped(row, key) { target.clear(count: width) }
      let first = offsets[Int(row)]
      LayerKernels.addRows(
        features.from(first), weights: weights.from(first), count: offsets[Int(row) + 1] - first,
        of: table.values, pitch: table.pitch, width: width, to: target)
    }
  }
}

/// Which features the rows of a batch have, and which of those rows' own parts are left out.
///
/// A row's gradients are summed over the batch before this looks at them, so each row of the batch
/// refers to each of its features once, in the order of the rows' slots.
final class FeatureTouches: @unchecked Sendable {
  /// The distinct features, each with the chain of who refers to it.
  let rows: TouchedRows
  /// For each slot of the batch's rows whether its own part is left out.
  let dropped: Buffer<Bool>
  private let side: FeatureRows
  private let features: Buffer<UInt32>
  private let sources: Buffer<Int32>
  private let weights: Buffer<Float>
  private let memory = Memory()

  /// Room for a batch with so many references to rows.
  init(_ side: FeatureRows, references: Int) {
    self.side = side
    let capacity = side.most(ofReferences: references)
    rows = TouchedRows(capacity: capacity)
    features = memory.make(capacity)
    sources = memory.make(capacity)
    weights = memory.make(capacity)
    dropped = memory.make(references)
  }

  /// Collects the features of a batch's rows.
  func collect(_ touched: TouchedRows, of plan: BatchPlan) {
    let key = side.key(of: plan)
    var count = 0
    for slot in 0..<touched.count {
      let row = touched.rows[slot]
      dropped[slot] = side.isDropped(row, key)
      for place in side.offsets[Int(row)]..<side.offsets[Int(row) + 1] {
        features[count] = side.features[place]
        weights[count] = side.weights[place]
        sources[count] = touched.first[slot]
        count += 1
      }
    }
    rows.collect(features, count: count)
  }

  /// Moves a part of the features, each once, by the gradients of the rows that have it.
  ///
  /// - Parameters:
  ///   - gradients: of the batch's rows, each slot's sum in the place of its first reference.
  ///   - width: numbers in a row.
  ///   - part: which part of the features.
  ///   - parts: how many there are.
  ///   - sum: memory for a row.
  ///   - move: takes the row of a feature in its table, whose gradient is in `sum`.
  func move(
    _ gradients: Buffer<Float>, width: Int, part: Int, of parts: Int, sum: Buffer<Float>,
    _ move: (_ table: ParameterStore.Table, _ row: Int) -> Void
  ) {
    for slot in rows.count * part / parts..<rows.count * (part + 1) / parts {
      sum.clear(count: width)
      var reference = rows.first[slot]
      while reference >= 0 {
        LayerKernels.add(
          gradients.from(Int(sources[Int(reference)]) * width),
          times: weights[Int(reference)], to: sum, count: width)
        reference = rows.next[Int(reference)]
      }
      move(side.table, Int(rows.rows[slot]))
    }
  }
}
