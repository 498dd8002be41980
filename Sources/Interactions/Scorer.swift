/// What can say how well items suit users; the one thing that ranking knows of a model.
///
/// Scores are comparable within a user only, higher is better. Calls come from several threads at
/// once, each with a scratch of its own.
package protocol Scorer: Sendable {
  /// Working memory of one thread.
  associatedtype Scratch

  /// How many users can be scored; they are numbered from 0.
  var userCount: Int { get }

  /// How many items can be scored; they are numbered from 0.
  var itemCount: Int { get }

  /// Makes working memory for one thread.
  func makeScratch() -> Scratch

  /// Scores a block of users against a run of consecutive items.
  ///
  /// - Parameters:
  ///   - scores: `users.count` rows of `items.count` scores; every one is overwritten.
  ///   - users: which users, in any order.
  ///   - items: which items, in `0..<itemCount`.
  ///   - scratch: the calling thread's.
  func fill(
    _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
    scratch: inout Scratch)

  /// Scores one user against any items.
  ///
  /// The scores equal those of the other form up to rounding; a caller that compares scores takes
  /// them all from one form.
  ///
  /// - Parameters:
  ///   - scores: `items.count` scores; every one is overwritten.
  ///   - user: in `0..<userCount`.
  ///   - items: which items, in any order and with repeats.
  ///   - scratch: the calling thread's.
  func fill(
    _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>, scratch: inout Scratch)
}
