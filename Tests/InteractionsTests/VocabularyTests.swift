import Interactions
import Testing

struct VocabularyTests {
  @Test(arguments: [IdentifierKind.bigint, .integer])
  func `numbers are put in order and found again`(kind: IdentifierKind) {
    var builder = VocabularyBuilder(kind: kind)
    let numbers = [Int64(7), -3, 7, 1000, Int64(Int32.max), -3, 0].map { builder.intern($0) }
    #expect(numbers == [0, 1, 0, 2, 3, 1, 4])
    #expect(builder.count == 5)
    let (vocabulary, map) = builder.finish()
    #expect(vocabulary.identifiers == .integers([-3, 0, 7, 1000, Int64(Int32.max)]))
    #expect(map.values == [2, 0, 3, 4, 1])
    #expect(vocabulary.text(at: 0) == "-3")
    #expect(vocabulary.index(of: "1000") == 3)
    #expect(vocabulary.index(of: "8") == nil)
    #expect(vocabulary.index(of: "seven") == nil)
  }

  @Test func `the extremes of bigint are identifiers like others`() {
    var builder = VocabularyBuilder(kind: .bigint)
    for value in [Int64.max, .min, 0] { _ = builder.intern(value) }
    let (vocabulary, _) = builder.finish()
    #expect(vocabulary.text(at: 0) == "-9223372036854775808")
    #expect(vocabulary.index(of: "9223372036854775807") == 2)
  }

  @Test func `thousands of identifiers keep their numbers while the table grows`() {
    var builder = VocabularyBuilder(kind: .bigint)
    var random = CounterRandom(seed: 1, stream: 0)
    var known: [Int64: UInt32] = [:]
    for _ in 0..<20_000 {
      let identifier = Int64(random.uniform(below: 8_000)) * 1_024
      let number = builder.intern(identifier)
      #expect(number == known[identifier, default: UInt32(known.count)])
      known[identifier] = number
    }
    let (vocabulary, map) = builder.finish()
    #expect(vocabulary.count == known.count)
    for (identifier, number) in known {
      #expect(vocabulary.index(of: String(identifier)) == map[Int(number)])
    }
  }

  @Test func `uuids are ordered by bytes and written as PostgreSQL does`() throws {
    let texts = [
      "ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000001",
      "6f9619ff-8b86-d011-b42d-00c04fc964ff", "00112233-4455-6677-8899-aabbccddeeff",
    ]
    var builder = VocabularyBuilder(kind: .uuid)
    for text in texts + texts { _ = builder.intern(try #require(Vocabulary.uuid(fromText: text))) }
    let (vocabulary, map) = builder.finish()
    #expect((0..<4).map { vocabulary.text(at: $0) } == texts.sorted())
    for (number, text) in texts.enumerated() {
      #expect(vocabulary.index(of: text) == map[number])
      #expect(vocabulary.index(of: text.uppercased()) == map[number])
    }
    #expect(vocabulary.index(of: "00000000-0000-0000-0000-000000000002") == nil)
  }

  @Test(arguments: [
    "", "00000000-0000-0000-0000-00000000000", "00000000-0000-0000-0000-0000000000011",
    "g0000000-0000-0000-0000-000000000001",
  ])
  func `what is no uuid is not read as one`(text: String) {
    #expect(Vocabulary.uuid(fromText: text) == nil)
  }

  @Test func `texts are ordered and told apart by their bytes`() {
    let composed = "caf\u{E9}"
    let decomposed = "cafe\u{301}"
    let texts = ["b", "", "B", composed, decomposed, "a much longer identifier, by far", "b"]
    var builder = VocabularyBuilder(kind: .text)
    let numbers = texts.map { builder.intern($0) }
    #expect(numbers == [0, 1, 2, 3, 4, 5, 0])
    let (vocabulary, map) = builder.finish()
    let expected = ["", "B", "a much longer identifier, by far", "b", decomposed, composed]
    #expect((0..<6).map { Array(vocabulary.text(at: $0).utf8) } == expected.map { Array($0.utf8) })
    #expect(map.values == [3, 0, 1, 5, 4, 2])
    #expect(vocabulary.index(of: composed) == 5)
    #expect(vocabulary.index(of: decomposed) == 4)
    #expect(vocabulary.index(of: "c") == nil)
    let one = Vocabulary(kind: .text, identifiers: .texts([composed]))
    #expect(one != Vocabulary(kind: .text, identifiers: .texts([decomposed])))
  }

  @Test func `many texts are found again while the table grows`() {
    var builder = VocabularyBuilder(kind: .text)
    for number in 0..<3_000 { #expect(builder.intern("user-\(number)") == UInt32(number)) }
    for number in 0..<3_000 { #expect(builder.intern("user-\(number)") == UInt32(number)) }
    let (vocabulary, map) = builder.finish()
    for (number, index) in map.enumerated() {
      #expect(index.map { vocabulary.text(at: $0) } == "user-\(number)")
    }
  }

  @Test func `a union holds each identifier of both once, in order`() {
    let own = Vocabulary(kind: .bigint, identifiers: .integers([2, 4, 6, 9]))
    let other = Vocabulary(kind: .integer, identifiers: .integers([1, 4, 5, 10, 11]))
    let union = own.union(other)
    #expect(union == Vocabulary(kind: .bigint, identifiers: .integers([1, 2, 4, 5, 6, 9, 10, 11])))
    #expect(own.union(own) == own && own.union(own.keeping([])) == own)
    #expect(other.indices(in: union).values == [0, 2, 3, 6, 7])
  }

  @Test func `no identifiers make an empty vocabulary`() {
    let (vocabulary, map) = VocabularyBuilder(kind: .text).finish()
    #expect(vocabulary.count == 0)
    #expect(map.isEmpty)
    #expect(vocabulary.index(of: "") == nil)
  }
}
