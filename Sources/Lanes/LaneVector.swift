/// Numbers side by side that one operation handles together.
///
/// Every operation is the one of IEEE 754 on each lane, whatever registers it takes: a kernel that is
/// written with them gives the same bits for each set of lanes. `a * b + c` is two roundings;
/// `addingProduct` is one. What is called bits treats the numbers as patterns of 32 bits.
package protocol LaneVector: SendableMetatype {
  /// How many numbers it holds.
  static var count: Int { get }
  /// How many registers it takes.
  static var registers: Int { get }

  /// The same number in every lane.
  init(_ number: Float)
  /// The numbers from a position on.
  init(_ buffer: Buffer<Float>, _ position: Int)
  /// Overwrites the numbers from a position on.
  func store(_ buffer: Buffer<Float>, _ position: Int)

  static func + (left: Self, right: Self) -> Self
  static func - (left: Self, right: Self) -> Self
  static func * (left: Self, right: Self) -> Self
  static func / (left: Self, right: Self) -> Self
  /// This plus the product of two others, rounded once.
  func addingProduct(_ left: Self, _ right: Self) -> Self
  /// Square roots.
  var squareRoot: Self { get }

  /// The bits that both have.
  static func & (left: Self, right: Self) -> Self
  /// The bits that either has.
  static func | (left: Self, right: Self) -> Self
  /// The bits that the mask lacks.
  func without(_ mask: Self) -> Self
  /// All bits where the sign is minus, none elsewhere.
  var isNegative: Self { get }
  /// All bits where the pattern is an integer above 0, none elsewhere.
  var isPositivePattern: Self { get }
  /// Multiplied by a power of two: the low bits of `power`'s patterns are added to the exponents.
  func scaled(byPattern power: Self) -> Self
  /// The power of two in each number, as a number: 1.5 has 0, 4 has 2. For normal numbers above 0.
  var exponent: Self { get }

  /// The sum of all lanes: each half of the lanes is added to the other until one is left.
  var total: Float { get }
  /// The number in the first lane.
  var leading: Float { get }
}

extension LaneVector {
  /// Zeros.
  @inlinable @inline(__always)
  package static var zero: Self { Self(0) }

  /// Without signs.
  @inlinable @inline(__always)
  package var magnitude: Self { without(Self(-0.0)) }

  /// The numbers where their sign is plus, 0 elsewhere: ReLU.
  @inlinable @inline(__always)
  package var rectified: Self { without(isNegative) }

  /// The numbers where ReLU gave more than 0, and 0 elsewhere: its derivative's factor.
  ///
  /// - Parameter output: what `rectified` gave: no lane of it has a minus.
  /// - Returns: for each lane this number or 0.
  @inlinable @inline(__always)
  package func kept(whereRectified output: Self) -> Self { self & output.isPositivePattern }

  /// This where a mask has its bits, another elsewhere.
  @inlinable @inline(__always)
  package func selected(where mask: Self, else other: Self) -> Self {
    (self & mask) | other.without(mask)
  }

  /// The larger of two, lane by lane; neither is infinite or not a number.
  @inlinable @inline(__always)
  package func maximum(_ other: Self) -> Self {
    other.selected(where: (self - other).isNegative, else: self)
  }
}

/// The sizes of vectors that a set of instructions has, under names that kernels use.
///
/// `Set` is a type of its own for each set, so that what the compiler makes of a kernel for one set
/// never has the name of what it makes for another.
package protocol LaneSet: SendableMetatype {
  /// Eight lanes: rows are padded to this.
  associatedtype Eight: LaneVector
  /// Sixteen lanes: what reductions go over.
  associatedtype Sixteen: LaneVector
  /// Two registers: the width of a block of a product.
  associatedtype Broad: LaneVector
  /// One register.
  associatedtype Register: LaneVector
  /// Bits of a register.
  static var bits: Int { get }
  /// Registers that there are.
  static var registers: Int { get }
  /// Eight numbers and then eight times +0.
  static func widened(_ numbers: Eight) -> Sixteen
}
