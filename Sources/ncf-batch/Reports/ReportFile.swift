import Glibc
import Jobs

/// A file that readers see whole or not at all: written under another name and renamed.
struct ReportFile {
  private let path: String

  /// A report to be written later; whether its folder takes files is found out now.
  ///
  /// - Throws: `BatchError` with exit code 74.
  init(path: String) throws(BatchError) {
    self.path = path
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    if unsafe access(folder, W_OK | X_OK) != 0 { throw Self.failure(path) }
  }

  /// Writes the report and puts it in its place.
  ///
  /// - Throws: `BatchError` with exit code 74; an older report then stays as it was.
  func write(_ text: String) throws(BatchError) {
    let temporary = "\(path).\(getpid()).tmp"
    let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Self.failure(path) }
    let written = FileWriting.write(text, to: file) && fsync(file) == 0
    guard close(file) == 0, written, unsafe rename(temporary, path) == 0 else {
      let failure = Self.failure(path)
      unsafe _ = unlink(temporary)
      throw failure
    }
  }

  private static func failure(_ path: String) -> BatchError {
    BatchError(
      .io, "\(path) can't be written: \(FileWriting.lastError)",
      advice: "free space, or name another file; what was done in the database is done")
  }
}
