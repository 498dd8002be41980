import Foundation
import Postgres
import TestSupport
import Testing

/// `migrate`, and what other commands say of a schema that doesn't fit.
struct MigrateTests {
  /// A shop whose schema is that of an earlier development version.
  private static func earlierShop() throws -> Shop {
    let shop = try Shop(.eighty)
    try shop.connection.executeScript(
      """
      DELETE FROM ncf.migrations WHERE number > 2;
      UPDATE ncf.migrations SET name = CASE number WHEN 1 THEN '0001_schema' ELSE '0002_runs' END;
      """)
    return shop
  }

  @Test("A schema of an earlier development version is 78, with what to do, and is left as it is")
  func earlierDevelopmentVersion() throws {
    let shop = try Self.earlierShop()
    let config = try shop.jobFile()
    let commands = [
      ["migrate", "up"], ["migrate", "verify"], ["run", "--config", config],
      ["run", "--dry-run", "--config", config], ["check", "--config", config],
    ]
    for command in commands {
      let result = try shop.program.start(command).wait()
      #expect(result.code == 78, "\(command) \(result.talk)")
      let said = (result.talk + result.output).split(whereSeparator: \.isWhitespace)
        .joined(separator: " ")
      for words in [
        "made by an earlier development version of ncf-batch", "no migration 0001_schema",
        "make clean", "DROP SCHEMA ncf CASCADE", "runs, metrics, models, trials and lists are lost",
      ] {
        #expect(said.contains(words), "\(command) \(said)")
      }
    }
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "0")
    try shop.expect("SELECT count(*) FROM ncf.migrations", gives: "2")
  }

  @Test("migrate status lists what an earlier development version applied")
  func statusOfAnEarlierDevelopmentVersion() throws {
    let shop = try Self.earlierShop()
    let result = try shop.program.run("migrate", "status", "--json")
    try expectSuccess(result)
    let states =
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]
    #expect(states?.map { $0["name"] as? String } == ["0001_schema", "0002_runs"])
    #expect(states?.allSatisfy { $0["state"] as? String == "development" } == true)
    #expect(states?.allSatisfy { $0["applied_at"] is String } == true)
  }

  @Test("The changelog begins with this program's version")
  func version() throws {
    let result = try Program().run("--version")
    try expectSuccess(result)
    let version = result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let changelog = try String(
      contentsOf: PrivateServer.packageFolder.appending(path: "CHANGELOG.md"), encoding: .utf8)
    let heading = changelog.split(separator: "\n").first { $0.hasPrefix("## ") }
    #expect(heading == "## \(version)")
  }
}
