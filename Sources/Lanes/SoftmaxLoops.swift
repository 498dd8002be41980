/// Sums of exponentials of scores.
package enum SoftmaxLoops<S: LaneSet> {
  /// `sum of exp(scale (s - best))`; minus infinity counts for nothing.
  ///
  /// - Parameters:
  ///   - scores: none above `best`.
  ///   - count: how many.
  ///   - scale: above 0.
  ///   - best: finite.
  ///   - scratch: room for 16 numbers.
  /// - Returns: the sum.
  @inlinable
  package static func sum(
    _ scores: Buffer<Float>, count: Int, scale: Float, relativeTo best: Float,
    scratch: Buffer<Float>
  ) -> Float {
    var sum = S.Sixteen.zero
    let (scales, bests) = (S.Sixteen(scale), S.Sixteen(best))
    var index = 0
    while index &+ 16 <= count {
      sum = sum + ((S.Sixteen(scores, index) - bests) * scales).exponentialUpTo0
      index &+= 16
    }
    if index < count {
      rest(scores, index, count, scratch)
      sum = sum + ((S.Sixteen(scratch, 0) - bests) * scales).exponentialUpTo0
    }
    return sum.total
  }

  /// Sums of the weights `exp(scale (s - best))`, and of the distances `s - best` and their squares
  /// times the weights; minus infinity counts for nothing.
  ///
  /// - Parameters:
  ///   - scores: none above `best`.
  ///   - count: how many.
  ///   - scale: 0 or above.
  ///   - best: finite.
  ///   - scratch: room for 16 numbers.
  /// - Returns: the three sums.
  @inlinable
  package static func moments(
    _ scores: Buffer<Float>, count: Int, scale: Float, relativeTo best: Float,
    scratch: Buffer<Float>
  ) -> (Float, Float, Float) {
    var sums = (S.Sixteen.zero, S.Sixteen.zero, S.Sixteen.zero)
    var index = 0
    while index < count {
      var place = index
      var source = scores
      if index &+ 16 > count {
        rest(scores, index, count, scratch)
        (source, place) = (scratch, 0)
      }
      let scores = S.Sixteen(source, place)
      let isMissing = (scores - S.Sixteen(-Float.greatestFiniteMagnitude)).isNegative
      let distance = (scores - S.Sixteen(best)).without(isMissing)
      let weight = (distance * S.Sixteen(scale)).exponentialUpTo0.without(isMissing)
      sums.0 = sums.0 + weight
      sums.1 = sums.1 + weight * distance
      sums.2 = sums.2 + weight * distance * distance
      index &+= 16
    }
    return (sums.0.total, sums.1.total, sums.2.total)
  }

  /// Copies the last scores, and minus infinity behind them.
  @inlinable @inline(__always)
  package static func rest(
    _ scores: Buffer<Float>, _ index: Int, _ count: Int, _ scratch: Buffer<Float>
  ) {
    var place = 0
    while place < 16 {
      scratch[place] = index &+ place < count ? scores[index &+ place] : -Float.infinity
      place &+= 1
    }
  }
}
