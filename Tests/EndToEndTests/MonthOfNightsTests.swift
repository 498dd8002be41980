import Foundation
import TestSupport
import Testing

/// The month that the documentation walks through.
struct MonthOfNightsTests {
  @Test("The month of nights goes as the documentation says")
  func page() throws {
    let database = try TestDatabase()
    let folder = try TemporaryFolder()
    let said = try folder.write("", to: "said")
    let process = Process()
    process.executableURL = PrivateServer.packageFolder.appending(path: "scripts/month-of-nights")
    process.arguments = ["--here", "--check"]
    process.environment = ProcessInfo.processInfo.environment
      .filter { !$0.key.hasPrefix("PG") && !$0.key.hasPrefix("NCF_") }
      .merging(database.environment) { $1 }
      .merging(["BINARIES": try Program.folder.path]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: said)
    try process.run()
    process.waitUntilExit()
    let differences = try folder.read("said")
    #expect(process.terminationStatus == 0, "\(differences)")
  }
}
