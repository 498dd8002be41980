/// A stretch of one day in which one list was live for the same users.
package struct ServedSpan: Sendable, Equatable, Decodable {
  /// Its number.
  let span: Int
  /// The run that made the list.
  let runID: Int64
  /// Its first second, since 1970 UTC.
  let begins: UInt32
  /// The second after its last one.
  let ends: UInt32
  /// The first second at which the list was live.
  let published: UInt32
  /// Events before this second exclude their item no longer; 0 where they always do.
  let readmittedBefore: UInt32
  /// Whether everybody saw the list, there being no other slot.
  let isForAll: Bool
  /// Whether the list is kept.
  let isKept: Bool

  /// Creates a value from its parts.
  ///
  /// - Parameters:
  ///   - span: its number.
  ///   - runID: the run that made the list.
  ///   - begins: its first second.
  ///   - ends: the second after its last one.
  ///   - published: the first second at which the list was live.
  ///   - readmittedBefore: events before this second exclude their item no longer.
  package init(
    span: Int, runID: Int64 = 1, begins: UInt32, ends: UInt32, published: UInt32,
    readmittedBefore: UInt32 = 0
  ) {
    (self.span, self.runID, self.begins, self.ends) = (span, runID, begins, ends)
    (self.published, self.readmittedBefore) = (published, readmittedBefore)
    (isForAll, isKept) = (true, true)
  }
}
