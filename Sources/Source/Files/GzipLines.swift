import CZlib
package import Jobs

/// Reads the lines of a file, gzipped or plain, without a string or an array for each.
///
/// Line ends are LF or CRLF; the last line needs none. A line longer than 16 MiB is an error.
package struct GzipLines: ~Copyable {
  /// Number of the line that was lent last, from 1.
  package private(set) var line = 0
  private let path: String
  private let file: GzipFile
  private var buffer: [UInt8]
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  private static let longest = 16 << 20

  /// Opens a file.
  ///
  /// - Throws: `BatchError`, exit code 74, when it can't be read.
  package init(path: String) throws(BatchError) {
    self.path = path
    file = try GzipFile(path: path)
    buffer = [UInt8](repeating: 0, count: 1 << 18)
  }

  /// Lends the next line, without its end.
  ///
  /// - Returns: false when there are no more lines.
  /// - Throws: what `body` throws; `BatchError` for a file that can't be read to its end.
  package mutating func next(_ body: (Span<UInt8>) throws -> Void) throws -> Bool {
    var scanned = start
    while true {
      if let newline = Self.newline(in: buffer.span, from: scanned, to: end) {
        line += 1
        try lend(start..<newline, body)
        start = newline + 1
        return true
      }
      scanned = end
      if isAtEnd {
        guard start < end else { return false }
        line += 1
        try lend(start..<end, body)
        start = end
        return true
      }
      scanned -= try fill()
    }
  }

  private func lend(_ range: Range<Int>, _ body: (Span<UInt8>) throws -> Void) throws {
    var range = range
    if !range.isEmpty, buffer[range.upperBound - 1] == 0x0D {
      range = range.lowerBound..<range.upperBound - 1
    }
    try body(buffer.span.extracting(range))
  }

  /// Reads more behind what is left; returns by how much the rest moved to the front.
  private mutating func fill() throws(BatchError) -> Int {
    let moved = start
    if start > 0 {
      for place in start..<end { buffer[place - start] = buffer[place] }
      end -= start
      start = 0
    }
    if end == buffer.count {
      guard buffer.count < Self.longest else {
        throw BatchError(.data, "\(path):\(line + 1): the line is longer than 16 MiB")
      }
      buffer.append(contentsOf: [UInt8](repeating: 0, count: buffer.count))
    }
    let count = try file.read(into: &buffer, from: end)
    isAtEnd = count == 0
    end += count
    return moved
  }

  private static func newline(in bytes: Span<UInt8>, from: Int, to: Int) -> Int? {
    var place = from
    while place < to {
      // Safe: `to` is at most the span's count, and `from` is not negative.
      if unsafe bytes[unchecked: place] == 0x0A { return place }
      place += 1
    }
    return nil
  }
}

/// Owner of one zlib file handle, which reads plain files as they are.
@safe
private final class GzipFile {
  private let handle: gzFile
  private let path: String

  init(path: String) throws(BatchError) {
    guard let opened = unsafe gzopen(path, "rb") else {
      throw BatchError(.io, "can't open \(path)", advice: "check its name and its permissions")
    }
    unsafe handle = unsafe opened
    self.path = path
    unsafe gzbuffer(opened, 1 << 18)
  }

  deinit { unsafe gzclose(handle) }

  /// Fills the buffer's tail; returns 0 at the file's proper end.
  func read(into buffer: inout [UInt8], from start: Int) throws(BatchError) -> Int {
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      // Safe: the length handed over is what the buffer has behind `start`.
      unsafe gzread(
        handle, bytes.baseAddress.map { unsafe $0 + start }, UInt32(bytes.count - start))
    }
    var code: Int32 = 0
    // A file cut short ends like any other; only the error code tells.
    let text = unsafe gzerror(handle, &code).map { message in unsafe String(cString: message) }
    guard count >= 0, code == Z_OK || code == Z_STREAM_END else {
      throw BatchError(
        .io, "can't read \(path) to its end: \(text ?? "unknown error")",
        advice: "check the file: it may be cut short or damaged")
    }
    return Int(count)
  }
}
