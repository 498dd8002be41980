import Interactions
import Testing

struct EpochOrderTests {
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 99, 100, 1_000, 4_097, 65_536, 100_003])
  func `every thing is visited once`(count: Int) {
    for epoch in 0..<3 {
      let order = EpochOrder(count: count, seed: 11, epoch: epoch)
      let visited = (0..<count).map { order[$0] }
      #expect(visited.sorted() == Array(0..<count))
    }
  }

  @Test func `nothing to visit is no trouble`() {
    #expect(EpochOrder(count: 0, seed: 1, epoch: 1).count == 0)
  }

  @Test func `epochs and seeds have orders of their own`() {
    func order(_ seed: UInt64, _ epoch: Int) -> [Int] {
      let order = EpochOrder(count: 100, seed: seed, epoch: epoch)
      return (0..<100).map { order[$0] }
    }
    let orders = Set((0..<10).flatMap { seed in (0..<10).map { order(seed, $0) } })
    #expect(orders.count == 100)
    #expect(order(3, 4) == order(3, 4))
  }

  @Test(arguments: [0, 5, 9]) func `over many epochs a position meets all things alike`(
    position: Int
  ) {
    var counts = [Int](repeating: 0, count: 10)
    for epoch in 0..<20_000 { counts[EpochOrder(count: 10, seed: 2, epoch: epoch)[position]] += 1 }
    #expect(isUniform(counts))
  }

  @Test func `neighbours in the order are strangers in number`() {
    let order = EpochOrder(count: 10_000, seed: 8, epoch: 0)
    var gaps = [Int](repeating: 0, count: 10)
    for position in 0..<9_999 {
      gaps[(order[position + 1] - order[position] + 10_000) % 10_000 / 1_000] += 1
    }
    #expect(isUniform(gaps))
  }
}
