package import Jobs

/// Everything that is wrong with a configuration, so that it can be put right in one go.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// One thing that is wrong.
  package struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// Where it stands.
    package var place: Place
    /// The key, from the top of the file, such as `train.finetune.epochs`; empty for bad syntax.
    package var path: String
    /// What is wrong, what is allowed and what may have been meant.
    package var message: String

    /// Place and message on one line.
    package var description: String { "\(place): \(message)" }
  }

  /// At least one problem, in the order of the file.
  package var problems: [Problem]

  /// One problem a line.
  package var description: String {
    problems.map(\.description).joined(separator: "\n")
  }

  /// The same as the error that a command ends with: exit code 78.
  package var batchError: BatchError {
    let count = problems.count == 1 ? "an error" : "\(problems.count) errors"
    return BatchError(
      .configuration, "the configuration has \(count)\n\(description)",
      advice: "correct it; jobs/nightly.yaml explains every key")
  }
}
