package import Lanes

/// Registers of 128 bits.
enum Set128: LaneSet {
  typealias Eight = Two<Lanes4<Set128>>
  typealias Sixteen = Two<Two<Lanes4<Set128>>>
  typealias Broad = Two<Lanes4<Set128>>
  typealias Register = Lanes4<Set128>

  static var bits: Int { 128 }
  static var registers: Int { 16 }

  @inline(__always)
  static func widened(_ numbers: Eight) -> Sixteen { Two(numbers, .zero) }
}

/// The kernels for registers of 128 bits.
package let table128 = KernelTable(Set128.self)
