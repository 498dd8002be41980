import Interactions
package import Parallelism
package import Settings

/// Settings of `RecentPop`.
package struct RecentPopOptions: Sendable, Equatable, Codable {
  /// The length of the window, in days.
  package var days: Int

  /// Names the setting.
  package init(days: Int = 30) { self.days = days }
}

extension RecentPopOptions: BaselineOptions {
  /// Its numbers.
  package static var settings: [Setting<RecentPopOptions>] {
    [Setting("days", \.days, .from(1, to: 36_500))]
  }

  /// Its name in tables.
  package static var title: String { "RecentPop" }

  /// Each user's 1 against an item's count.
  package var form: BaselineForm { .factors(width: 1) }

  /// Counts what is new in the days before the log's end.
  package func fit(
    _ log: TrainingLog, pool: WorkerPool, report: (_ pass: Int) throws -> Void
  ) throws -> FittedBaseline {
    let model = RecentPop(log, options: self)
    try report(1)
    let users = log.positives.userCount
    return .factors(
      MatrixFactors(
        width: 1, userCount: users, itemCount: log.itemCount,
        users: [Float](repeating: 1, count: users), items: model.scores(asOf: log.end)))
  }

  /// An addition for each interaction.
  package func work(on log: TrainingLog) -> Double { Double(log.positives.count) }

  /// An addition, and a place among the others.
  package var cost: Double { 20 }

  /// The interactions in order of time, and a factor of each user and item in a whole vector.
  package func fittingMemory(_ sizes: LogSizes, threads: Int) -> Int {
    16 * sizes.interactions + 32 * (sizes.users + sizes.items)
  }
}

/// Everyone gets what is popular of late: an item's score is the number of its interactions in some days.
///
/// Of two items with the same number the one with more interactions in all is ahead. The days end at the
/// end of the log, or for each user at a moment of that user's own.
package struct RecentPop: Scorer {
  /// The interactions' seconds, ascending, and their items.
  private let seconds: [UInt32]
  private let items: [UInt32]
  /// What settles equal numbers, each from 0 up to less than 1.
  private let ties: [Float]
  /// Length of the window in seconds.
  private let span: UInt32
  /// The end of each user's window.
  private let ends: [UInt32]

  /// How many users can be scored.
  package var userCount: Int { ends.count }
  /// The size of the catalogue.
  package var itemCount: Int { ties.count }

  /// Puts interactions in order of time.
  ///
  /// - Parameters:
  ///   - log: the interactions; without times all are of one moment.
  ///   - options: the length of the window.
  ///   - ends: where each user's window ends, in seconds; what happens then and later is not counted. Nil for
  ///     the end of the log.
  package init(_ log: TrainingLog, options: RecentPopOptions, ends: [UInt32]? = nil) {
    var events: [UInt64] = []
    events.reserveCapacity(log.positives.count)
    for user in 0..<log.positives.userCount {
      log.forEachInOrder(of: user) { events.append(UInt64($1) << 32 | UInt64($0)) }
    }
    events.sort()
    seconds = events.map { UInt32(truncatingIfNeeded: $0 >> 32) }
    items = events.map { UInt32(truncatingIfNeeded: $0) }
    let counts = ItemPop(positives: log.positives, itemCount: log.itemCount).counts
    let most = Float((counts.max() ?? 0) + 1)
    ties = counts.map { Float($0) / most }
    span = UInt32(clamping: options.days * 86_400)
    self.ends = ends ?? [UInt32](repeating: log.end, count: log.positives.userCount)
  }

  /// The scores of all items at a moment.
  ///
  /// - Parameter end: where the window ends.
  /// - Returns: a score for each item.
  package func scores(asOf end: UInt32) -> [Float] {
    var window = makeScratch()
    move(&window, to: end)
    return ties.indices.map { Float(window.counts[$0]) + ties[$0] }
  }

  /// A thread's window: the interactions in a range of places, counted by item.
  package struct Window {
    fileprivate var counts: [Int32]
    fileprivate var places = 0..<0
  }

  /// Makes an empty window for one thread.
  package func makeScratch() -> Window {
    Window(counts: [Int32](repeating: 0, count: itemCount))
  }

  /// Moves a window to the days before a moment; what leaves and what joins is counted, or all anew.
  private func move(_ window: inout Window, to end: UInt32) {
    let last = lowerBound(in: seconds.indices) { seconds[$0] < end }
    let first = lowerBound(in: 0..<last) { seconds[$0] < end - min(span, end) }
    let old = window.places
    if last < old.lowerBound || first > old.upperBound {
      for place in old { window.counts[Int(items[place])] -= 1 }
      for place in first..<last { window.counts[Int(items[place])] += 1 }
    } else {
      for place in min(old.lowerBound, first)..<old.lowerBound {
        window.counts[Int(items[place])] += 1
      }
      for place in old.lowerBound..<max(old.lowerBound, first) {
        window.counts[Int(items[place])] -= 1
      }
      for place in old.upperBound..<max(old.upperBound, last) {
        window.counts[Int(items[place])] += 1
      }
      for place in min(old.upperBound, last)..<old.upperBound {
        window.counts[Int(items[place])] -= 1
      }
    }
    window.places = first..<last
  }

  /// Gives users the counts of a run of items, each at the end of the user's window.
  ///
  /// - Parameters:
  ///   - scores: `users.count` rows of `items.count` scores.
  ///   - users: which users.
  ///   - items: which items.
  ///   - scratch: the calling thread's.
  package func fill(
    _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
    scratch: inout Window
  ) {
    for row in users.indices {
      move(&scratch, to: ends[Int(users[row])])
      let base = row * items.count
      for (column, item) in items.enumerated() {
        scores[base + column] = Float(scratch.counts[item]) + ties[item]
      }
    }
  }

  /// Gives a user the counts of some items.
  ///
  /// - Parameters:
  ///   - scores: `items.count` scores.
  ///   - user: which user.
  ///   - items: which items.
  ///   - scratch: the calling thread's.
  package func fill(
    _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>, scratch: inout Window
  ) {
    move(&scratch, to: ends[user])
    for index in items.indices {
      let item = Int(items[index])
      scores[index] = Float(scratch.counts[item]) + ties[item]
    }
  }
}
