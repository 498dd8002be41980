import Interactions
import Testing

struct UniformNegativeSamplerTests {
  /// Users with no positives, with some at the ends and in runs, with all but one item, with all.
  private let positives = UserItems(lists: [
    [], [0], [9], [0, 1, 2, 5, 9], [4, 5, 6], [0, 1, 2, 3, 4, 5, 6, 8, 9], Array(0..<10),
  ])

  @Test(arguments: 0..<6) func `draws are uniform over what is not a positive`(user: Int) {
    let sampler = UniformNegativeSampler(positives: positives, itemCount: 10)
    var random = CounterRandom(seed: 1, stream: UInt64(user))
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<20_000 {
      if let item = sampler.draw(user: user, random: &random) { counts[Int(item)] += 1 }
    }
    let own = positives[user]
    #expect(counts.reduce(0, +) == 20_000)
    #expect(own.allSatisfy { counts[Int($0)] == 0 })
    #expect(isUniform((0..<10).filter { !own.contains(UInt32($0)) }.map { counts[$0] }))
  }

  @Test func `a user who has everything gets nothing`() {
    let sampler = UniformNegativeSampler(positives: positives, itemCount: 10)
    var random = CounterRandom(seed: 1, stream: 1)
    #expect(sampler.draw(user: 6, random: &random) == nil)
  }

  @Test func `the item found is the one that counting would find`() {
    var random = CounterRandom(seed: 2, stream: 0)
    for size in [1, 2, 3, 50, 300] {
      let lists = (0..<30).map { _ in
        let density = random.uniform()
        return (0..<UInt32(size)).filter { _ in random.uniform() < density }
      }
      let positives = UserItems(lists: lists)
      let sampler = UniformNegativeSampler(positives: positives, itemCount: size)
      for user in lists.indices where lists[user].count < size {
        let free = (0..<UInt32(size)).filter { !lists[user].contains($0) }
        for position in 0..<20 {
          var first = CounterRandom(seed: 3, stream: UInt64(user), position: UInt64(position))
          var second = first
          let drawn = sampler.draw(user: user, random: &first)
          #expect(drawn == free[second.uniform(below: free.count)])
        }
      }
    }
  }
}

struct UserItemsTests {
  @Test func `lists are sorted and hold an item once`() {
    let lists = UserItems(lists: [[3, 1, 3], [], [2]])
    #expect(lists.offsets == [0, 2, 2, 3])
    #expect(lists.items == [1, 3, 2])
    #expect(lists.userCount == 3)
    #expect(Array(lists[0]) == [1, 3])
    #expect(lists[1].isEmpty)
  }

  @Test func `an item is found where it is and nowhere else`() {
    let lists = UserItems(lists: [[1, 3, 8], [], [0, 8], [4]])
    for user in 0..<4 {
      for item in UInt32(0)..<10 {
        #expect(lists.contains(user: user, item: item) == lists[user].contains(item))
      }
    }
  }
}
