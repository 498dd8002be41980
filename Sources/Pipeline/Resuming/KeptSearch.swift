import Formatting
import NCF
import Recommenders

/// A search for a method, as a checkpoint keeps it.
struct KeptSearch: Sendable, Equatable, Codable {
  /// A trial with what a search knows it by.
  struct Entry: Sendable, Equatable, Codable {
    let key: String
    let trial: FinishedTrial
  }

  /// The sample of users that trials learnt is one in so many; nil before that was decided.
  var oneIn: Int?
  /// The finished trials, while the search goes on.
  var trials: [Entry] = []
  /// What was chosen; nil while the search goes on.
  var choice: MethodChoice?

  private static let key = "search"

  /// How far the search is, in words.
  var text: String {
    choice.map { "the choice of \($0.method.words)" } ?? "\(trials.count) trials of a search"
  }

  /// The search as the words of a file.
  ///
  /// - Throws: `EncodingError` for a number that JSON has no form for.
  func words() throws -> [String: String] { [Self.key: try JSONText.encode(self)] }

  /// Reads a search from a file.
  ///
  /// - Returns: nil where the file has none.
  /// - Throws: `DamagedModel` where it can't be read.
  static func read(_ file: SafeTensors) throws -> KeptSearch? {
    guard let text = file.metadata[key] else { return nil }
    guard let search = try? JSONText.decode(KeptSearch.self, from: text) else {
      throw DamagedModel(description: "its trials of a search are damaged")
    }
    return search
  }
}
