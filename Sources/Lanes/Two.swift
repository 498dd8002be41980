/// Two vectors as one of twice the width: the lanes of the first come first.
package struct Two<Half: LaneVector>: LaneVector {
  /// The first half of the lanes.
  package var first: Half
  /// The second half.
  package var second: Half

  /// Both halves.
  @inlinable @inline(__always)
  package init(_ first: Half, _ second: Half) { (self.first, self.second) = (first, second) }

  /// How many numbers it holds.
  @inlinable @inline(__always)
  package static var count: Int { 2 * Half.count }
  /// How many registers it takes.
  @inlinable @inline(__always)
  package static var registers: Int { 2 * Half.registers }

  /// The same number in every lane.
  @inlinable @inline(__always)
  package init(_ number: Float) { self.init(Half(number), Half(number)) }
  /// The numbers from a position on.
  @inlinable @inline(__always)
  package init(_ buffer: Buffer<Float>, _ position: Int) {
    self.init(Half(buffer, position), Half(buffer, position &+ Half.count))
  }
  /// Overwrites the numbers from a position on.
  @inlinable @inline(__always)
  package func store(_ buffer: Buffer<Float>, _ position: Int) {
    first.store(buffer, position)
    second.store(buffer, position &+ Half.count)
  }

  /// Sums.
  @inlinable @inline(__always)
  package static func + (left: Self, right: Self) -> Self {
    Self(left.first + right.first, left.second + right.second)
  }
  /// Differences.
  @inlinable @inline(__always)
  package static func - (left: Self, right: Self) -> Self {
    Self(left.first - right.first, left.second - right.second)
  }
  /// Products.
  @inlinable @inline(__always)
  package static func * (left: Self, right: Self) -> Self {
    Self(left.first * right.first, left.second * right.second)
  }
  /// Quotients.
  @inlinable @inline(__always)
  package static func / (left: Self, right: Self) -> Self {
    Self(left.first / right.first, left.second / right.second)
  }
  /// This plus a product, rounded once.
  @inlinable @inline(__always)
  package func addingProduct(_ left: Self, _ right: Self) -> Self {
    Self(
      first.addingProduct(left.first, right.first),
      second.addingProduct(left.second, right.second))
  }
  /// Square roots.
  @inlinable @inline(__always)
  package var squareRoot: Self { Self(first.squareRoot, second.squareRoot) }

  /// The bits that both have.
  @inlinable @inline(__always)
  package static func & (left: Self, right: Self) -> Self {
    Self(left.first & right.first, left.second & right.second)
  }
  /// The bits that either has.
  @inlinable @inline(__always)
  package static func | (left: Self, right: Self) -> Self {
    Self(left.first | right.first, left.second | right.second)
  }
  /// The bits that the mask lacks.
  @inlinable @inline(__always)
  package func without(_ mask: Self) -> Self {
    Self(first.without(mask.first), second.without(mask.second))
  }
  /// All bits where the sign is minus.
  @inlinable @inline(__always)
  package var isNegative: Self { Self(first.isNegative, second.isNegative) }
  /// All bits where the pattern is an integer above 0.
  @inlinable @inline(__always)
  package var isPositivePattern: Self {
    Self(first.isPositivePattern, second.isPositivePattern)
  }
  /// Multiplied by a power of two.
  @inlinable @inline(__always)
  package func scaled(byPattern power: Self) -> Self {
    Self(first.scaled(byPattern: power.first), second.scaled(byPattern: power.second))
  }
  /// The power of two in each number.
  @inlinable @inline(__always)
  package var exponent: Self { Self(first.exponent, second.exponent) }

  /// The number in the first lane.
  @inlinable @inline(__always)
  package var leading: Float { first.leading }
  /// The sum of all lanes, half by half.
  @inlinable @inline(__always)
  package var total: Float { (first + second).total }
}
