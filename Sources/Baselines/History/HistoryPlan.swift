import Elementary
import Interactions
import Lanes

/// Consecutive positions of one user that are trained together.
struct HistoryChunk: Equatable {
  /// The user's first position.
  let userStart: Int
  /// The first input position.
  let start: Int
  /// How many input positions; each one's target is the position after it.
  let count: Int
}

/// An epoch's chunks in the order of training, and the batches that they form.
struct HistoryEpochPlan {
  /// The chunks in order.
  let chunks: [HistoryChunk]
  /// Each batch's chunks.
  let batches: [Range<Int>]

  /// Divides sequences into chunks and shuffles them.
  ///
  /// A user with more positions than a chunk's length is cut at places that differ from epoch to epoch.
  ///
  /// - Parameters:
  ///   - sequences: each user's positions.
  ///   - length: the most input positions of a chunk.
  ///   - batch: positions that close a batch.
  ///   - seed: what the cuts and the order follow from.
  ///   - epoch: which epoch, from 1.
  init(_ sequences: HistorySequences, length: Int, batch: Int, seed: UInt64, epoch: Int) {
    var cut: [HistoryChunk] = []
    for user in 0..<sequences.userCount {
      let (first, end) = (sequences.offsets[user], sequences.offsets[user + 1] - 1)
      var start = first
      var most = length
      if end - first > length {
        var random = CounterRandom(
          seed: mixed(seed &+ 0x6375_7473), stream: UInt64(epoch) << 40 | UInt64(user))
        most = 1 + random.uniform(below: length)
      }
      while start < end {
        let count = min(most, end - start)
        cut.append(HistoryChunk(userStart: first, start: start, count: count))
        start += count
        most = length
      }
    }
    let order = EpochOrder(count: cut.count, seed: seed, epoch: epoch)
    let chunks = cut.indices.map { cut[order[$0]] }
    var (batches, first, positions): ([Range<Int>], Int, Int) = ([], 0, 0)
    for (place, chunk) in chunks.enumerated() {
      positions += chunk.count
      if positions >= batch || place == chunks.count - 1 {
        batches.append(first..<place + 1)
        (first, positions) = (place + 1, 0)
      }
    }
    (self.chunks, self.batches) = (chunks, batches)
  }
}

/// One batch, laid out for the threads: rows are input positions.
///
/// Safe: written by one thread between two steps, read by all within a step.
@safe final class HistoryBatch: @unchecked Sendable {
  /// Consecutive chunks of a batch that one thread handles.
  struct Tile {
    /// Its chunks, in `chunks`.
    let chunks: Range<Int>
    /// Its rows.
    let rows: Range<Int>
  }

  /// Rows of a tile at most, where a chunk has no more.
  static let tileRows = 256

  private let memory = Memory()
  /// Each row's item.
  let items: Buffer<UInt32>
  /// Each row's target.
  let targets: Buffer<UInt32>
  /// How much each row counts, 0 without a target; all add up to 1.
  let weights: Buffer<Float>
  /// Which negative is a row's target; -1 for none.
  let hits: Buffer<Int32>
  /// Each row's position among all of the log.
  let positions: Buffer<UInt32>
  /// The negatives that all rows share.
  let negatives: Buffer<UInt32>
  /// How many rows there are.
  private(set) var rows = 0
  /// The chunks.
  private(set) var chunks: [HistoryChunk] = []
  /// The tiles in their order.
  private(set) var tiles: [Tile] = []
  /// The rows of the table of inputs that the batch moves.
  let inputMoves: HistoryMoves
  /// The rows of the table of outputs that the batch moves: targets, and behind them negatives.
  let outputMoves: HistoryMoves
  /// What the rows' softmax shares.
  private(set) var softmax: SampledSoftmax

  private let itemCount: Int
  private let places: Buffer<Int32>

  /// Takes memory.
  ///
  /// - Parameters:
  ///   - capacity: rows at most.
  ///   - itemCount: the size of the catalogue, 2 or more.
  ///   - negatives: how many are drawn; at most a catalogue less one.
  init(capacity: Int, itemCount: Int, negatives: Int) {
    self.itemCount = itemCount
    items = memory.make(capacity)
    targets = memory.make(capacity)
    weights = memory.make(capacity)
    hits = memory.make(capacity)
    positions = memory.make(capacity)
    self.negatives = memory.make(negatives)
    places = memory.make(itemCount)
    places.fill(with: -1, count: itemCount)
    inputMoves = HistoryMoves(capacity: capacity, itemCount: itemCount)
    outputMoves = HistoryMoves(capacity: capacity + negatives, itemCount: itemCount)
    func correction(_ kept: Int) -> Float {
      kept > 0 ? Float(Elementary.log(Double(itemCount - 1) / Double(kept))) : 0
    }
    softmax = SampledSoftmax(
      negatives: negatives, stride: (negatives + 15) & ~15, correction: correction(negatives),
      correctionWithout: correction(negatives - 1))
  }

  /// Lays out a batch.
  ///
  /// - Parameters:
  ///   - chunks: its chunks.
  ///   - sequences: what they are of.
  ///   - random: draws the negatives, uniformly and each item once at most.
  func fill(
    _ chunks: ArraySlice<HistoryChunk>, of sequences: HistorySequences, _ random: CounterRandom
  ) {
    self.chunks = Array(chunks)
    draw(random)
    var (row, total) = (0, 0.0)
    tiles.removeAll(keepingCapacity: true)
    var (firstChunk, firstRow) = (0, 0)
    for (index, chunk) in self.chunks.enumerated() {
      if row > firstRow, row - firstRow + chunk.count > Self.tileRows {
        tiles.append(Tile(chunks: firstChunk..<index, rows: firstRow..<row))
        (firstChunk, firstRow) = (index, row)
      }
      for position in chunk.start..<chunk.start + chunk.count {
        let (target, weight) = (sequences.items[position + 1], sequences.weights[position + 1])
        items[row] = sequences.items[position]
        targets[row] = target
        weights[row] = weight
        hits[row] = places[Int(target)]
        positions[row] = UInt32(truncatingIfNeeded: position)
        total += Double(weight)
        row += 1
      }
    }
    tiles.append(Tile(chunks: firstChunk..<self.chunks.count, rows: firstRow..<row))
    rows = row
    let share = total > 0 ? Float(1 / total) : 0
    inputMoves.begin()
    outputMoves.begin()
    for row in 0..<rows {
      inputMoves.add(items[row], gradient: row)
      if weights[row] > 0 { outputMoves.add(targets[row], gradient: row) }
      weights[row] *= share
    }
    for index in 0..<negatives.count {
      outputMoves.add(negatives[index], gradient: rows + index)
      places[Int(negatives[index])] = -1
    }
  }

  /// Draws the negatives and notes where each is.
  private func draw(_ random: CounterRandom) {
    var (random, count) = (random, 0)
    while count < negatives.count {
      let item = random.uniform(below: itemCount)
      if places[item] >= 0 { continue }
      places[item] = Int32(count)
      negatives[count] = UInt32(item)
      count += 1
    }
  }
}

/// The rows of a table that a batch moves, each with its gradients in order.
///
/// Safe: written by one thread between two steps, read by all within a step.
@safe final class HistoryMoves: @unchecked Sendable {
  private let memory = Memory()
  private let slotOf: Buffer<Int32>
  private let slots: Buffer<Int32>
  private let rows: Buffer<UInt32>
  private let first: Buffer<Int32>
  private let last: Buffer<Int32>
  private let next: Buffer<Int32>
  /// How many rows are moved.
  private(set) var count = 0

  init(capacity: Int, itemCount: Int) {
    slotOf = memory.make(itemCount)
    slotOf.fill(with: -1, count: itemCount)
    (slots, rows) = (memory.make(capacity), memory.make(capacity))
    (first, last, next) = (memory.make(capacity), memory.make(capacity), memory.make(capacity))
    for slot in 0..<capacity { slots[slot] = Int32(slot) }
  }

  /// Forgets the rows of the batch before.
  func begin() {
    for slot in 0..<count { slotOf[Int(rows[slot])] = -1 }
    count = 0
  }

  /// Adds a gradient to those of a row.
  func add(_ row: UInt32, gradient: Int) {
    let gradient = Int32(truncatingIfNeeded: gradient)
    next[Int(gradient)] = -1
    let slot = slotOf[Int(row)]
    if slot >= 0 {
      next[Int(last[Int(slot)])] = gradient
      last[Int(slot)] = gradient
      return
    }
    slotOf[Int(row)] = Int32(count)
    rows[count] = row
    (first[count], last[count]) = (gradient, gradient)
    count += 1
  }

  /// Some of the rows, as kernels take them.
  func moves(_ range: Range<Int>) -> RowMoves {
    RowMoves(
      slots: slots.from(range.lowerBound), count: range.count, rows: rows, first: first,
      next: next, dropped: Self.none.buffer)
  }

  private static let none = Storage<Bool>(count: 0)
}
