/// Runs of numbers, by sixteen and then by eight.
extension LaneSet {
  /// Sums products over sixteen lanes: `count` is a multiple of 8, what is missing is +0.
  @inlinable @inline(__always)
  package static func dot(
    _ a: Buffer<Float>, _ b: Buffer<Float>, _ count: Int
  ) -> Float {
    var sum = Sixteen.zero
    var position = 0
    while position &+ 16 <= count {
      sum = sum.addingProduct(Sixteen(a, position), Sixteen(b, position))
      position &+= 16
    }
    if position < count {
      sum = sum.addingProduct(widened(Eight(a, position)), widened(Eight(b, position)))
    }
    return sum.total
  }

  /// Adds a multiple of some numbers to others; the count is a multiple of 8.
  @inlinable @inline(__always)
  package static func add(
    _ addend: Buffer<Float>, times factor: Float, to sum: Buffer<Float>, _ count: Int
  ) {
    let (wide, narrow) = (Sixteen(factor), Eight(factor))
    var position = 0
    while position &+ 16 <= count {
      Sixteen(sum, position).addingProduct(Sixteen(addend, position), wide).store(sum, position)
      position &+= 16
    }
    if position < count {
      Eight(sum, position).addingProduct(Eight(addend, position), narrow).store(sum, position)
    }
  }

  /// Adds numbers to others; the count is a multiple of 8.
  @inlinable @inline(__always)
  package static func add(_ addend: Buffer<Float>, to sum: Buffer<Float>, _ count: Int) {
    var position = 0
    while position &+ 16 <= count {
      (Sixteen(sum, position) + Sixteen(addend, position)).store(sum, position)
      position &+= 16
    }
    if position < count {
      (Eight(sum, position) + Eight(addend, position)).store(sum, position)
    }
  }

  /// Copies numbers; the count is a multiple of 8.
  @inlinable @inline(__always)
  package static func copy(_ source: Buffer<Float>, to target: Buffer<Float>, _ count: Int) {
    var position = 0
    while position &+ 16 <= count {
      Sixteen(source, position).store(target, position)
      position &+= 16
    }
    if position < count { Eight(source, position).store(target, position) }
  }
}
