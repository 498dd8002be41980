extension Job {
  /// What is known of how lists were served.
  package struct Served: Sendable, Equatable, Codable {
    /// A SELECT that yields `user_id`, `item_id` and `shown_at`: which item was shown to whom, and when; nil
    /// (default) where that is not known.
    package var impressions: String?
  }
}
