/// The numbers that a batch's sampled softmax shares.
package struct SampledSoftmax {
  /// How many negatives there are.
  package let negatives: Int
  /// Numbers from one row of logits to the next, a multiple of 16.
  package let stride: Int
  /// What is added to negatives' logits in a row whose target is none of them.
  package let correction: Float
  /// The same in a row whose target is one of them, which then counts for nothing.
  package let correctionWithout: Float

  /// Names the numbers.
  package init(negatives: Int, stride: Int, correction: Float, correctionWithout: Float) {
    (self.negatives, self.stride) = (negatives, stride)
    (self.correction, self.correctionWithout) = (correction, correctionWithout)
  }
}

/// The log of a target's share among itself and negatives that all rows of a batch share.
package enum SampledSoftmaxLoops<S: LaneSet> {
  /// Dot products of rows of two matrices, row by row.
  ///
  /// - Parameters:
  ///   - a: rows x width.
  ///   - b: rows x width.
  ///   - rows: how many.
  ///   - width: a multiple of 8.
  ///   - dots: one for each row, overwritten.
  @inlinable
  package static func dots(
    _ a: Buffer<Float>, _ b: Buffer<Float>, rows: Int, width: Int, into dots: Buffer<Float>
  ) {
    var row = 0
    while row < rows {
      dots[row] = S.dot(a.from(row &* width), b.from(row &* width), width)
      row &+= 1
    }
  }

  /// Goes back through `dots`: `da += d b`, and b is overwritten with its gradient `d a`.
  @inlinable
  package static func dotsBackward(
    _ d: Buffer<Float>, _ a: Buffer<Float>, _ b: Buffer<Float>, rows: Int, width: Int,
    da: Buffer<Float>
  ) {
    var row = 0
    while row < rows {
      let slope = S.Eight(d[row])
      var place = row &* width
      let end = place &+ width
      while place < end {
        S.Eight(da, place).addingProduct(slope, S.Eight(b, place)).store(da, place)
        (slope * S.Eight(a, place)).store(b, place)
        place &+= 8
      }
      row &+= 1
    }
  }

  /// Turns logits into the gradient of `-weight log(share of the target)`.
  ///
  /// - Parameters:
  ///   - softmax: what rows share.
  ///   - logits: rows x stride; overwritten with the gradient by the negatives' logits.
  ///   - targets: the targets' logits; overwritten with their gradient.
  ///   - hits: for each row which negative is its target; -1 for none.
  ///   - weights: one for each row.
  ///   - rows: how many.
  ///   - leads: the targets' logits less the largest of the row, overwritten.
  ///   - totals: the sums of exponentials less the largest's, overwritten: a row's loss is
  ///     `log(total) - lead`.
  ///   - scratch: room for 16 numbers.
  @inlinable
  package static func gradient(
    _ softmax: SampledSoftmax, logits: Buffer<Float>, targets: Buffer<Float>,
    hits: Buffer<Int32>, weights: Buffer<Float>, rows: Int, leads: Buffer<Float>,
    totals: Buffer<Float>, scratch: Buffer<Float>
  ) {
    var row = 0
    while row < rows {
      let own = logits.from(row &* softmax.stride)
      var place = softmax.negatives
      while place < softmax.stride {
        own[place] = -Float.greatestFiniteMagnitude
        place &+= 1
      }
      var correction = softmax.correction
      if hits[row] >= 0 {
        own[Int(hits[row])] = -Float.greatestFiniteMagnitude
        correction = softmax.correctionWithout
      }
      let target = targets[row]
      let best = largest(own, softmax.stride, correction, target, scratch)
      let shift = S.Sixteen(correction - best)
      var sum = S.Sixteen.zero
      place = 0
      while place < softmax.stride {
        let power = (S.Sixteen(own, place) + shift).exponentialUpTo0
        power.store(own, place)
        sum = sum + power
        place &+= 16
      }
      let others = sum.total
      let lead = target - best
      let total = S.Register(lead).exponentialUpTo0.leading + others
      let scale = weights[row] / total
      let factor = S.Sixteen(scale)
      place = 0
      while place < softmax.stride {
        (S.Sixteen(own, place) * factor).store(own, place)
        place &+= 16
      }
      (leads[row], totals[row], targets[row]) = (lead, total, -scale * others)
      row &+= 1
    }
  }

  /// The largest logit of a row, with the correction.
  @inlinable @inline(__always)
  package static func largest(
    _ logits: Buffer<Float>, _ count: Int, _ correction: Float, _ target: Float,
    _ scratch: Buffer<Float>
  ) -> Float {
    var most = S.Sixteen(logits, 0)
    var place = 16
    while place < count {
      most = most.maximum(S.Sixteen(logits, place))
      place &+= 16
    }
    most.store(scratch, 0)
    var best = scratch[0]
    place = 1
    while place < 16 {
      if scratch[place] > best { best = scratch[place] }
      place &+= 1
    }
    best += correction
    return target > best ? target : best
  }
}
