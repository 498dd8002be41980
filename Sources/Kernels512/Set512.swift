package import Lanes

/// Registers of 512 bits.
enum Set512: LaneSet {
  typealias Eight = Lanes8<Set512>
  typealias Sixteen = Lanes16<Set512>
  typealias Broad = Two<Lanes16<Set512>>
  typealias Register = Lanes16<Set512>

  static var bits: Int { 512 }
  static var registers: Int { 32 }

  @inline(__always)
  static func widened(_ numbers: Eight) -> Sixteen {
    Lanes16(SIMD16(lowHalf: numbers.numbers, highHalf: .zero))
  }
}

/// The kernels for registers of 512 bits.
package let table512 = KernelTable(Set512.self)
