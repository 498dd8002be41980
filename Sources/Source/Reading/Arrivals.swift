package import Interactions
import Jobs

/// The events of a pull as they arrived, of which the log before any moment can be made.
///
/// It takes 16 bytes an event, and one more where some events exclude and others don't.
struct Arrivals {
  /// The events.
  let columns: InteractionColumns
  /// Identifiers of all users.
  let users: Vocabulary
  /// The index in `users` of each provisional user number.
  let userMap: IndexMap
  /// Identifiers of all items.
  let items: Vocabulary
  /// The index in `items` of each provisional item number.
  let itemMap: IndexMap
  /// How events become interactions.
  let rules: MergeRules
  /// What was read beside the source.
  let lists: ListRows
  /// Where the job's ages begin.
  let moments: Moments
  /// The job.
  let job: Job

  /// The moment that ages count from, in seconds: that of the pull, or the end of what was read.
  let now: UInt32

  /// The log of the events before a moment, with ages that count from it.
  ///
  /// - Parameter cut: the first second that is left out.
  /// - Returns: the log.
  func log(before cut: UInt32) -> InteractionLog {
    InteractionLog(
      columns: columns.before(cut), users: users, userMap: userMap, items: items,
      itemMap: itemMap, rules: rules.asOf(cut, insteadOf: now))
  }
}

/// Who gets a list of what, and the features, of a log.
struct LogViews {
  /// Who gets a list and of what.
  let serving: ServingView
  /// Content features; nil without any.
  let features: DatasetFeatures?

  /// Finds them.
  ///
  /// - Parameters:
  ///   - log: the log.
  ///   - lists: what was read beside the source.
  ///   - activeSince: an event is recent from this second on.
  ///   - job: says whether there are features, and who gets a list.
  init(_ log: InteractionLog, _ lists: ListRows, activeSince: UInt32, _ job: Job) {
    let learnt = job.hasFeatures ? LearntFeatures(lists, users: log.users, items: log.items) : nil
    let serving = ServingView(
      log, lists, learnt, activeSince: activeSince, coldBelow: job.users.coldBelow ?? 1)
    self.serving = serving
    features = learnt.map { DatasetFeatures($0, serving: serving) }
  }
}

extension Dataset {
  /// The dataset as it would have been read at an earlier moment, in a numbering of its own.
  ///
  /// Weights, first times, known negatives, the vocabularies and the bounds of age are those of that moment.
  /// What the queries beside the source gave, features among it, is today's. Counts of rows are the pull's.
  ///
  /// - Parameter cut: the first second that is not known, since 1970 UTC.
  /// - Returns: the earlier part.
  package func before(_ cut: UInt32) -> Dataset {
    guard let arrivals else { preconditionFailure("the pull kept no events") }
    let log = arrivals.log(before: cut)
    let back = arrivals.now - min(cut, arrivals.now)
    let activeSince = arrivals.moments.activeSince
    let views = LogViews(
      log, arrivals.lists, activeSince: activeSince - min(back, activeSince), arrivals.job)
    var earlier = self
    (earlier.users, earlier.items) = (log.users, log.items)
    (earlier.table, earlier.sequences) = (log.table, log.sequences)
    (earlier.excluded, earlier.negatives) = (log.excluded, log.negatives)
    earlier.negativesUpToLatest = log.negativesUpToLatest
    (earlier.serving, earlier.features) = (views.serving, views.features)
    earlier.times.watermark = min(times.watermark, Int64(cut) * 1_000_000)
    earlier.times.recentFrom -= times.watermark - earlier.times.watermark
    earlier.times.latest = Int64(log.sequences.seconds.max() ?? 0) * 1_000_000
    return earlier
  }

  /// The items that the users of an earlier dataset took up from its end on.
  ///
  /// - Parameters:
  ///   - earlier: what `before(_:)` gave for the moment `cut`.
  ///   - cut: the first second that `earlier` does not know.
  /// - Returns: the items.
  package func laterItems(of earlier: Dataset, from cut: UInt32) -> LaterItems {
    LaterItems(
      users: earlier.users, items: earlier.items, history: earlier.table.history,
      excluded: earlier.excluded, whole: (users, items, sequences), from: cut)
  }
}
