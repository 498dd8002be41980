/// The best `capacity` items of one user so far, in a heap whose root is the worst of them.
///
/// Items are offered in ascending order of their index, so of two with the same score the one that
/// came first is better: a score must be above the threshold to come in.
///
/// With a cap, no more items of a group than it allows: one that comes in when its group is full takes
/// the place of the group's worst. What is kept then is what going down all items by score and passing
/// over full groups would give, since such sets are the independent sets of a matroid.
struct BestItems {
  private let capacity: Int
  private let cap: GroupCap?
  private var scores: [Float] = []
  private var items: [UInt32] = []

  /// What a score must be above to come in.
  private(set) var threshold = -Float.infinity

  init(capacity: Int, cap: GroupCap? = nil) {
    (self.capacity, self.cap) = (capacity, cap)
    scores.reserveCapacity(capacity)
    items.reserveCapacity(capacity)
  }

  /// Forgets all items and keeps the memory.
  mutating func reset() {
    scores.removeAll(keepingCapacity: true)
    items.removeAll(keepingCapacity: true)
    threshold = -.infinity
  }

  /// Offers a row of scores of consecutive items.
  ///
  /// Nearly every score is below the threshold once the heap is full, so 16 are looked at together
  /// and passed over when none is above.
  @inline(__always)
  mutating func offer(_ scores: [Float], in range: Range<Int>, firstItem: Int) {
    let row = scores.span.extracting(range)
    var index = 0
    let vectors = row.count & ~15
    while index < vectors {
      // Safe: index + 15 is below vectors, which is at most row.count.
      var best = unsafe row[unchecked: index]
      for lane in 1..<16 {
        let score = unsafe row[unchecked: index + lane]
        best = score > best ? score : best
      }
      // A NaN in the first lane would hide the others, so it counts as a reason to look closer.
      if !(best <= threshold) {
        for lane in index..<index + 16 { offer(row[lane], item: firstItem + lane) }
      }
      index += 16
    }
    while index < row.count {
      offer(row[index], item: firstItem + index)
      index += 1
    }
  }

  /// Takes an item in when its score is above the threshold; NaN never is.
  private mutating func offer(_ score: Float, item: Int) {
    guard score > threshold else { return }
    if let cap, let group = cap.group(of: item) {
      let places = items.indices.filter { cap.group(of: Int(items[$0])) == group }
      if places.count >= cap.most {
        replaceWorst(of: places, by: score, UInt32(truncatingIfNeeded: item))
        return
      }
    }
    let item = UInt32(truncatingIfNeeded: item)
    if scores.count < capacity {
      scores.append(score)
      items.append(item)
      siftUp(scores.count - 1)
      if scores.count == capacity { threshold = scores[0] }
    } else {
      siftDown(score, item, from: 0)
      threshold = scores[0]
    }
  }

  /// Puts an item in the stead of the worst of some, if it is better.
  private mutating func replaceWorst(of places: [Int], by score: Float, _ item: UInt32) {
    guard let first = places.first else { return }
    let worst = places.dropFirst().reduce(first) { worst, place in
      isWorse(scores[place], items[place], than: worst) ? place : worst
    }
    guard score > scores[worst] else { return }
    siftDown(score, item, from: worst)
    if scores.count == capacity { threshold = scores[0] }
  }

  private func isWorse(_ score: Float, _ item: UInt32, than other: Int) -> Bool {
    score < scores[other] || (score == scores[other] && item > items[other])
  }

  private mutating func siftUp(_ start: Int) {
    let score = scores[start]
    let item = items[start]
    var hole = start
    while hole > 0 {
      let parent = (hole - 1) / 2
      guard isWorse(score, item, than: parent) else { break }
      scores[hole] = scores[parent]
      items[hole] = items[parent]
      hole = parent
    }
    scores[hole] = score
    items[hole] = item
  }

  /// Puts a better item in the stead of one.
  private mutating func siftDown(_ score: Float, _ item: UInt32, from start: Int) {
    var hole = start
    while true {
      var child = 2 * hole + 1
      guard child < scores.count else { break }
      if child + 1 < scores.count, isWorse(scores[child + 1], items[child + 1], than: child) {
        child += 1
      }
      guard !isWorse(score, item, than: child) else { break }
      scores[hole] = scores[child]
      items[hole] = items[child]
      hole = child
    }
    scores[hole] = score
    items[hole] = item
  }

  /// Adds the items to a list, best first.
  func append(to lists: inout BlockLists) {
    let order = scores.indices.sorted { isWorse(scores[$1], items[$1], than: $0) }
    lists.items += order.map { items[$0] }
    lists.scores += order.map { scores[$0] }
    lists.ends.append(lists.items.count)
  }
}
