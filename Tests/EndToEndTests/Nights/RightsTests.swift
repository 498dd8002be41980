import Postgres
import TestSupport
import Testing

/// Roles that may not do what is needed: 77, and no secret told.
struct RightsTests {
  @Test("A wrong password is 77, with no prompt and no password in any text")
  func wrongPassword() throws {
    let server = try TestServer.askingForPasswords()
    let database = try TestDatabase(on: server)
    let admin = try database.connect()
    let role = try PasswordRole(on: admin)
    defer { role.drop(on: admin) }
    let folder = try TemporaryFolder()
    let config = try folder.write("source: {table: app.events}\n", to: "n.yaml")
    var program = Program(environment: database.environment)
    program.environment["PGUSER"] = role.name
    for password in [nil, "wrong-\(role.password)"] {
      program.environment["PGPASSWORD"] = password
      // No file of the caller's may help.
      program.environment["PGPASSFILE"] = folder.path + "/absent"
      for arguments in [["run", "--config", config, "-v"], ["migrate", "up"], ["runs", "-w"]] {
        let result = try program.start(arguments).wait()
        expect(result, 77, role.name)
        #expect(!result.talk.contains(role.password))
        #expect(result.output.isEmpty)
      }
    }
    // The right one is let in, as far as the role may go.
    program.environment["PGPASSWORD"] = role.password
    let result = try program.run("migrate", "status")
    #expect(result.code == 0, "\(result.talk)")
  }

  @Test("A password in a URI is told nowhere, whatever fails")
  func canary() throws {
    let server = try TestServer.askingForPasswords()
    let database = try TestDatabase(on: server)
    let admin = try database.connect()
    let role = try PasswordRole(on: admin)
    defer { role.drop(on: admin) }
    var program = Program(environment: database.environment)
    program.environment["PGUSER"] = nil
    let secret = "canary-of-the-uri"
    for uri in [
      "postgresql://\(role.name):\(secret)@/\(database.name)",
      "postgresql://\(role.name):\(secret)@absent.invalid/shop",
      "user=\(role.name) password=\(secret) dbname=\(database.name)",
      "postgresql://\(role.name):\(secret)@[bad/shop",
    ] {
      let result = try program.run("migrate", "status", "-v", "-d", uri)
      #expect(result.code != 0)
      #expect(!result.talk.contains(secret), "\(result.talk)")
    }
  }

  @Test("Without SELECT on the source it is 77 with the table's name; the old lists stay")
  func noSelect() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    let lists = try shop.lists()
    let name = "ncf_test_reader_\(shop.database.name.hashValue.magnitude)"
    try shop.connection.executeScript(
      """
      CREATE ROLE \(name) LOGIN;
      GRANT USAGE ON SCHEMA ncf, app TO \(name);
      GRANT ALL ON ALL TABLES IN SCHEMA ncf TO \(name);
      GRANT ALL ON ALL SEQUENCES IN SCHEMA ncf TO \(name);
      """)
    defer { _ = try? shop.connection.executeScript("DROP OWNED BY \(name); DROP ROLE \(name)") }
    expect(try shop.night("-U", name), 77, "events", "42501", "still served")
    #expect(try shop.lists() == lists)
  }

  @Test("A row-level policy on the source is refused instead of training on a part: 77")
  func policy() throws {
    let shop = try Shop(.eighty)
    let name = "ncf_test_part_\(shop.database.name.hashValue.magnitude)"
    try shop.connection.executeScript(
      """
      CREATE ROLE \(name) LOGIN;
      GRANT USAGE ON SCHEMA ncf, app TO \(name);
      GRANT ALL ON ALL TABLES IN SCHEMA ncf, app TO \(name);
      GRANT ALL ON ALL SEQUENCES IN SCHEMA ncf TO \(name);
      GRANT CREATE ON SCHEMA ncf TO \(name);
      ALTER TABLE app.events ENABLE ROW LEVEL SECURITY;
      CREATE POLICY part ON app.events USING (user_id < 10);
      """)
    defer { _ = try? shop.connection.executeScript("DROP OWNED BY \(name); DROP ROLE \(name)") }
    let result = try shop.night("-U", name)
    #expect(result.code == 77, "\(result.talk)")
    try shop.expect("SELECT count(*) FROM ncf.live", gives: "0")
  }
}
