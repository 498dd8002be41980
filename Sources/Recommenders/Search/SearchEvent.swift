/// What a search tells while it goes on.
package enum SearchEvent: Sendable {
  /// A trial begins.
  case began(String)
  /// A pass of a trial is over.
  case working(String)
  /// A trial was judged.
  case ended(String, ndcg: Double, seconds: Double)
  /// Trials learn a sample of the users, one in so many.
  case sampled(oneIn: Int)
  /// A trial was left out.
  case skipped(String, reason: String)
}
