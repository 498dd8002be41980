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
    var (upper, lower) = (PeakSums<S.Register>(), PeakSums<S.Register>())
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
  package var s0 = V(0)
  /// One chain.
  package var s1 = V(1)
  /// One chain.
  package var s2 = V(2)
  /// One chain.
  package var s3 = V(3)
  /// One chain.
  package var s4 = V(4)
  /// One chain.
  package var s5 = V(5)

  /// Chains of different beginnings.
  @inlinable @inline(__always)
  package init() {}

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
