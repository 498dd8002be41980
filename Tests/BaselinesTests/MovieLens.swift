import Foundation
import Interactions
import Testing

/// MovieLens-1M with the candidates that the paper's authors published.
///
/// The data may not be redistributed, so it is not part of the project: tests on it run where it is
/// found in `../shared/data/ml-1m` beside the checkout, or in the folder that NCF_ML1M names.
struct MovieLens {
  static let folder: URL? = {
    let named = ProcessInfo.processInfo.environment["NCF_ML1M"].map { URL(filePath: $0) }
    let checkout = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folder = named ?? checkout.appending(path: "../shared/data/ml-1m")
    let log = folder.appending(path: "interactions.tsv.gz").path(percentEncoded: false)
    return FileManager.default.fileExists(atPath: log) ? folder : nil
  }()

  let userCount = 6_040
  let itemCount = 3_706
  let split: HoldoutSplit
  /// Each user's 99 published candidates.
  let candidates: UserItems

  init() throws {
    let folder = try #require(Self.folder)
    let (users, items) = (userCount, itemCount)
    var columns = InteractionColumns()
    try Self.forEachRow(of: folder.appending(path: "interactions.tsv.gz")) { row in
      columns.append(user: UInt32(row[0]), item: UInt32(row[1]), second: UInt32(row[2]))
    }
    let table = InteractionTable(
      columns: columns, users: .identity(users), items: .identity(items), userCount: users,
      itemCount: items)
    split = HoldoutSplit(table, UserSequences(firstEventsOf: table))
    var lists = [[UInt32]](repeating: [], count: users)
    try Self.forEachRow(of: folder.appending(path: "test-negatives.tsv.gz")) { row in
      lists[row[0]] = row.dropFirst().map { UInt32($0) }
    }
    candidates = UserItems(lists: lists)
  }

  /// Unpacks a file of whole numbers between tabs and hands over its rows.
  private static func forEachRow(of file: URL, _ body: ([Int]) -> Void) throws {
    let unpacker = Process()
    unpacker.executableURL = URL(filePath: "/usr/bin/env")
    unpacker.arguments = ["gzip", "-dc", file.path(percentEncoded: false)]
    let output = Pipe()
    unpacker.standardOutput = output
    try unpacker.run()
    let bytes = try #require(try output.fileHandleForReading.readToEnd())
    unpacker.waitUntilExit()
    #expect(unpacker.terminationStatus == 0)
    var row: [Int] = []
    var number = 0
    for byte in [UInt8](bytes) {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number * 10 + Int(byte) - 48
      case UInt8(ascii: "\t"), UInt8(ascii: "\n"):
        row.append(number)
        number = 0
        if byte == UInt8(ascii: "\n") {
          body(row)
          row.removeAll(keepingCapacity: true)
        }
      default: Issue.record("\(file.lastPathComponent) has a byte \(byte)")
      }
    }
  }
}
