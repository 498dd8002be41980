package import Interactions
import Jobs

/// Candidates for the test items, as a file gives them.
package struct CandidateFile {
  /// Per user the candidates that the log knows, ascending; empty for users that the file lacks.
  package let candidates: UserItems
  /// Whether the file has a line for each user.
  package let hasLine: [Bool]
  /// Candidates that the log does not know; they rank below all known ones, so they are left out.
  package let unknownItems: Int
  /// Lines of users that the log does not know.
  package let unknownUsers: Int

  /// Reads a file: per line a user and then items, separated by tabs, ids in text form.
  ///
  /// - Parameters:
  ///   - path: plain or gzipped.
  ///   - users: ids of the log's users.
  ///   - items: ids of the log's items.
  /// - Throws: `BatchError`: 74 when it can't be read, 65 for a line that can't be used.
  package init(path: String, users: Vocabulary, items: Vocabulary) throws {
    var lists = [[UInt32]](repeating: [], count: users.count)
    var hasLine = [Bool](repeating: false, count: users.count)
    var (unknownItems, unknownUsers) = (0, 0)
    var lines = try GzipLines(path: path)
    while try lines.next({ line in
      if line.isEmpty { return }
      let fields = Self.fields(of: line)
      guard let user = users.index(of: fields[0]) else {
        unknownUsers += 1
        return
      }
      guard !hasLine[user] else {
        throw BatchError(.data, "\(path): user \(fields[0]) has two lines")
      }
      hasLine[user] = true
      for field in fields.dropFirst() {
        if let item = items.index(of: field) {
          lists[user].append(UInt32(item))
        } else {
          unknownItems += 1
        }
      }
    }) {}
    candidates = UserItems(lists: lists)
    self.hasLine = hasLine
    self.unknownItems = unknownItems
    self.unknownUsers = unknownUsers
  }

  private static func fields(of line: Span<UInt8>) -> [String] {
    var fields: [String] = []
    var bytes: [UInt8] = []
    for index in line.indices {
      if line[index] == 0x09 {
        fields.append(String(decoding: bytes, as: UTF8.self))
        bytes.removeAll(keepingCapacity: true)
      } else {
        bytes.append(line[index])
      }
    }
    fields.append(String(decoding: bytes, as: UTF8.self))
    return fields
  }
}
