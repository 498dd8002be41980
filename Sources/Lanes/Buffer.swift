private import CProcessor

/// Memory for numbers that kernels share among threads, aligned to 64 bytes and never moved.
///
/// It is zero at first. It lives as long as this object; a `Buffer` is a view of it.
package final class Storage<Element: BitwiseCopyable>: @unchecked Sendable {
  /// All of it.
  package let buffer: Buffer<Element>

  /// Takes memory for `count` elements, all bytes zero.
  package init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Element>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    unsafe raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    unsafe buffer = Buffer(base: raw.assumingMemoryBound(to: Element.self), count: count)
  }

  deinit { unsafe buffer.base.deallocate() }

  /// Copies an array.
  package convenience init(_ elements: [Element]) {
    self.init(count: elements.count)
    buffer.copy(from: elements[...], at: 0)
  }

  /// Copies everything out.
  package var array: [Element] {
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
package final class Memory: @unchecked Sendable {
  private var storages: [AnyObject] = []

  /// Keeps nothing at first.
  package init() {}

  /// Takes memory for `count` elements, all bytes zero.
  package func make<Element>(_ count: Int) -> Buffer<Element> { keep(Storage(count: count)) }

  /// Keeps a storage.
  package func keep<Element>(_ storage: Storage<Element>) -> Buffer<Element> {
    storages.append(storage)
    return storage.buffer
  }
}

extension Storage {
  /// Copies everything out, as it lies in memory.
  package var bytes: [UInt8] {
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
  package func load(_ bytes: [UInt8]) {
    let size = buffer.count * MemoryLayout<Element>.stride
    precondition(bytes.count == size, "\(bytes.count) bytes for a storage of \(size)")
    unsafe bytes.withUnsafeBytes { source in
      if let start = source.baseAddress, size > 0 {
        unsafe UnsafeMutableRawPointer(buffer.base).copyMemory(from: start, byteCount: size)
      }
    }
  }

  /// How many bytes `bytes` gives.
  package var byteCount: Int { buffer.count * MemoryLayout<Element>.stride }
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
@safe package struct Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  /// Where it begins.
  package let base: UnsafeMutablePointer<Element>
  /// How many elements there are.
  package let count: Int

  /// A view of memory that another object owns.
  ///
  /// - Parameters:
  ///   - base: where it begins.
  ///   - count: how many elements there are.
  @inlinable @inline(__always)
  package init(base: UnsafeMutablePointer<Element>, count: Int) {
    unsafe self.base = base
    self.count = count
  }

  /// One element.
  package subscript(position: Int) -> Element {
    @inlinable @inline(__always) get {
      assert(position >= 0 && position < count)
      return unsafe base[position]
    }
    @inlinable @inline(__always) nonmutating set {
      assert(position >= 0 && position < count)
      unsafe base[position] = newValue
    }
  }

  /// The part that begins at `position`.
  @inlinable @inline(__always)
  package func from(_ position: Int) -> Buffer {
    assert(position >= 0 && position <= count)
    return unsafe Buffer(base: base + position, count: count - position)
  }

  /// Sets every byte of `count` elements from `position` on to zero.
  package func clear(_ position: Int = 0, count: Int) {
    precondition(position >= 0 && count >= 0 && position + count <= self.count)
    unsafe UnsafeMutableRawPointer(base + position)
      .initializeMemory(
        as: UInt8.self, repeating: 0, count: count * MemoryLayout<Element>.stride)
  }

  /// Sets `count` elements to one value.
  package func fill(with value: Element, count: Int) {
    precondition(count >= 0 && count <= self.count)
    unsafe base.update(repeating: value, count: count)
  }

  /// Copies an array to `position` and after.
  package func copy(from elements: ArraySlice<Element>, at position: Int) {
    precondition(position >= 0 && position + elements.count <= count)
    unsafe elements.withUnsafeBufferPointer { source in
      if let first = source.baseAddress {
        unsafe (base + position).update(from: first, count: source.count)
      }
    }
  }

  /// Copies `count` elements from another view.
  package func copy(from other: Buffer, count: Int) {
    precondition(count <= self.count && count <= other.count)
    unsafe base.update(from: other.base, count: count)
  }
}

extension Buffer where Element == Float {
  /// Asks the caches for a run of numbers that will be needed soon.
  @inlinable @inline(__always)
  package func prefetch(_ position: Int, count: Int) {
    for line in stride(from: position, to: position + count, by: 16) {
      unsafe processor_prefetch(base + line)
    }
  }
}

/// Rounds a width up to whole vectors, so that no loop over a row needs a tail.
@inlinable @inline(__always)
package func padded(_ width: Int) -> Int { (width + 7) & ~7 }
