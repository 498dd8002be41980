/// The decays of a user's states, as loops read them: a view, like `Buffer`.
///
/// There are `states` vectors of `width` numbers, one after the other.
package struct HistoryDecays {
  /// What a state keeps of itself at a position, g: states x width.
  package let kept: Buffer<Float>
  /// What a state takes of the position's item, `sqrt(1 - g^2)`: states x width.
  package let taken: Buffer<Float>
  /// Numbers in an item's vector and in a state, a multiple of 8.
  package let width: Int
  /// How many states there are.
  package let states: Int

  /// Names the numbers.
  @inlinable @inline(__always)
  package init(kept: Buffer<Float>, taken: Buffer<Float>, width: Int, states: Int) {
    (self.kept, self.taken, self.width, self.states) = (kept, taken, width, states)
  }

  /// Numbers in all states together.
  @inlinable @inline(__always)
  package var count: Int { states &* width }
}

/// Decayed sums over what a user did, forward and back.
package enum HistoryLoops<S: LaneSet> {
  /// Computes decays from what is learnt: `g = sigmoid(logit)`.
  ///
  /// - Parameters:
  ///   - logits: one for each number of each state.
  ///   - decays: where g and `sqrt(1 - g^2)` go.
  @inlinable
  package static func decays(_ logits: Buffer<Float>, into decays: HistoryDecays) {
    var place = 0
    while place < decays.count {
      let kept = S.Eight(logits, place).sigmoid
      let one = S.Eight(1)
      kept.store(decays.kept, place)
      ((one - kept) * (one + kept)).squareRoot.store(decays.taken, place)
      place &+= 8
    }
  }

  /// Turns the gradient by the decays into the one by the logits: `d *= g (1 - g)`.
  @inlinable
  package static func decaysBackward(_ gradient: Buffer<Float>, decays: HistoryDecays) {
    var place = 0
    while place < decays.count {
      let kept = S.Eight(decays.kept, place)
      (S.Eight(gradient, place) * kept * (S.Eight(1) - kept)).store(gradient, place)
      place &+= 8
    }
  }

  /// Moves the states of a user on over items of a table: `h = g h + sqrt(1 - g^2) y`.
  ///
  /// - Parameters:
  ///   - decays: of the states.
  ///   - rows: the items in order.
  ///   - count: how many.
  ///   - table: the vector of item r begins at `r * pitch`.
  ///   - pitch: see there.
  ///   - state: states x width, moved on.
  @inlinable
  package static func advance(
    _ decays: HistoryDecays, rows: Buffer<UInt32>, count: Int, of table: Buffer<Float>,
    pitch: Int, state: Buffer<Float>
  ) {
    var index = 0
    while index < count {
      if index &+ 8 < count {
        table.prefetch(Int(rows[index &+ 8]) &* pitch, count: decays.width)
      }
      step(decays, table.from(Int(rows[index]) &* pitch), from: state, to: state)
      index &+= 1
    }
  }

  /// Computes the states after each of some positions.
  ///
  /// - Parameters:
  ///   - decays: of the states.
  ///   - y: the items' vectors, count x width.
  ///   - count: how many positions.
  ///   - start: the states before the first position.
  ///   - h: the states after each, count x (states x width).
  @inlinable
  package static func scan(
    _ decays: HistoryDecays, _ y: Buffer<Float>, count: Int, from start: Buffer<Float>,
    into h: Buffer<Float>
  ) {
    let pitch = decays.count
    var index = 0
    while index < count {
      let before = index == 0 ? start : h.from((index &- 1) &* pitch)
      step(decays, y.from(index &* decays.width), from: before, to: h.from(index &* pitch))
      index &+= 1
    }
  }

  /// One position.
  @inlinable @inline(__always)
  package static func step(
    _ decays: HistoryDecays, _ y: Buffer<Float>, from before: Buffer<Float>,
    to after: Buffer<Float>
  ) {
    var first = 0
    while first < decays.count {
      var column = 0
      while column &+ 16 <= decays.width {
        step(S.Sixteen.self, decays, y, column, first &+ column, before, after)
        column &+= 16
      }
      if column < decays.width {
        step(S.Eight.self, decays, y, column, first &+ column, before, after)
      }
      first &+= decays.width
    }
  }

  /// A vector of one position.
  @inlinable @inline(__always)
  package static func step<V: LaneVector>(
    _ vector: V.Type, _ decays: HistoryDecays, _ y: Buffer<Float>, _ column: Int, _ place: Int,
    _ before: Buffer<Float>, _ after: Buffer<Float>
  ) {
    (V(decays.taken, place) * V(y, column))
      .addingProduct(V(decays.kept, place), V(before, place)).store(after, place)
  }

  /// Goes back through `scan`.
  ///
  /// - Parameters:
  ///   - decays: of the states.
  ///   - y: the items' vectors, count x width.
  ///   - h: the states after each position.
  ///   - count: how many positions.
  ///   - start: the states before the first position, which have no gradient.
  ///   - dh: the gradient by the states after each position; what follows from later positions is added.
  ///   - dy: the gradient by the items' vectors, overwritten.
  ///   - dDecays: the gradient by g; what is there is added to.
  @inlinable
  package static func scanBackward(
    _ decays: HistoryDecays, _ y: Buffer<Float>, _ h: Buffer<Float>, count: Int,
    from start: Buffer<Float>, dh: Buffer<Float>, dy: Buffer<Float>, dDecays: Buffer<Float>
  ) {
    let pitch = decays.count
    var index = count &- 1
    while index >= 0 {
      let before = index == 0 ? start : h.from((index &- 1) &* pitch)
      let own = dh.from(index &* pitch)
      let earlier = index == 0 ? own : dh.from((index &- 1) &* pitch)
      let (vector, target) = (y.from(index &* decays.width), dy.from(index &* decays.width))
      var column = 0
      while column < decays.width {
        if column &+ 16 <= decays.width {
          back(
            S.Sixteen.self, decays, vector, column, before, own, earlier, target, dDecays,
            isFirst: index == 0)
          column &+= 16
        } else {
          back(
            S.Eight.self, decays, vector, column, before, own, earlier, target, dDecays,
            isFirst: index == 0)
          column &+= 8
        }
      }
      index &-= 1
    }
  }

  /// A vector of one position, of all states.
  @inlinable @inline(__always)
  package static func back<V: LaneVector>(
    _ vector: V.Type, _ decays: HistoryDecays, _ y: Buffer<Float>, _ column: Int,
    _ before: Buffer<Float>, _ own: Buffer<Float>, _ earlier: Buffer<Float>,
    _ dy: Buffer<Float>, _ dDecays: Buffer<Float>, isFirst: Bool
  ) {
    let item = V(y, column)
    var sum = V.zero
    var place = column
    while place < decays.count {
      let (kept, taken, d) = (V(decays.kept, place), V(decays.taken, place), V(own, place))
      sum = sum.addingProduct(d, taken)
      // The derivative of sqrt(1 - g^2) is -g / sqrt(1 - g^2).
      let slope = V(before, place) - kept / taken * item
      V(dDecays, place).addingProduct(d, slope).store(dDecays, place)
      if !isFirst { V(earlier, place).addingProduct(d, kept).store(earlier, place) }
      place &+= decays.width
    }
    sum.store(dy, column)
  }

  /// Brings rows to mean 0 and deviation 1, and to what is learnt: `z = gain x + bias`.
  ///
  /// Ba, Kiros and Hinton 2016, with 1e-5 added to the variance.
  ///
  /// - Parameters:
  ///   - h: rows x width.
  ///   - rows: how many.
  ///   - width: a multiple of 8.
  ///   - gain: width numbers.
  ///   - bias: width numbers.
  ///   - x: rows x width, overwritten with the numbers before gain and bias; may be h.
  ///   - scales: one over each row's deviation.
  ///   - z: rows x width, overwritten.
  @inlinable
  package static func normalize(
    _ h: Buffer<Float>, rows: Int, width: Int, gain: Buffer<Float>, bias: Buffer<Float>,
    x: Buffer<Float>, scales: Buffer<Float>, into z: Buffer<Float>
  ) {
    let share = 1 / Float(width)
    var row = 0
    while row < rows {
      let own = h.from(row &* width)
      let mean = S.sum(own, width) * share
      let variance = S.squares(own, less: mean, width) * share
      let scale = 1 / S.Register(variance + 1e-5).squareRoot.leading
      scales[row] = scale
      let (target, result) = (x.from(row &* width), z.from(row &* width))
      var place = 0
      while place < width {
        let value = (S.Eight(own, place) - S.Eight(mean)) * S.Eight(scale)
        value.store(target, place)
        S.Eight(bias, place).addingProduct(value, S.Eight(gain, place)).store(result, place)
        place &+= 8
      }
      row &+= 1
    }
  }

  /// Goes back through `normalize`.
  ///
  /// - Parameters:
  ///   - d: the gradient by z; overwritten with the one by h.
  ///   - x: what `normalize` gave.
  ///   - scales: what `normalize` gave.
  ///   - rows: how many.
  ///   - width: a multiple of 8.
  ///   - gain: width numbers.
  ///   - dGain: its gradient, added to.
  ///   - dBias: the gradient by the bias, added to.
  @inlinable
  package static func normalizeBackward(
    _ d: Buffer<Float>, x: Buffer<Float>, scales: Buffer<Float>, rows: Int, width: Int,
    gain: Buffer<Float>, dGain: Buffer<Float>, dBias: Buffer<Float>
  ) {
    let share = 1 / Float(width)
    var row = 0
    while row < rows {
      let (own, value) = (d.from(row &* width), x.from(row &* width))
      var place = 0
      while place < width {
        let (slope, number) = (S.Eight(own, place), S.Eight(value, place))
        S.Eight(dGain, place).addingProduct(slope, number).store(dGain, place)
        (S.Eight(dBias, place) + slope).store(dBias, place)
        (slope * S.Eight(gain, place)).store(own, place)
        place &+= 8
      }
      let mean = S.Eight(S.sum(own, width) * share)
      let along = S.Eight(S.dot(own, value, width) * share)
      let scale = S.Eight(scales[row])
      place = 0
      while place < width {
        let rest = S.Eight(own, place) - mean - along * S.Eight(value, place)
        (rest * scale).store(own, place)
        place &+= 8
      }
      row &+= 1
    }
  }
}

extension LaneSet {
  /// Sums numbers over sixteen lanes: `count` is a multiple of 8, what is missing is +0.
  @inlinable @inline(__always)
  package static func sum(_ numbers: Buffer<Float>, _ count: Int) -> Float {
    var sum = Sixteen.zero
    var place = 0
    while place &+ 16 <= count {
      sum = sum + Sixteen(numbers, place)
      place &+= 16
    }
    if place < count { sum = sum + widened(Eight(numbers, place)) }
    return sum.total
  }

  /// Sums the squares of numbers less a number, likewise.
  @inlinable @inline(__always)
  package static func squares(
    _ numbers: Buffer<Float>, less mean: Float, _ count: Int
  ) -> Float {
    var sum = Sixteen.zero
    var place = 0
    while place &+ 16 <= count {
      let rest = Sixteen(numbers, place) - Sixteen(mean)
      sum = sum.addingProduct(rest, rest)
      place &+= 16
    }
    if place < count {
      let rest = widened(Eight(numbers, place) - Eight(mean))
      sum = sum.addingProduct(rest, rest)
    }
    return sum.total
  }
}
