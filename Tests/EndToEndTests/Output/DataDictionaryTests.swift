import Foundation
import TestSupport
import Testing

/// The page that explains every column.
struct DataDictionaryTests {
  @Test("It says what the database says after a night, and leaves nothing unexplained")
  func isCurrent() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    let folder = PrivateServer.packageFolder
    let psql = Process()
    psql.executableURL = URL(filePath: "/usr/bin/env")
    psql.arguments = [
      "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-f",
      folder.appending(path: "scripts/data-dictionary.sql").path,
    ]
    psql.environment = ProcessInfo.processInfo.environment.merging(shop.database.environment) { $1 }
    let output = Pipe()
    psql.standardOutput = output
    try psql.run()
    let said = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    psql.waitUntilExit()
    #expect(psql.terminationStatus == 0)
    let page = try String(
      contentsOf: folder.appending(
        path: "Sources/Pipeline/Documentation.docc/DataDictionary.md"), encoding: .utf8)
    #expect(said == page, "the data dictionary is stale; scripts/data-dictionary writes it anew")
    for line in page.split(separator: "\n") {
      #expect(!line.hasSuffix("|  |") && !line.hasSuffix(": .") && line != ".", "\(line)")
    }
  }
}
