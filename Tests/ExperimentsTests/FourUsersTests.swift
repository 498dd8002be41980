import Testing

@testable import Experiments

/// The example of section 2.2.
struct FourUsersTests {
  @Test("The four users are as alike as the paper says")
  func coefficients() {
    let expected: [(Int, Int, Double)] = [
      (1, 2, 2.0 / 3), (0, 1, 0.5), (0, 2, 0.4), (3, 0, 0.6), (3, 2, 0.4), (3, 1, 0.2),
    ]
    for (first, second, value) in expected {
      #expect(abs(FourUsers.jaccard(first, second) - value) < 1e-12)
      #expect(FourUsers.jaccard(first, second) == FourUsers.jaccard(second, first))
    }
    #expect(FourUsers.errors { FourUsers.jaccard($0, $1) } == 0)
    #expect(FourUsers.errors { _, _ in 1 } == 4)
  }

  @Test("Two non-negative factors keep a wrong order whatever the start; four have none")
  func factorization() {
    #expect(FourUsers.factorizationErrors(factors: 2) == 1)
    #expect(FourUsers.factorizationErrors(factors: 4) == 0)
  }

  @Test("A NeuMF of two factors recovers both orders")
  func network() {
    #expect(FourUsers.neuMFErrors() == 0)
  }
}
