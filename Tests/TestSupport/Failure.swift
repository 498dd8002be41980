package import Jobs
package import Testing

/// Records an issue unless something fails with an exit code and words.
///
/// - Parameters:
///   - code: the exit code.
///   - words: parts of the error's first sentence.
///   - sourceLocation: the line of the test.
///   - body: what must fail.
/// - Returns: the error.
@discardableResult
package func expectFailure<Result>(
  _ code: ExitCode, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Result
) -> BatchError? {
  let error = #expect(throws: BatchError.self, sourceLocation: sourceLocation) { _ = try body() }
  #expect(error?.exitCode == code, sourceLocation: sourceLocation)
  for word in words {
    #expect(
      error?.what.contains(word) == true, "\(error?.description ?? "")",
      sourceLocation: sourceLocation)
  }
  return error
}
