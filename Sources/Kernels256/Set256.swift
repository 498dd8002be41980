package import Lanes

/// Registers of 256 bits.
enum Set256: LaneSet {
  typealias Eight = Lanes8<Set256>
  typealias Sixteen = Two<Lanes8<Set256>>
  typealias Broad = Two<Lanes8<Set256>>
  typealias Register = Lanes8<Set256>

  static var bits: Int { 256 }
  static var registers: Int { 16 }

  @inline(__always)
  static func widened(_ numbers: Eight) -> Sixteen { Two(numbers, .zero) }
}

/// The kernels for registers of 256 bits.
package let table256 = KernelTable(Set256.self)
