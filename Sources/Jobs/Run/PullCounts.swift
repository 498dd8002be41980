extension PullCounts {
  /// The rejections as a JSON object.
  package var rejectedJSON: String {
    "{" + rejected.map { "\"\($0.reason)\": \($0.rows)" }.joined(separator: ", ") + "}"
  }

  /// The rejections in words, for a message.
  package var rejectedText: String {
    rejected.isEmpty
      ? "none left out" : rejected.map { "\($0.reason) \($0.rows)" }.joined(separator: ", ")
  }
}

/// What the pull read, used and left out.
package struct PullCounts: Sendable, Equatable {
  /// Rows that the source gave.
  package var rowsRead: Int
  /// Interactions that remain: one per user and item.
  package var rowsUsed: Int
  /// Rows that joined an earlier one of the same user and item.
  package var rowsMerged: Int
  /// Rows that can't be used or don't count, by reason, sorted by reason.
  package var rejected: [Rejection]
  /// Users with an interaction.
  package var users: Int
  /// Items with an interaction.
  package var items: Int
  /// Users who get the popular list.
  package var coldUsers: Int
  /// The server's clock in the pull's transaction, microseconds since 1970 UTC.
  package var watermark: Int64

  /// Creates a value from its parts.
  package init(
    rowsRead: Int, rowsUsed: Int, rowsMerged: Int, rejected: [Rejection], users: Int, items: Int,
    coldUsers: Int, watermark: Int64
  ) {
    (self.rowsRead, self.rowsUsed, self.rowsMerged) = (rowsRead, rowsUsed, rowsMerged)
    (self.rejected, self.users, self.items, self.coldUsers) = (rejected, users, items, coldUsers)
    self.watermark = watermark
  }

  /// Rows left out for one reason.
  package struct Rejection: Sendable, Equatable, Decodable {
    /// Short name of the reason, such as `null_user`.
    package var reason: String
    /// How many rows.
    package var rows: Int

    /// Creates a value from its parts.
    package init(reason: String, rows: Int) {
      (self.reason, self.rows) = (reason, rows)
    }
  }
}
