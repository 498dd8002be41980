import Glibc
import Jobs

/// Where an export goes: standard output, or a file that readers see whole or not at all.
///
/// A file is written under another name and takes its place when everything is in it; what is not
/// finished is removed.
final class ExportFile {
  private let path: String?
  private let temporary: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var isFinished = false

  /// How full the buffer gets before it is written.
  private static let capacity = 64 << 10

  /// Opens it.
  ///
  /// - Parameter path: of the file; nil for standard output.
  /// - Throws: `BatchError` with exit code 74.
  init(path: String?) throws(BatchError) {
    self.path = path
    temporary = path.map { "\($0).\(getpid()).tmp" } ?? ""
    guard let path else {
      descriptor = STDOUT_FILENO
      return
    }
    descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw Self.failure(path) }
    buffer.reserveCapacity(Self.capacity)
  }

  deinit {
    guard path != nil, !isFinished, descriptor >= 0 else { return }
    close(descriptor)
    unsafe _ = unlink(temporary)
  }

  /// Takes bytes.
  ///
  /// - Throws: `BatchError` with exit code 74.
  func write(_ bytes: Span<UInt8>) throws(BatchError) {
    for index in bytes.indices { buffer.append(bytes[index]) }
    if buffer.count >= Self.capacity { try flush() }
  }

  /// Writes what is left, and puts the file in its place.
  ///
  /// - Throws: `BatchError` with exit code 74; an older file then stays as it was.
  func finish() throws(BatchError) {
    try flush()
    guard let path else { return }
    guard fsync(descriptor) == 0, unsafe rename(temporary, path) == 0 else {
      throw Self.failure(path)
    }
    isFinished = true
    guard close(descriptor) == 0 else { throw Self.failure(path) }
  }

  private func flush() throws(BatchError) {
    guard FileWriting.write(buffer, to: descriptor) else { throw Self.failure(path) }
    buffer.removeAll(keepingCapacity: true)
  }

  private static func failure(_ path: String?) -> BatchError {
    BatchError(
      .io,
      "\(path.map { "the file \($0)" } ?? "standard output") can't be written: "
        + FileWriting.lastError,
      advice: "look at where it leads, and whether there is room")
  }
}
