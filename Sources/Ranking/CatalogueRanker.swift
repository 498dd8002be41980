import Interactions
import Lanes

/// One thread's memory for ranking items among the whole catalogue.
struct CatalogueRanker<Model: Scorer> {
  private let scorer: Model
  private let tile: TileShape
  private var scratch: Model.Scratch
  /// Users of the block.
  private var rows = 0
  /// The tiles one after the other, each with a row a user.
  private var scores: [Float]

  init(_ scorer: Model, tile: TileShape) {
    (self.scorer, self.tile) = (scorer, tile)
    scratch = scorer.makeScratch()
    scores = [Float](repeating: 0, count: tile.users * scorer.itemCount)
  }

  /// Scores a block of users against all items; what follows is about this block.
  mutating func score(_ users: [UInt32]) {
    rows = users.count
    for items in tiles {
      scorer.fill(
        &scores, from: rows * items.lowerBound, users: users, items: items, scratch: &scratch)
    }
  }

  /// Counts the items that are not below one item, for the block's user in a row.
  func rank(row: Int, item: Int, leavingOut: ArraySlice<UInt32>) -> Int32 {
    let own = scores[place(row: row, item: item)]
    var above = 0
    for items in tiles {
      let base = rows * items.lowerBound + row * items.count
      above += Self.countNotBelow(own, in: scores.span.extracting(base..<base + items.count))
    }
    // The item itself has been counted, and so have the items that are left out.
    above -= 1
    for left in leavingOut {
      let isBelow = scores[place(row: row, item: Int(left))] < own
      if Int(left) != item && !isBelow { above -= 1 }
    }
    return Int32(above)
  }

  /// Offers a row's items to a list, but those of the history, whose scores are lost.
  mutating func offer(row: Int, to best: inout BestItems, history: ArraySlice<UInt32>) {
    for item in history { scores[place(row: row, item: Int(item))] = -.infinity }
    for items in tiles {
      let base = rows * items.lowerBound + row * items.count
      best.offer(scores, in: base..<base + items.count, firstItem: items.lowerBound)
    }
  }

  /// An item's score for the block's user in a row.
  func score(row: Int, item: Int) -> Float { scores[place(row: row, item: item)] }

  /// Mean and variance of a row's scores under a softmax over all items but some, whose scores are lost.
  ///
  /// - Parameters:
  ///   - row: of the block.
  ///   - leavingOut: items that do not count, less than all.
  ///   - scale: what scores are multiplied by in the softmax; with 0 all items count the same.
  /// - Returns: nil when a score is not finite.
  mutating func moments(
    row: Int, leavingOut: ArraySlice<UInt32>, scale: Float
  ) -> (mean: Double, variance: Double)? {
    for item in leavingOut { scores[place(row: row, item: Int(item))] = -.infinity }
    let parts = tiles.map { items in
      let base = rows * items.lowerBound + row * items.count
      return base..<base + items.count
    }
    let best = parts.reduce(-Float.infinity) { max($0, scores[$1].max() ?? $0) }
    guard best.isFinite else { return nil }
    var sums = (0.0, 0.0, 0.0)
    for part in parts {
      let span = scores.span.extracting(part)
      let part = Self.moments(span, scale: scale, relativeTo: best)
      sums = (sums.0 + part.0, sums.1 + part.1, sums.2 + part.2)
    }
    let mean = sums.1 / sums.0
    let variance = max(0, sums.2 / sums.0 - mean * mean)
    return mean.isFinite && variance.isFinite ? (Double(best) + mean, variance) : nil
  }

  /// Sums of the weights, and of the weighted distances from the best and their squares.
  private static func moments(
    _ scores: Span<Float>, scale: Float, relativeTo best: Float
  ) -> (Double, Double, Double) {
    let sums = unsafe withKernel(scores) { kernels, scores, scratch in
      unsafe kernels.pointee.softmaxMoments(scores, scores.count, scale, best, scratch)
    }
    return (Double(sums.0), Double(sums.1), Double(sums.2))
  }

  private var tiles: some Sequence<Range<Int>> {
    let (width, count) = (tile.items, scorer.itemCount)
    return stride(from: 0, to: count, by: width).lazy.map { $0..<min($0 + width, count) }
  }

  private func place(row: Int, item: Int) -> Int {
    let start = item - item % tile.items
    let width = min(tile.items, scorer.itemCount - start)
    return rows * start + row * width + (item - start)
  }

  private static func countNotBelow(_ own: Float, in row: Span<Float>) -> Int {
    var counts = SIMD8<Int32>()
    var index = 0
    let vectors = row.count & ~7
    while index < vectors {
      var scores = SIMD8<Float>()
      // Safe: index + 7 is below vectors, which is at most row.count.
      for lane in 0..<8 { scores[lane] = unsafe row[unchecked: index + lane] }
      counts.replace(with: counts &+ 1, where: .!(scores .< own))
      index += 8
    }
    var count = Int(counts.wrappedSum())
    while index < row.count {
      count += row[index] < own ? 0 : 1
      index += 1
    }
    return count
  }
}
