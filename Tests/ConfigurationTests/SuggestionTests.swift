import Testing

@testable import Configuration

/// Which name was meant.
struct SuggestionTests {
  @Test(
    "A slip leads to the name that was meant",
    arguments: [
      ("negativs", "negatives"), ("NEGATIVES", "negatives"), ("epcohs", "epochs"),
      ("keep-runs", "keep_runs"), ("seeed", "seed"),
    ])
  func slip(word: String, meant: String) {
    let names = ["seed", "epochs", "negatives", "keep_runs", "keep_days"]
    #expect(Suggestion.nearest(to: word, among: names) == meant)
  }

  @Test("A word unlike all names leads nowhere", arguments: ["zebra", "x", "", "kilograms"])
  func unlike(word: String) {
    #expect(Suggestion.nearest(to: word, among: ["seed", "epochs", "k"]) == nil)
  }

  @Test("The distance counts a swap of neighbours once")
  func swap() {
    #expect(Suggestion.distance(Array("ab".utf8), Array("ba".utf8)) == 1)
    #expect(Suggestion.distance(Array("kitten".utf8), Array("sitting".utf8)) == 3)
    #expect(Suggestion.distance([], Array("abc".utf8)) == 3)
  }
}
