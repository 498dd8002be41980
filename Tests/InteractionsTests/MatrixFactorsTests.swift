import Interactions
import Testing

struct MatrixFactorsTests {
  private static func drawn(
    _ width: Int, users: Int, items: Int, scale: Float, biases: Bool, seed: UInt64
  ) -> MatrixFactors {
    var random = CounterRandom(seed: seed, stream: 0)
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { _ in scale * Float(random.gaussian()) }
    }
    return MatrixFactors(
      width: width, userCount: users, itemCount: items, users: numbers(users * width),
      items: numbers(items * width), userBiases: biases ? numbers(users) : [],
      itemBiases: biases ? numbers(items) : [])
  }

  /// The standard deviation over all pairs, by definition; a user's bias is left out.
  private static func spread(_ factors: MatrixFactors) -> Double {
    var scores: [Double] = []
    for user in 0..<factors.userCount {
      let bias = factors.userBiases.isEmpty ? 0 : Double(factors.userBiases[user])
      for item in 0..<factors.itemCount {
        scores.append(factors.score(user: user, item: item) - bias)
      }
    }
    let mean = scores.reduce(0, +) / Double(scores.count)
    let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(scores.count)).squareRoot()
  }

  @Test("Side by side, each score is the sum of the parts' over their spreads")
  func sum() {
    let first = Self.drawn(3, users: 40, items: 30, scale: 0.1, biases: false, seed: 1)
    let second = Self.drawn(5, users: 40, items: 30, scale: 2, biases: true, seed: 2)
    let third = Self.drawn(2, users: 40, items: 30, scale: 1, biases: true, seed: 3)
    let parts = [first, second, third]
    let sum = MatrixFactors(summing: parts)
    #expect((sum.width, sum.userCount, sum.itemCount) == (10, 40, 30))
    let spreads = parts.map(Self.spread)
    for user in 0..<40 {
      for item in 0..<30 {
        let expected = zip(parts, spreads).reduce(0) {
          $0 + $1.0.score(user: user, item: item) / $1.1
        }
        // The spread is that of drawn pairs.
        #expect(abs(sum.score(user: user, item: item) - expected) < 0.02 * (abs(expected) + 2))
      }
    }
  }

  @Test("One by itself stays as it is")
  func single() {
    let only = Self.drawn(3, users: 4, items: 5, scale: 7, biases: true, seed: 1)
    #expect(MatrixFactors(summing: [only]) == only)
  }

  @Test("One without any spread adds nothing, and nobody breaks")
  func flat() {
    let flat = MatrixFactors(
      width: 1, userCount: 4, itemCount: 5, users: [0, 0, 0, 0], items: [0, 0, 0, 0, 0])
    let other = Self.drawn(3, users: 4, items: 5, scale: 1, biases: false, seed: 1)
    let sum = MatrixFactors(summing: [flat, other])
    let spread = Self.spread(other)
    for user in 0..<4 {
      for item in 0..<5 {
        let expected = other.score(user: user, item: item) / spread
        #expect(abs(sum.score(user: user, item: item) - expected) < 0.05)
      }
    }
    let empty = MatrixFactors(
      width: 1, userCount: 0, itemCount: 5, users: [], items: [1, 1, 1, 1, 1])
    #expect(MatrixFactors(summing: [empty, empty]).width == 2)
  }
}
