/// Memory for numbers, aligned to cache lines and zero at first.
@safe final class Block: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>

  init(_ count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    unsafe base = raw.initializeMemory(as: Float.self, repeating: 0, count: max(count, 1))
  }

  deinit { unsafe base.deallocate() }
}

/// Rows that threads write, each row by one of them.
@safe struct SharedRows: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
}
