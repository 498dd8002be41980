/// Steps of stochastic gradient descent of a matrix factorisation: see `FactorLoops.descend`.
package struct FactorDescent {
  /// Rows of users, `width` apart.
  package let users: Buffer<Float>
  /// Rows of items, likewise.
  package let items: Buffer<Float>
  /// One for each user.
  package let userBiases: Buffer<Float>
  /// One for each item.
  package let itemBiases: Buffer<Float>
  /// The bias of all: one number.
  package let bias: Buffer<Float>
  /// Numbers in a row, a multiple of 16; what is beyond the factors is 0.
  package let width: Int
  /// The step.
  package let learningRate: Float
  /// What holds numbers back.
  package let regularization: Float

  /// Names what is learnt.
  package init(
    users: Buffer<Float>, items: Buffer<Float>, userBiases: Buffer<Float>,
    itemBiases: Buffer<Float>, bias: Buffer<Float>, width: Int, learningRate: Float,
    regularization: Float
  ) {
    (self.users, self.items, self.userBiases) = (users, items, userBiases)
    (self.itemBiases, self.bias, self.width) = (itemBiases, bias, width)
    (self.learningRate, self.regularization) = (learningRate, regularization)
  }
}

/// The loops of matrix factorisations.
package enum FactorLoops<S: LaneSet> {
  /// Goes one step down the gradient of the log loss for a user's positive and then for each negative.
  ///
  /// - Parameters:
  ///   - model: what is learnt.
  ///   - user: which user.
  ///   - list: a positive item and then the negatives.
  ///   - count: items in the list.
  ///   - weight: of the positive and of its negatives.
  @inlinable
  package static func descend(
    _ model: FactorDescent, user: Int, list: Buffer<UInt32>, count: Int, weight: Float
  ) {
    let width = model.width
    let p = model.users.from(user &* width)
    let keep = 1 - model.learningRate * model.regularization
    var index = 0
    while index < count {
      if index &+ 1 < count {
        model.items.prefetch(Int(list[index &+ 1]) &* width, count: width)
      }
      let item = Int(list[index])
      let q = model.items.from(item &* width)
      let product = S.dot(p, q, width)
      let score = model.bias[0] + model.userBiases[user] + model.itemBiases[item] + product
      let label: Float = index == 0 ? 1 : 0
      let pull = model.learningRate * weight * (label - S.Register(score).sigmoid.leading)
      let (keeps, pulls) = (S.Sixteen(keep), S.Sixteen(pull))
      var place = 0
      while place < width {
        let (own, other) = (S.Sixteen(p, place), S.Sixteen(q, place))
        (keeps * own).addingProduct(pulls, other).store(p, place)
        (keeps * other).addingProduct(pulls, own).store(q, place)
        place &+= 16
      }
      model.userBiases[user] = keep * model.userBiases[user] + pull
      model.itemBiases[item] = keep * model.itemBiases[item] + pull
      model.bias[0] = keep * model.bias[0] + pull
      index &+= 1
    }
  }

  /// Copies rows of a table to consecutive places, once as they are and once times their weight less 1.
  ///
  /// - Parameters:
  ///   - rows: which.
  ///   - weights: one for each.
  ///   - count: how many.
  ///   - table: row r begins at `r * width`.
  ///   - width: a multiple of 8.
  ///   - plain: count x width.
  ///   - scaled: count x width.
  @inlinable
  package static func gatherWeighted(
    _ rows: Buffer<UInt32>, weights: Buffer<Float>, count: Int, of table: Buffer<Float>,
    width: Int, plain: Buffer<Float>, scaled: Buffer<Float>
  ) {
    var index = 0
    while index < count {
      if index &+ 8 < count {
        table.prefetch(Int(rows[index &+ 8]) &* width, count: width)
      }
      let source = Int(rows[index]) &* width
      let target = index &* width
      let excess = weights[index] - 1
      var column = 0
      while column &+ 16 <= width {
        let numbers = S.Sixteen(table, source &+ column)
        numbers.store(plain, target &+ column)
        (numbers * S.Sixteen(excess)).store(scaled, target &+ column)
        column &+= 16
      }
      if column < width {
        let numbers = S.Eight(table, source &+ column)
        numbers.store(plain, target &+ column)
        (numbers * S.Eight(excess)).store(scaled, target &+ column)
      }
      index &+= 1
    }
  }

  /// Dot products of all pairs of rows of two matrices, over sixteen lanes.
  ///
  /// - Parameters:
  ///   - a: aRows x count.
  ///   - aRows: rows of a.
  ///   - b: bRows x count.
  ///   - bRows: rows of b.
  ///   - count: a multiple of 8.
  ///   - c: aRows x bRows, overwritten.
  @inlinable
  package static func rowDots(
    _ a: Matrix, aRows: Int, _ b: Matrix, bRows: Int, count: Int, into c: Matrix
  ) {
    var row = 0
    while row < aRows {
      let left = a.buffer.from(row &* a.stride)
      var other = 0
      while other < bRows {
        let target = c.buffer.from(row &* c.stride &+ other)
        if other &+ 4 <= bRows {
          fourDots(left, b.buffer.from(other &* b.stride), b.stride, count, target)
          other &+= 4
        } else {
          target[0] = S.dot(left, b.buffer.from(other &* b.stride), count)
          other &+= 1
        }
      }
      row &+= 1
    }
  }

  /// The products of a row with four others, which are `stride` apart.
  @inlinable @inline(__always)
  package static func fourDots(
    _ a: Buffer<Float>, _ b: Buffer<Float>, _ stride: Int, _ count: Int, _ c: Buffer<Float>
  ) {
    var (s0, s1) = (S.Sixteen.zero, S.Sixteen.zero)
    var (s2, s3) = (S.Sixteen.zero, S.Sixteen.zero)
    var place = 0
    while place &+ 16 <= count {
      let x = S.Sixteen(a, place)
      s0 = s0.addingProduct(x, S.Sixteen(b, place))
      s1 = s1.addingProduct(x, S.Sixteen(b, stride &+ place))
      s2 = s2.addingProduct(x, S.Sixteen(b, 2 &* stride &+ place))
      s3 = s3.addingProduct(x, S.Sixteen(b, 3 &* stride &+ place))
      place &+= 16
    }
    if place < count {
      let x = S.widened(S.Eight(a, place))
      s0 = s0.addingProduct(x, S.widened(S.Eight(b, place)))
      s1 = s1.addingProduct(x, S.widened(S.Eight(b, stride &+ place)))
      s2 = s2.addingProduct(x, S.widened(S.Eight(b, 2 &* stride &+ place)))
      s3 = s3.addingProduct(x, S.widened(S.Eight(b, 3 &* stride &+ place)))
    }
    c[0] = s0.total
    c[1] = s1.total
    c[2] = s2.total
    c[3] = s3.total
  }
}
