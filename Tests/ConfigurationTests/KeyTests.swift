import Configuration
import Foundation
import Jobs
import Testing

/// What the documents say of keys, held against the keys that are read.
struct KeyTests {
  /// Keys that hold a value, and no others.
  private let leaves: Set<String> = {
    let keys = Job.keys
    return Set(keys.filter { key in !keys.contains { $0.hasPrefix(key + ".") } })
  }()

  private func text(_ file: String) throws -> String {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    return try String(contentsOfFile: "\(root)/\(file)", encoding: .utf8)
  }

  @Test("jobs/nightly.yaml has every key, and none that is not read")
  func sample() throws {
    var found: Set<String> = []
    var above: [(indent: Int, name: String)] = []
    for line in try text("jobs/nightly.yaml").split(separator: "\n") {
      let indent = line.prefix { $0 == " " }.count
      let name = line.dropFirst(indent).prefix { $0.isLetter || $0 == "_" || $0.isNumber }
      guard !name.isEmpty, line.dropFirst(indent + name.count).hasPrefix(":") else { continue }
      while let last = above.last, last.indent >= indent { above.removeLast() }
      above.append((indent, String(name)))
      found.insert(above.map(\.name).joined(separator: "."))
    }
    // Their other forms, which the comments beside them show.
    found.insert("train.sampling.popularity")
    for method in ["ials", "ease", "bpr", "mf"] {
      found.formUnion(leaves.filter { $0.hasPrefix("train.factorization.\(method).") })
    }
    #expect(leaves.subtracting(found) == [])
    #expect(found.subtracting(Job.keys) == [])
  }

  @Test("README's table names every key or a section's all, and none that is not read")
  func table() throws {
    let readme = try text("README.md")
    let section = readme.components(separatedBy: "\n## ").first { $0.hasPrefix("Configuration") }
    var named: Set<String> = []
    for row in try #require(section).split(separator: "\n") where row.hasPrefix("| `") {
      let cell = row.split(separator: "|")[0]
      var home = ""
      for (place, span) in cell.components(separatedBy: "`").enumerated()
      where !place.isMultiple(of: 2) {
        // A key beside another stands for one of the same section.
        let isWhole = span.contains(".") || home.isEmpty
        named.insert(isWhole ? span : home + span)
        if isWhole {
          home = String(span.prefix(through: span.lastIndex(of: ".") ?? span.startIndex))
        }
      }
    }
    func isNamed(_ key: String) -> Bool {
      if named.contains(key) { return true }
      let parts = key.split(separator: ".")
      return (1..<parts.count).contains { count in
        let above = parts.prefix(count).joined(separator: ".")
        return named.contains(above + ".*")
          || ["source.columns", "train.sampling"].contains(above) && named.contains(above)
      }
    }
    #expect(leaves.filter { !isNamed($0) } == [])
    let known = Set(Job.keys + Job.keys.map { $0 + ".*" })
    #expect(named.subtracting(known) == [])
    #expect(named.count > 50)
  }
}
