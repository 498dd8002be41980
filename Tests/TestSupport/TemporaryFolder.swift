package import Foundation

/// A folder that is removed with this object.
package final class TemporaryFolder: Sendable {
  /// Its path.
  package let path: String

  /// Makes an empty folder.
  ///
  /// - Throws: `CocoaError` when it can't be made.
  package init() throws {
    let url = FileManager.default.temporaryDirectory.appending(
      path: "ncf-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file.
  ///
  /// - Parameters:
  ///   - bytes: its contents.
  ///   - name: its name in the folder.
  /// - Returns: its path.
  /// - Throws: `CocoaError` when it can't be written.
  package func write(_ bytes: [UInt8], to name: String) throws -> String {
    let path = "\(path)/\(name)"
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }

  /// Writes a file of text.
  ///
  /// - Parameters:
  ///   - text: its contents.
  ///   - name: its name in the folder.
  /// - Returns: its path.
  /// - Throws: `CocoaError` when it can't be written.
  package func write(_ text: String, to name: String) throws -> String {
    try write(Array(text.utf8), to: name)
  }

  /// The text of a file.
  ///
  /// - Parameter name: its name in the folder.
  /// - Returns: the text; bytes that are not UTF-8 are replaced.
  /// - Throws: `CocoaError` when it can't be read.
  package func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: "\(path)/\(name)")), as: UTF8.self)
  }

  /// An empty file, open for writing.
  ///
  /// - Parameter name: its name in the folder.
  /// - Returns: its handle.
  /// - Throws: `CocoaError` when it can't be made.
  package func handle(_ name: String) throws -> FileHandle {
    try FileHandle(forWritingTo: URL(filePath: write("", to: name)))
  }
}
