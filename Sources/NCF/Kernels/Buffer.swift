private import CProcessor

/// Memory for numbers that kernels share among threads, aligned to 64 bytes and never moved.
///
/// It is zero at first. It lives as long as this object; a `Buffer` is a view of it.
final class Storage<Element: BitwiseCopyable>: @unchecked Sendable {
  /// All of it.
  let buffer: Buffer<Element>

  /// Takes memory for `count` elements, all bytes zero.
  init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Element>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    unsafe raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    unsafe buffer = Buffer(base: raw.assumingMemoryBound(to: Element.self), count: count)
  }

  deinit { unsafe buffer.base.deallocate() }

  /// Copies an array.
  convenience init(_ elements: [Element]) {
    self.init(count: elements.count)
    buffer.copy(from: elements[...], at: 0)
  }

  /// Copies everything out.
  var array: [Element] {
    // To make an empty array in place would write the count of the one that all threads share.
    if buffer.count == 0 { return [] }
    return unsafe [Element](unsafeUninitializedCapacity: buffer.count) { target, count in
      if let base = target.baseAddress {
        unsafe base.update(from: buffer.base, count: buffer.count)
      }
      count = buffer.count
    }
  }
}

/// Storages of any types that live as long as this object.
final class Memory: @unchecked Sendable {
  private var storages: [AnyObject] = []

  /// Takes memory for `count` elements, all bytes zero.
  func make<Element>(_ count: Int) -> Buffer<Element> { keep(Storage(count: count)) }

  /// Keeps a storage.
  func keep<Element>(_ storage: Storage<Element>) -> Buffer<Element> {
    storages.append(storage)
    return storage.buffer
  }
}

extension Storage {
  /// Copies everything out, as it lies in memory.
  var bytes: [UInt8] {
    let size = buffer.count * MemoryLayout<Element>.stride
    if size == 0 { return [] }
    return unsafe [UInt8](unsafeUninitializedCapacity: size) { target, count in
      // Safe: the target has room for `size` bytes, which is what the buffer has.
      if let start = target.baseAddress {
        unsafe UnsafeMutableRawPointer(start).copyMemory(from: buffer.base, byteCount: size)
      }
      count = size
    }
  }

  /// Copies everything in, from what `bytes` gave of a storage of this length.
  func load(_ bytes: [UInt8]) {
    let size = buffer.count * MemoryLayout<Element>.stride
    precondition(bytes.count == size, "\(bytes.count) bytes for a storage of \(size)")
    unsafe bytes.withUnsafeBytes { source in
      if let start = source.baseAddress, size > 0 {
        unsafe UnsafeMutableRawPointer(buffer.base).copyMemory(from: start, byteCount: size)
      }
    }
  }

  /// How many bytes `bytes` gives.
  var byteCount: Int { buffer.count * MemoryLayout<Element>.stride }
}

/// A view of a `Storage`: the checked door to raw memory.
///
/// It doesn't keep the storage: whoever makes one is a class or struct that holds the storage for as
/// long as the view is used, or extends the storage's lifetime around its use.
///
/// Safe: positions are checked in debug builds, where the tests of all kernels run at every length
/// through the edges; callers check lengths once at their own door. Two threads may use one view at
/// the same time as long as no element is written by one and touched by another between two
/// barriers.
@safe struct Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
  let count: Int

  /// One element.
  subscript(position: Int) -> Element {
    @inline(__always) get {
      assert(position >= 0 && position < count)
      return unsafe base[position]
    }
    @inline(__always) nonmutating set {
      assert(position >= 0 && position < count)
      unsafe base[position] = newValue
    }
  }

  /// The part that begins at `position`.
  @inline(__always)
  func from(_ position: Int) -> Buffer {
    assert(position >= 0 && position <= count)
    return unsafe Buffer(base: base + position, count: count - position)
  }

  /// Sets every byte of `count` elements from `position` on to zero.
  func clear(_ position: Int = 0, count: Int) {
    precondition(position >= 0 && count >= 0 && position + count <= self.count)
    unsafe UnsafeMutableRawPointer(base + position)
      .initializeMemory(
        as: UInt8.self, repeating: 0, count: count * MemoryLayout<Element>.stride)
  }

  /// Sets `count` elements to one value.
  func fill(with value: Element, count: Int) {
    precondition(count >= 0 && count <= self.count)
    unsafe base.update(repeating: value, count: count)
  }

  /// Copies an array to `position` and after.
  func copy(from elements: ArraySlice<Element>, at position: Int) {
    precondition(position >= 0 && position + elements.count <= count)
    unsafe elements.withUnsafeBufferPointer { source in
      if let first = source.baseAddress {
        unsafe (base + position).update(from: first, count: source.count)
      }
    }
  }

  /// Copies `count` elements from another view.
  func copy(from other: Buffer, count: Int) {
    precondition(count <= self.count && count <= other.count)
    unsafe base.update(from: other.base, count: count)
  }
}

extension Buffer where Element == Float {
  /// Asks the caches for a run of numbers that will be needed soon.
  @inline(__always)
  func prefetch(_ position: Int, count: Int) {
    for line in stride(from: position, to: position + count, by: 16) {
      unsafe processor_prefetch(base + line)
    }
  }
}

/// Eight numbers at once: the width of an AVX2 register.
typealias Vector = SIMD8<Float>

extension SIMD8<Float> {
  /// The numbers themselves where their sign is plus, 0 elsewhere: ReLU.
  ///
  /// By bits, because the comparison and selection of the standard library are calls here.
  @inline(__always)
  var rectified: SIMD8<Float> {
    // Safe: both types are eight lanes of 32 bits, and every pattern is a number.
    let bits = unsafe unsafeBitCast(self, to: SIMD8<Int32>.self)
    return unsafe unsafeBitCast(bits & ~(bits &>> 31), to: SIMD8<Float>.self)
  }

  /// The numbers where ReLU gave more than 0, and 0 elsewhere: its derivative's factor.
  ///
  /// - Parameter output: what `rectified` gave: no lane of it has a minus.
  /// - Returns: for each lane this number or 0.
  @inline(__always)
  func kept(whereRectified output: SIMD8<Float>) -> SIMD8<Float> {
    // Safe: as above. The bits of a number above 0 are an integer above 0.
    let bits = unsafe unsafeBitCast(output, to: SIMD8<Int32>.self)
    let own = unsafe unsafeBitCast(self, to: SIMD8<Int32>.self)
    return unsafe unsafeBitCast(own & ((SIMD8<Int32>.zero &- bits) &>> 31), to: SIMD8<Float>.self)
  }
}

extension Buffer where Element == Float {
  /// The eight numbers from `position` on.
  @inline(__always)
  func vector(_ position: Int) -> Vector {
    assert(position >= 0 && position + 8 <= count)
    return unsafe UnsafeRawPointer(base + position).loadUnaligned(as: Vector.self)
  }

  /// Overwrites the eight numbers from `position` on.
  @inline(__always)
  func set(_ position: Int, _ value: Vector) {
    assert(position >= 0 && position + 8 <= count)
    unsafe UnsafeMutableRawPointer(base + position).storeBytes(of: value, as: Vector.self)
  }
}

/// The positions of the vectors in a run of `count` numbers, a multiple of 8.
@inline(__always)
func vectors(in count: Int) -> StrideTo<Int> { stride(from: 0, to: count, by: 8) }

/// Rounds a width up to whole vectors, so that no loop over a row needs a tail.
@inline(__always)
package func padded(_ width: Int) -> Int { (width + 7) & ~7 }
