private import CProcessor
private import Kernels128
package import Lanes
private import Synchronization

#if arch(x86_64)
  private import Kernels256
  private import Kernels512
#endif

/// Why kernels can't be used.
package struct KernelsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, for people.
  package let description: String
  /// What helps, for people.
  package let advice: String
}

/// The kernels that this process uses.
///
/// They are those of the widest registers that the processor has, unless told otherwise. Results have the
/// same bits with any of them.
package enum Kernels {
  /// Tables from the narrowest to the widest; they are never freed.
  private static let tables: [Entry] = {
    #if arch(x86_64)
      [Entry(table128), Entry(table256), Entry(table512)]
    #else
      [Entry(table128)]
    #endif
  }()

  /// A table at an address that stays: to read it no references are counted, which threads would fight
  /// over.
  ///
  /// Safe: the memory is never written to again and never freed.
  @safe private struct Entry: @unchecked Sendable {
    let table: UnsafePointer<KernelTable>

    init(_ table: KernelTable) {
      let memory = UnsafeMutablePointer<KernelTable>.allocate(capacity: 1)
      unsafe memory.initialize(to: table)
      unsafe self.table = UnsafePointer(memory)
    }
  }

  /// One more than the place of what is used; 0 before a choice.
  private static let choice = Atomic<Int>(0)

  /// Bits of the registers for which there are kernels that the processor can run, ascending; none where
  /// it can run no kernel.
  package static var supported: [Int] {
    let widest = Int(processor_vector_bits())
    return [128, 256, 512].prefix(tables.count).filter { $0 <= widest }
  }

  /// Chooses kernels for all that follows.
  ///
  /// - Parameter bits: of the registers to use; nil for the widest.
  /// - Throws: `KernelsError` when the processor can't run such kernels.
  package static func use(bits: Int? = nil) throws(KernelsError) {
    let supported = supported
    guard let widest = supported.last else {
      throw KernelsError(
        description: "this processor lacks FMA, which all kernels need",
        advice: "run it on a processor from 2013 (Intel) or 2012 (AMD) on")
    }
    guard let place = supported.firstIndex(of: bits ?? widest) else {
      let widths = supported.map(String.init).joined(separator: ", ")
      throw KernelsError(
        description:
          "this processor can't run kernels for \(bits ?? widest) bits (\(processor)); "
          + "it can run: \(widths)",
        advice: "set NCF_VECTORS to one of these, or leave it out for the widest")
    }
    choice.store(place + 1, ordering: .relaxed)
  }

  /// The kernels in use; without a choice those of the widest registers.
  ///
  /// Safe to call from any thread. The processor is one that `use` accepts.
  package static var active: UnsafePointer<KernelTable> {
    var place = choice.load(ordering: .relaxed)
    if place == 0 {
      place = max(supported.count, 1)
      choice.store(place, ordering: .relaxed)
    }
    return unsafe tables[place - 1].table
  }

  /// The kernels for registers of some bits.
  ///
  /// - Parameter bits: one of `supported`.
  /// - Returns: their table.
  package static func table(bits: Int) -> UnsafePointer<KernelTable> {
    guard let place = supported.firstIndex(of: bits) else {
      preconditionFailure("no kernels for \(bits) bits here")
    }
    return unsafe tables[place].table
  }

  /// Bits of the registers in use.
  package static var bits: Int { unsafe active.pointee.bits }

  /// The processor's own name; empty where it has none.
  package static var processor: String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 49) { name in
      guard let base = name.baseAddress else { return "" }
      unsafe processor_name(base)
      return unsafe String(cString: base)
    }.trimmed
  }
}

extension String {
  /// Without spaces at both ends.
  fileprivate var trimmed: String {
    var text = Substring(self)
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
