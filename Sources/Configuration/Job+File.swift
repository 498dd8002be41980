import Glibc
package import Jobs

extension Job {
  /// Reads the job that a file describes, with variables of the environment before its values.
  ///
  /// A relative `evaluate.candidates` in the file is taken from the file's own folder, so that a job
  /// means the same wherever it is started from.
  ///
  /// - Throws: `BatchError` with exit code 78 when the file can't be read or is not in order.
  package init(path: String, variables: [String: String]) throws(BatchError) {
    let text = try Self.readText(path)
    do {
      try self.init(yaml: text, file: path, variables: variables)
    } catch {
      throw error.batchError
    }
    if let candidates = evaluation.candidates, !candidates.hasPrefix("/"),
      variables[Document.variableName(for: "evaluate.candidates")]?.isEmpty ?? true,
      let slash = path.lastIndex(of: "/")
    {
      evaluation.candidates = path[...slash] + candidates
    }
  }

  /// The largest file that is read; the longest sensible job is a hundredth of it.
  private static let largestFile = 1 << 20

  static func readText(_ path: String) throws(BatchError) -> String {
    func failure(_ reason: String) -> BatchError {
      BatchError(
        .configuration, "the configuration \(path) can't be read: \(reason)",
        advice: "name the file with --config FILE or NCF_CONFIG")
    }
    guard let file = unsafe fopen(path, "re") else {
      throw failure(unsafe String(cString: strerror(errno)))
    }
    defer { unsafe _ = fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while bytes.count <= Self.largestFile {
      let count = unsafe fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    if unsafe ferror(file) != 0 {
      // A folder opens, and says what it is only when it is read.
      throw failure(unsafe String(cString: strerror(errno)))
    }
    if bytes.count > Self.largestFile { throw failure("it is larger than 1 MiB") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw failure("it is not UTF-8")
    }
    return text
  }
}
