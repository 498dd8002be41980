/// What a core can do at most, for `ncf-bench` to hold kernels against.
package enum PeakLoops<S: LaneSet> {
  /// Runs twelve independent chains of fused multiply-adds in registers.
  ///
  /// - Parameters:
  ///   - rounds: steps of each chain.
  ///   - result: room for 16 numbers, so that nothing is left out.
  /// - Returns: floating-point operations.
  @inlinable
  package static func run(rounds: Int, into result: Buffer<Float>) -> Int {
    // Chains that begin alike would be one.
    var (upper, lower) = (PeakSums<S.Register>(from: 1), PeakSums<S.Register>(from: 7))
    let factor = S.Register(result, 0)
    var round = 0
    while round < rounds {
      upper.add(factor)
      lower.add(factor)
      round &+= 1
    }
    (upper.sum + lower.sum).store(result, 0)
    return rounds &* 24 &* S.Register.count
  }
}

/// Six chains.
package struct PeakSums<V: LaneVector> {
  /// One chain.
  package var s0: V
  /// One chain.
  package var s1: V
  /// One chain.
  package var s2: V
  /// One chain.
  package var s3: V
  /// One chain.
  package var s4: V
  /// One chain.
  package var s5: V

  /// Chains of different beginnings.
  ///
  /// - Parameter first: where the first begins; the others begin at the numbers after it.
  @inlinable @inline(__always)
  package init(from first: Float) {
    (s0, s1, s2) = (V(first), V(first + 1), V(first + 2))
    (s3, s4, s5) = (V(first + 3), V(first + 4), V(first + 5))
  }

  /// One step of each.
  @inlinable @inline(__always)
  package mutating func add(_ factor: V) {
    s0 = factor.addingProduct(factor, s0)
    s1 = factor.addingProduct(factor, s1)
    s2 = factor.addingProduct(factor, s2)
    s3 = factor.addingProduct(factor, s3)
    s4 = factor.addingProduct(factor, s4)
    s5 = factor.addingProduct(factor, s5)
  }

  /// The sum of all.
  @inlinable @inline(__always)
  package var sum: V { s0 + s1 + s2 + s3 + s4 + s5 }
}
