import Interactions
import Testing

struct CounterRandomTests {
  @Test func `a number depends on seed, stream and position alone`() {
    var walked = CounterRandom(seed: 5, stream: 9)
    for position in 0..<100 {
      var placed = CounterRandom(seed: 5, stream: 9, position: UInt64(position))
      #expect(walked.next() == placed.next())
    }
  }

  @Test func `neighbouring seeds and streams share no numbers`() {
    var seen: Set<UInt64> = []
    for seed in 0..<20 {
      for stream in 0..<20 {
        var random = CounterRandom(seed: UInt64(seed), stream: UInt64(stream))
        for _ in 0..<20 { seen.insert(random.next()) }
      }
    }
    #expect(seen.count == 20 * 20 * 20)
  }

  @Test func `each bit is set half of the time, along a stream and across streams`() {
    let draws = 40_000
    var along = [Int](repeating: 0, count: 64)
    var across = along
    var random = CounterRandom(seed: 1, stream: 1)
    for draw in 0..<draws {
      var other = CounterRandom(seed: 1, stream: UInt64(draw))
      let (first, second) = (random.next(), other.next())
      for bit in 0..<64 {
        along[bit] += Int(first >> UInt64(bit) & 1)
        across[bit] += Int(second >> UInt64(bit) & 1)
      }
    }
    for count in along + across { #expect(abs(count - draws / 2) < 500) }
  }

  @Test(arguments: [1, 2, 3, 7, 64, 100]) func `a bounded draw is uniform`(bound: Int) {
    var random = CounterRandom(seed: 3, stream: UInt64(bound))
    var counts = [Int](repeating: 0, count: bound)
    for _ in 0..<20_000 { counts[random.uniform(below: bound)] += 1 }
    #expect(isUniform(counts))
  }

  @Test func `a bound that is not a power of two favours nothing however large it is`() {
    // Without the rejection two thirds of the draws would fall into the lower half.
    let bound = Int.max / 2 + Int.max / 4
    var random = CounterRandom(seed: 4, stream: 0)
    let low = (0..<20_000).count { _ in random.uniform(below: bound) < bound / 2 }
    #expect(abs(low - 10_000) < 400)
  }

  @Test func `fractions lie below 1 and average a half`() {
    var random = CounterRandom(seed: 6, stream: 0)
    let draws = (0..<50_000).map { _ in random.uniform() }
    #expect(draws.allSatisfy { (0..<1).contains($0) })
    #expect(abs(draws.reduce(0, +) / 50_000 - 0.5) < 0.006)
  }

  @Test func `gaussian draws have the moments of the normal distribution`() {
    var random = CounterRandom(seed: 7, stream: 0)
    let draws = (0..<100_000).map { _ in random.gaussian() }
    func moment(_ power: Int) -> Double {
      draws.reduce(0) { sum, draw in sum + (0..<power).reduce(1) { product, _ in product * draw } }
        / Double(draws.count)
    }
    #expect(abs(moment(1)) < 0.015)
    #expect(abs(moment(2) - 1) < 0.025)
    #expect(abs(moment(3)) < 0.05)
    #expect(abs(moment(4) - 3) < 0.15)
  }
}

/// Tells whether counts could come from equal chances: chi-square within 5 standard deviations.
func isUniform(_ counts: [Int]) -> Bool {
  guard counts.count > 1 else { return true }
  let expected = Double(counts.reduce(0, +)) / Double(counts.count)
  let statistic = counts.reduce(0.0) { sum, count in
    let difference = Double(count) - expected
    return sum + difference * difference / expected
  }
  let freedom = Double(counts.count - 1)
  return abs(statistic - freedom) < 5 * (2 * freedom).squareRoot() + 1
}
