import Formatting
import NCF
import Recommenders

/// A training under way and its epochs so far, in one file.
extension TrainingProgress {
  private static let key = "rows"

  /// Writes the training with its epochs, and the search that chose its method, as words of JSON.
  ///
  /// - Throws: `EncodingError` for a time that is no number.
  func file(_ epochs: [EpochRecord], search: KeptSearch? = nil) throws -> SafeTensors {
    file(
      words: [Self.key: try JSONText.encode(epochs)].merging(try search?.words() ?? [:]) { $1 })
  }

  /// Reads the epochs back.
  ///
  /// - Throws: `DamagedModel` when they are missing or damaged.
  static func epochs(_ file: SafeTensors) throws -> [EpochRecord] {
    guard let text = file.metadata[key],
      let epochs = try? JSONText.decode([EpochRecord].self, from: text)
    else { throw DamagedModel(description: "its epochs are not in order") }
    return epochs
  }
}
