package import Foundation

/// The executable that the tests were built with.
package enum BuiltExecutable {
  /// Where `ncf-batch` lies: beside the tests' own bundle.
  ///
  /// - Throws: `CocoaError` when it is not there.
  package static var url: URL {
    get throws {
      let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      let candidates = (CommandLine.arguments.filter { $0.contains(".xctest") } + [own]).map {
        URL(filePath: $0).deletingLastPathComponent().appending(path: "ncf-batch")
      }
      for candidate in candidates
      where FileManager.default.isExecutableFile(atPath: candidate.path) {
        return candidate
      }
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "ncf-batch"])
    }
  }
}
