import Interactions
import Testing

struct IndexMapTests {
  @Test func `an index is another one or none`() {
    let map = IndexMap([2, -1, 0, -1])
    #expect(Array(map) == [2, nil, 0, nil])
    #expect(map[0] == 2 && map[1] == nil)
    #expect(map.missing == [1, 3])
    #expect(IndexMap.identity(2, andNone: 1) == IndexMap([0, 1, -1]))
    #expect(IndexMap(inverting: [1, 3, 0], count: 5) == IndexMap([2, 0, -1, 1, -1]))
    #expect(IndexMap.identity(0).isEmpty)
  }

  @Test func `indices are found by going over both vocabularies once`() {
    let few = Vocabulary(kind: .text, identifiers: .texts(["a", "c", "e"]))
    let many = Vocabulary(kind: .text, identifiers: .texts(["b", "c", "d", "e", "f"]))
    #expect(few.indices(in: many).values == [-1, 1, 3])
    #expect(many.indices(in: few).values == [-1, 1, -1, 2, -1])
    let numbers = Vocabulary(kind: .bigint, identifiers: .integers([-3, 0, 7]))
    #expect(numbers.indices(in: numbers) == .identity(3))
    #expect(numbers.indices(in: few) == .identity(0, andNone: 3))
    let integers = Vocabulary(kind: .integer, identifiers: .integers([7, 12]))
    #expect(integers.indices(in: numbers).values == [2, -1])
    let uuids = Vocabulary(kind: .uuid, identifiers: .uuids([3, 7]))
    let seven = Vocabulary(kind: .uuid, identifiers: .uuids([7]))
    #expect(uuids.indices(in: seven).values == [-1, 0])
    #expect(many.keeping([1, 3]).identifiers == .texts(["c", "e"]))
    #expect(many.keeping { $0 > 2 }.identifiers == .texts(["e", "f"]))
  }
}
