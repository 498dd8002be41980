private import CProcessor

// Vectors of one register. They differ in width alone; the standard library has no type that is generic
// over the width and is compiled to single instructions.

/// Four numbers: a register of 128 bits.
package struct Lanes4<Tag>: LaneVector {
  /// The numbers.
  package var numbers: SIMD4<Float>

  /// Lanes of these numbers.
  @inlinable @inline(__always)
  package init(_ numbers: SIMD4<Float>) { self.numbers = numbers }

  /// Numbers of these patterns.
  @inlinable @inline(__always)
  package init(bits: SIMD4<Int32>) {
    // Safe: both types are 4 lanes of 32 bits, and every pattern is a number.
    unsafe numbers = unsafeBitCast(bits, to: SIMD4<Float>.self)
  }

  /// The numbers as patterns.
  @inlinable @inline(__always)
  package var bits: SIMD4<Int32> { unsafe unsafeBitCast(numbers, to: SIMD4<Int32>.self) }

  /// How many numbers it holds.
  @inlinable @inline(__always)
  package static var count: Int { 4 }
  /// How many registers it takes.
  @inlinable @inline(__always)
  package static var registers: Int { 1 }

  /// The same number in every lane.
  @inlinable @inline(__always)
  package init(_ number: Float) { numbers = SIMD4(repeating: number) }
  /// The numbers from a position on.
  @inlinable @inline(__always)
  package init(_ buffer: Buffer<Float>, _ position: Int) {
    assert(position >= 0 && position + 4 <= buffer.count)
    numbers = unsafe UnsafeRawPointer(buffer.base + position).loadUnaligned(
      as: SIMD4<Float>.self)
  }
  /// Overwrites the numbers from a position on.
  @inlinable @inline(__always)
  package func store(_ buffer: Buffer<Float>, _ position: Int) {
    assert(position >= 0 && position + 4 <= buffer.count)
    unsafe UnsafeMutableRawPointer(buffer.base + position).storeBytes(
      of: numbers, as: SIMD4<Float>.self)
  }

  /// Sums.
  @inlinable @inline(__always)
  package static func + (left: Self, right: Self) -> Self { Self(left.numbers + right.numbers) }
  /// Differences.
  @inlinable @inline(__always)
  package static func - (left: Self, right: Self) -> Self { Self(left.numbers - right.numbers) }
  /// Products.
  @inlinable @inline(__always)
  package static func * (left: Self, right: Self) -> Self { Self(left.numbers * right.numbers) }
  /// Quotients.
  @inlinable @inline(__always)
  package static func / (left: Self, right: Self) -> Self { Self(left.numbers / right.numbers) }
  /// This plus a product, rounded once.
  @inlinable @inline(__always)
  package func addingProduct(_ left: Self, _ right: Self) -> Self {
    Self(numbers.addingProduct(left.numbers, right.numbers))
  }
  /// Square roots.
  @inlinable @inline(__always)
  package var squareRoot: Self { Self(processor_square_roots_4(numbers)) }

  /// The bits that both have.
  @inlinable @inline(__always)
  package static func & (left: Self, right: Self) -> Self { Self(bits: left.bits & right.bits) }
  /// The bits that either has.
  @inlinable @inline(__always)
  package static func | (left: Self, right: Self) -> Self { Self(bits: left.bits | right.bits) }
  /// The bits that the mask lacks.
  @inlinable @inline(__always)
  package func without(_ mask: Self) -> Self { Self(bits: bits & ~mask.bits) }
  /// All bits where the sign is minus.
  @inlinable @inline(__always)
  package var isNegative: Self { Self(bits: bits &>> 31) }
  /// All bits where the pattern is an integer above 0.
  @inlinable @inline(__always)
  package var isPositivePattern: Self { Self(bits: (SIMD4<Int32>.zero &- bits) &>> 31) }
  /// Multiplied by a power of two.
  @inlinable @inline(__always)
  package func scaled(byPattern power: Self) -> Self { Self(bits: bits &+ (power.bits &<< 23)) }
  /// The power of two in each number.
  @inlinable @inline(__always)
  package var exponent: Self {
    // A whole number below 2^22 in the low bits of 1.5 * 2^23 is that number more.
    let shifted = SIMD4<Int32>(repeating: 0x4B40_0000) &+ ((bits &>> 23) &- 127)
    return Self(bits: shifted) - Self(12_582_912)
  }

  /// The number in the first lane.
  @inlinable @inline(__always)
  package var leading: Float { numbers[0] }
  /// The sum of all lanes, half by half.
  @inlinable @inline(__always)
  package var total: Float {
    let pair = numbers.lowHalf + numbers.highHalf
    return pair[0] + pair[1]
  }
}

/// Eight numbers: a register of 256 bits.
package struct Lanes8<Tag>: LaneVector {
  /// The numbers.
  package var numbers: SIMD8<Float>

  /// Lanes of these numbers.
  @inlinable @inline(__always)
  package init(_ numbers: SIMD8<Float>) { self.numbers = numbers }

  /// Numbers of these patterns.
  @inlinable @inline(__always)
  package init(bits: SIMD8<Int32>) {
    // Safe: both types are 8 lanes of 32 bits, and every pattern is a number.
    unsafe numbers = unsafeBitCast(bits, to: SIMD8<Float>.self)
  }

  /// The numbers as patterns.
  @inlinable @inline(__always)
  package var bits: SIMD8<Int32> { unsafe unsafeBitCast(numbers, to: SIMD8<Int32>.self) }

  /// How many numbers it holds.
  @inlinable @inline(__always)
  package static var count: Int { 8 }
  /// How many registers it takes.
  @inlinable @inline(__always)
  package static var registers: Int { 1 }

  /// The same number in every lane.
  @inlinable @inline(__always)
  package init(_ number: Float) { numbers = SIMD8(repeating: number) }
  /// The numbers from a position on.
  @inlinable @inline(__always)
  package init(_ buffer: Buffer<Float>, _ position: Int) {
    assert(position >= 0 && position + 8 <= buffer.count)
    numbers = unsafe UnsafeRawPointer(buffer.base + position).loadUnaligned(
      as: SIMD8<Float>.self)
  }
  /// Overwrites the numbers from a position on.
  @inlinable @inline(__always)
  package func store(_ buffer: Buffer<Float>, _ position: Int) {
    assert(position >= 0 && position + 8 <= buffer.count)
    unsafe UnsafeMutableRawPointer(buffer.base + position).storeBytes(
      of: numbers, as: SIMD8<Float>.self)
  }

  /// Sums.
  @inlinable @inline(__always)
  package static func + (left: Self, right: Self) -> Self { Self(left.numbers + right.numbers) }
  /// Differences.
  @inlinable @inline(__always)
  package static func - (left: Self, right: Self) -> Self { Self(left.numbers - right.numbers) }
  /// Products.
  @inlinable @inline(__always)
  package static func * (left: Self, right: Self) -> Self { Self(left.numbers * right.numbers) }
  /// Quotients.
  @inlinable @inline(__always)
  package static func / (left: Self, right: Self) -> Self { Self(left.numbers / right.numbers) }
  /// This plus a product, rounded once.
  @inlinable @inline(__always)
  package func addingProduct(_ left: Self, _ right: Self) -> Self {
    Self(numbers.addingProduct(left.numbers, right.numbers))
  }
  /// Square roots.
  @inlinable @inline(__always)
  package var squareRoot: Self { Self(processor_square_roots_8(numbers)) }

  /// The bits that both have.
  @inlinable @inline(__always)
  package static func & (left: Self, right: Self) -> Self { Self(bits: left.bits & right.bits) }
  /// The bits that either has.
  @inlinable @inline(__always)
  package static func | (left: Self, right: Self) -> Self { Self(bits: left.bits | right.bits) }
  /// The bits that the mask lacks.
  @inlinable @inline(__always)
  package func without(_ mask: Self) -> Self { Self(bits: bits & ~mask.bits) }
  /// All bits where the sign is minus.
  @inlinable @inline(__always)
  package var isNegative: Self { Self(bits: bits &>> 31) }
  /// All bits where the pattern is an integer above 0.
  @inlinable @inline(__always)
  package var isPositivePattern: Self { Self(bits: (SIMD8<Int32>.zero &- bits) &>> 31) }
  /// Multiplied by a power of two.
  @inlinable @inline(__always)
  package func scaled(byPattern power: Self) -> Self { Self(bits: bits &+ (power.bits &<< 23)) }
  /// The power of two in each number.
  @inlinable @inline(__always)
  package var exponent: Self {
    // A whole number below 2^22 in the low bits of 1.5 * 2^23 is that number more.
    let shifted = SIMD8<Int32>(repeating: 0x4B40_0000) &+ ((bits &>> 23) &- 127)
    return Self(bits: shifted) - Self(12_582_912)
  }

  /// The number in the first lane.
  @inlinable @inline(__always)
  package var leading: Float { numbers[0] }
  /// The sum of all lanes, half by half.
  @inlinable @inline(__always)
  package var total: Float { Lanes4<Tag>(numbers.lowHalf + numbers.highHalf).total }
}

/// Sixteen numbers: a register of 512 bits.
package struct Lanes16<Tag>: LaneVector {
  /// The numbers.
  package var numbers: SIMD16<Float>

  /// Lanes of these numbers.
  @inlinable @inline(__always)
  package init(_ numbers: SIMD16<Float>) { self.numbers = numbers }

  /// Numbers of these patterns.
  @inlinable @inline(__always)
  package init(bits: SIMD16<Int32>) {
    // Safe: both types are 16 lanes of 32 bits, and every pattern is a number.
    unsafe numbers = unsafeBitCast(bits, to: SIMD16<Float>.self)
  }

  /// The numbers as patterns.
  @inlinable @inline(__always)
  package var bits: SIMD16<Int32> { unsafe unsafeBitCast(numbers, to: SIMD16<Int32>.self) }

  /// How many numbers it holds.
  @inlinable @inline(__always)
  package static var count: Int { 16 }
  /// How many registers it takes.
  @inlinable @inline(__always)
  package static var registers: Int { 1 }

  /// The same number in every lane.
  @inlinable @inline(__always)
  package init(_ number: Float) { numbers = SIMD16(repeating: number) }
  /// The numbers from a position on.
  @inlinable @inline(__always)
  package init(_ buffer: Buffer<Float>, _ position: Int) {
    assert(position >= 0 && position + 16 <= buffer.count)
    numbers = unsafe UnsafeRawPointer(buffer.base + position).loadUnaligned(
      as: SIMD16<Float>.self)
  }
  /// Overwrites the numbers from a position on.
  @inlinable @inline(__always)
  package func store(_ buffer: Buffer<Float>, _ position: Int) {
    assert(position >= 0 && position + 16 <= buffer.count)
    unsafe UnsafeMutableRawPointer(buffer.base + position).storeBytes(
      of: numbers, as: SIMD16<Float>.self)
  }

  /// Sums.
  @inlinable @inline(__always)
  package static func + (left: Self, right: Self) -> Self { Self(left.numbers + right.numbers) }
  /// Differences.
  @inlinable @inline(__always)
  package static func - (left: Self, right: Self) -> Self { Self(left.numbers - right.numbers) }
  /// Products.
  @inlinable @inline(__always)
  package static func * (left: Self, right: Self) -> Self { Self(left.numbers * right.numbers) }
  /// Quotients.
  @inlinable @inline(__always)
  package static func / (left: Self, right: Self) -> Self { Self(left.numbers / right.numbers) }
  /// This plus a product, rounded once.
  @inlinable @inline(__always)
  package func addingProduct(_ left: Self, _ right: Self) -> Self {
    Self(numbers.addingProduct(left.numbers, right.numbers))
  }
  /// Square roots.
  @inlinable @inline(__always)
  package var squareRoot: Self { Self(processor_square_roots_16(numbers)) }

  /// The bits that both have.
  @inlinable @inline(__always)
  package static func & (left: Self, right: Self) -> Self { Self(bits: left.bits & right.bits) }
  /// The bits that either has.
  @inlinable @inline(__always)
  package static func | (left: Self, right: Self) -> Self { Self(bits: left.bits | right.bits) }
  /// The bits that the mask lacks.
  @inlinable @inline(__always)
  package func without(_ mask: Self) -> Self { Self(bits: bits & ~mask.bits) }
  /// All bits where the sign is minus.
  @inlinable @inline(__always)
  package var isNegative: Self { Self(bits: bits &>> 31) }
  /// All bits where the pattern is an integer above 0.
  @inlinable @inline(__always)
  package var isPositivePattern: Self { Self(bits: (SIMD16<Int32>.zero &- bits) &>> 31) }
  /// Multiplied by a power of two.
  @inlinable @inline(__always)
  package func scaled(byPattern power: Self) -> Self { Self(bits: bits &+ (power.bits &<< 23)) }
  /// The power of two in each number.
  @inlinable @inline(__always)
  package var exponent: Self {
    // A whole number below 2^22 in the low bits of 1.5 * 2^23 is that number more.
    let shifted = SIMD16<Int32>(repeating: 0x4B40_0000) &+ ((bits &>> 23) &- 127)
    return Self(bits: shifted) - Self(12_582_912)
  }

  /// The number in the first lane.
  @inlinable @inline(__always)
  package var leading: Float { numbers[0] }
  /// The sum of all lanes, half by half.
  @inlinable @inline(__always)
  package var total: Float { Lanes8<Tag>(numbers.lowHalf + numbers.highHalf).total }
}
