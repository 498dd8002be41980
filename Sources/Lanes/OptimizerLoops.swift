/// The numbers of Adam's step t (Kingma and Ba 2015) that are the same for every parameter.
///
/// The moments keep 0.9 and 0.999 of themselves a step; the divisor's epsilon is 1e-8.
package struct AdamStep {
  /// The learning rate over the first moment's bias correction.
  package let rate: Float
  /// One over the square root of the second moment's bias correction.
  package let correction: Float

  /// Takes both numbers.
  ///
  /// - Parameters:
  ///   - rate: the learning rate over the first moment's bias correction.
  ///   - correction: one over the square root of the second moment's bias correction.
  package init(rate: Float, correction: Float) {
    (self.rate, self.correction) = (rate, correction)
  }
}

/// One step of an optimiser.
package enum OptimizerStep {
  /// Adam, with two moments behind each run of parameters.
  case adam(AdamStep)
  /// Adagrad as PyTorch's, with the sum of squares behind each run.
  case adagrad(learningRate: Float)
  /// Plain stochastic gradient descent.
  case sgd(learningRate: Float)
}

/// Rows of a table that a step moves, by slot: see `OptimizerLoops.moveRows`.
package struct RowMoves {
  /// Slots to move.
  package let slots: Buffer<Int32>
  /// How many.
  package let count: Int
  /// The table's row of each slot.
  package let rows: Buffer<UInt32>
  /// The first gradient of each slot.
  package let first: Buffer<Int32>
  /// The next gradient of the same slot; -1 at the end.
  package let next: Buffer<Int32>
  /// For each slot whether its row stays as it is; none: all move.
  package let dropped: Buffer<Bool>

  /// Names the slots and where their gradients are.
  package init(
    slots: Buffer<Int32>, count: Int, rows: Buffer<UInt32>, first: Buffer<Int32>,
    next: Buffer<Int32>, dropped: Buffer<Bool>
  ) {
    (self.slots, self.count, self.rows) = (slots, count, rows)
    (self.first, self.next, self.dropped) = (first, next, dropped)
  }
}

/// Steps of the optimisers over runs of parameters; counts are multiples of 8.
package enum OptimizerLoops<S: LaneSet> {
  /// Moves a run of parameters, whose moments or sums are `width` and twice `width` behind it.
  ///
  /// - Parameters:
  ///   - p: the run.
  ///   - width: numbers between parameters and their moments.
  ///   - gradient: count.
  ///   - count: a multiple of 8.
  ///   - step: what moves them.
  @inlinable
  package static func move(
    _ p: Buffer<Float>, width: Int, gradient: Buffer<Float>, count: Int, step: OptimizerStep
  ) {
    switch step {
    case .adam(let step): adam(p, width, gradient, count, step)
    case .adagrad(let rate): adagrad(p, width, gradient, count, rate)
    case .sgd(let rate): S.add(gradient, times: -rate, to: p, count)
    }
  }

  /// Moves rows of a table, each with its gradients summed in their order.
  ///
  /// The sum takes the place of the first gradient.
  ///
  /// - Parameters:
  ///   - moves: which rows and where their gradients are.
  ///   - table: row r begins at `r * pitch`.
  ///   - pitch: see there.
  ///   - width: numbers in a row and in a gradient, a multiple of 8.
  ///   - gradients: rows of `width`.
  ///   - step: what moves them.
  @inlinable
  package static func moveRows(
    _ moves: RowMoves, of table: Buffer<Float>, pitch: Int, width: Int,
    gradients: Buffer<Float>, step: OptimizerStep
  ) {
    switch step {
    case .adam(let step):
      moveRows(moves, table, pitch, width, gradients) { run, gradient in
        adam(run, width, gradient, width, step)
      }
    case .adagrad(let rate):
      moveRows(moves, table, pitch, width, gradients) { run, gradient in
        adagrad(run, width, gradient, width, rate)
      }
    case .sgd(let rate):
      moveRows(moves, table, pitch, width, gradients) { run, gradient in
        S.add(gradient, times: -rate, to: run, width)
      }
    }
  }

  /// Sums the gradients of each row, and moves it by a function of the run and the sum.
  @inlinable @inline(__always)
  package static func moveRows(
    _ moves: RowMoves, _ table: Buffer<Float>, _ pitch: Int, _ width: Int,
    _ gradients: Buffer<Float>, _ move: (_ run: Buffer<Float>, _ gradient: Buffer<Float>) -> Void
  ) {
    var index = 0
    while index < moves.count {
      if index &+ 10 < moves.count {
        let row = Int(moves.rows[Int(moves.slots[index &+ 10])])
        table.prefetch(row &* pitch, count: pitch)
      }
      let slot = Int(moves.slots[index])
      let first = Int(moves.first[slot])
      let sum = gradients.from(first &* width)
      var other = moves.next[first]
      while other >= 0 {
        S.add(gradients.from(Int(other) &* width), to: sum, width)
        other = moves.next[Int(other)]
      }
      if moves.dropped.count == 0 || !moves.dropped[slot] {
        move(table.from(Int(moves.rows[slot]) &* pitch), sum)
      }
      index &+= 1
    }
  }

  /// Adam: moves parameters and updates both moments.
  @inlinable @inline(__always)
  package static func adam(
    _ p: Buffer<Float>, _ width: Int, _ gradient: Buffer<Float>, _ count: Int, _ step: AdamStep
  ) {
    var position = 0
    while position &+ 16 <= count {
      adam(S.Sixteen.self, p, width, gradient, position, step)
      position &+= 16
    }
    if position < count { adam(S.Eight.self, p, width, gradient, position, step) }
  }

  /// Adam on one vector.
  @inlinable @inline(__always)
  package static func adam<V: LaneVector>(
    _ vector: V.Type, _ p: Buffer<Float>, _ width: Int, _ gradient: Buffer<Float>,
    _ position: Int, _ step: AdamStep
  ) {
    let (m, v) = (p.from(width), p.from(2 &* width))
    let g = V(gradient, position)
    let (beta1, beta2): (Float, Float) = (0.9, 0.999)
    let first = (V(1 - beta1) * g).addingProduct(V(beta1), V(m, position))
    let second = (V(1 - beta2) * g * g).addingProduct(V(beta2), V(v, position))
    first.store(m, position)
    second.store(v, position)
    let divisor = V(1e-8).addingProduct(second.squareRoot, V(step.correction))
    (V(p, position) - V(step.rate) * first / divisor).store(p, position)
  }

  /// Adagrad: `s += g^2`, `p -= rate g / (sqrt(s) + 1e-10)`.
  @inlinable @inline(__always)
  package static func adagrad(
    _ p: Buffer<Float>, _ width: Int, _ gradient: Buffer<Float>, _ count: Int, _ rate: Float
  ) {
    var position = 0
    while position &+ 16 <= count {
      adagrad(S.Sixteen.self, p, width, gradient, position, rate)
      position &+= 16
    }
    if position < count { adagrad(S.Eight.self, p, width, gradient, position, rate) }
  }

  /// Adagrad on one vector.
  @inlinable @inline(__always)
  package static func adagrad<V: LaneVector>(
    _ vector: V.Type, _ p: Buffer<Float>, _ width: Int, _ gradient: Buffer<Float>,
    _ position: Int, _ rate: Float
  ) {
    let s = p.from(width)
    let g = V(gradient, position)
    let sum = V(s, position) + g * g
    sum.store(s, position)
    (V(p, position) - V(rate) * g / (sum.squareRoot + V(1e-10))).store(p, position)
  }
}
