package import Interactions
package import Jobs

/// What a run has read of its source: interactions, and who gets a list of what.
///
/// Users and items have one numbering, in which the arrays are: the ascending order of the identifiers that
/// the table has.
package struct Dataset {
  /// The users' ids; a position is a dense index.
  package var users: Vocabulary
  /// The items' ids.
  package var items: Vocabulary
  /// One interaction per user and item.
  package var table: InteractionTable
  /// The events of the interactions, each user's in order of time.
  package var sequences: UserSequences
  /// For each user of the table what is not to be in the list.
  package var excluded: UserItems
  /// What users have spoken against; nil when nobody has.
  package var negatives: KnownNegatives?
  /// What users had spoken against before their latest new item; nil where it is the same.
  package var negativesUpToLatest: KnownNegatives?
  /// Who gets a list and of what, newcomers included.
  package var serving: ServingView
  /// What was read, used and left out.
  package var counts: PullCounts
  /// Content features; nil without any.
  package var features: DatasetFeatures?
  /// All users but these are to be forgotten; nil when nobody is.
  package var forgetsBut: Vocabulary?
  /// Which rows of the last hour there were.
  package var recent = RecentRows()
  /// The snapshot that it was read in.
  package var snapshot: String
  /// Bytes of the fields read.
  package var bytes: Int
  /// Where its time lies.
  package var times: PullTimes
  /// The events as they arrived, where the log before a moment is asked for; nil elsewhere.
  var arrivals: Arrivals?
}

extension Dataset {
  /// Refuses a log without a row that can be used: there is nothing to learn from.
  package func refuseEmpty() throws(BatchError) {
    guard table.count == 0 else { return }
    throw BatchError(
      .data,
      "the source gave \(counts.rowsRead) rows and none can be used (\(counts.rejectedText))",
      advice: "look at source.query, source.window and --since")
  }
}

extension Dataset {
  /// The same, where users with few interactions get the popular list, unless they have features.
  ///
  /// - Parameter coldBelow: fewer interactions are too few for a list of the model.
  /// - Returns: the dataset, with its count of popular lists.
  package func withPopularLists(below coldBelow: Int) -> Dataset {
    var dataset = self
    dataset.serving = serving.withPopularLists(below: coldBelow, table)
    dataset.counts.coldUsers = dataset.serving.audience.cold.count
    return dataset
  }
}

/// Where the time of a pull lies, in microseconds since 1970 UTC.
package struct PullTimes: Equatable {
  /// The server's clock in the pull's transaction.
  package var watermark: Int64
  /// Since when rows are recent: the watermark less `source.lookback`.
  package var recentFrom: Int64
  /// The first moment that was read; nil when there is no bound.
  package var lower: Int64?
  /// The moment of `--since`; nil without it.
  package var since: Int64?
  /// The moment of `--until`; nil without it.
  package var upper: Int64?
  /// The latest event that is used; 0 when there is none.
  package var latest: Int64 = 0
}

/// The moment as of which a log is read again, and what had arrived by then.
package struct PastPull: Sendable {
  /// The server's now of that moment, microseconds since 1970 UTC.
  package let watermark: Int64
  /// The rows of the last hour that had arrived.
  let recent: RecentRows

  /// Creates a value from its parts.
  package init(watermark: Int64, recent: RecentRows) {
    (self.watermark, self.recent) = (watermark, recent)
  }
}
