import Glibc
import Jobs

/// Data goes to standard output, and only data.
enum StandardOutput {
  /// Writes text.
  ///
  /// - Throws: `BatchError` with exit code 74 when it can't be written.
  static func write(_ text: String) throws(BatchError) {
    guard FileWriting.write(text, to: STDOUT_FILENO) else {
      throw BatchError(
        .io, "standard output can't be written: \(FileWriting.lastError)",
        advice: "look at where it leads; what the command did in the database is done")
    }
  }
}

/// Whole writes to a file descriptor.
enum FileWriting {
  /// Writes all of `text`; false when that failed, with the reason in `lastError`.
  static func write(_ text: String, to descriptor: Int32) -> Bool {
    write(Array(text.utf8), to: descriptor)
  }

  /// Writes all of `bytes`; false when that failed, with the reason in `lastError`.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        return false
      }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Text of the last failure of a system call.
  static var lastError: String { unsafe String(cString: strerror(errno)) }
}
