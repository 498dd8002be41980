import Interactions
import Jobs
import Source
import TestSupport
import Testing

struct CandidateFileTests {
  private let users = Vocabulary(kind: .text, identifiers: .texts(["ann", "bob", "cy"]))
  private let items = Vocabulary(kind: .bigint, identifiers: .integers([10, 20, 30, 40]))

  private func read(_ text: String) throws -> CandidateFile {
    try withFile(text) { try CandidateFile(path: $0, users: users, items: items) }
  }

  private func withFile<R>(_ text: String, _ body: (String) throws -> R) throws -> R {
    let folder = try TemporaryFolder()
    return try body(folder.write(text, to: "candidates"))
  }

  @Test func candidatesAreASetOfKnownItems() throws {
    let file = try read("bob\t30\t10\t30\t99\nzoe\t10\n\nann\t40\n")
    #expect(Array(file.candidates[0]) == [3])
    #expect(Array(file.candidates[1]) == [0, 2])
    #expect(file.candidates[2].isEmpty)
    #expect(file.hasLine == [true, true, false])
    #expect(file.unknownItems == 1)
    #expect(file.unknownUsers == 1)
  }

  @Test func twoLinesOfAUserAreAnError() {
    expectFailure(.data) { try read("bob\t30\nbob\t10\n") }
  }

  @Test func onlyUsersWithALineAreTestedOnTheFile() throws {
    let shop = try Shop()
    let everything = (1...Shop.items).map(String.init).joined(separator: "\t")
    let text = (1...10).map { "\($0)\t\(everything)\n" }.joined() + "7000\t1\n"
    let recorder = Recorder()
    let outcome = try withFile(text) { path in
      try shop.run(shop.job { $0.evaluation.candidates = path }, observer: recorder)
    }
    func tested(_ proto: EvaluationProtocol) -> Int? {
      outcome.metrics.first { $0.model == "neumf" && $0.split == .test && $0.proto == proto }?.n
    }
    #expect(tested(.sampled) == 10)
    #expect(tested(.full) == Shop.users)
    #expect(recorder.notices.contains { $0.contains("50 tested users have no line, 1 lines") })
  }

  @Test func aMissingFileEndsWithSeventyFourAndIsRecorded() throws {
    let shop = try Shop()
    expectFailure(.io) {
      try shop.run(shop.job { $0.evaluation.candidates = "/nonexistent/file" })
    }
    try shop.expect("SELECT status, exit_code FROM ncf.runs", gives: "failed|74")
  }
}
