import Foundation
import TestSupport
import Testing

/// The month that the documentation walks through.
struct MonthOfNightsTests {
  @Test("The month of nights goes as the documentation says")
  func page() throws {
    let database = try TestDatabase()
    let environment = ProcessInfo.processInfo.environment
      .filter { !$0.key.hasPrefix("PG") && !$0.key.hasPrefix("NCF_") }
      .merging(database.environment) { $1 }
      .merging(["BINARIES": try Program.folder.path]) { $1 }
    let script = PrivateServer.packageFolder.appending(path: "scripts/month-of-nights").path
    let result = try Running([script, "--here", "--check"], environment: environment).wait()
    #expect(result.code == 0, "\(result.talk)")
  }
}
