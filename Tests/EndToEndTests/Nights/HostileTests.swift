import Foundation
import Postgres
import TestSupport
import Testing

/// Jobs, names and functions that somebody made to do harm.
struct HostileTests {
  private let secret = "canary-\(UUID().uuidString)"

  @Test("Given where it can't be given, it is refused by the key's name and not repeated: 78")
  func configuration() throws {
    let shop = try Shop(.eighty)
    for (text, named) in [
      ("source: {table: app.events}\npassword: \(secret)\n", "password is not a key"),
      ("source: {table: app.events, password: \(secret)}\n", "source.password is not a key"),
      ("source: postgresql://me:\(secret)@host/db\n", "source must be a section"),
      ("source: {table: app.events}\noutput: {k: 'password=\(secret)'}\n", "output.k must be"),
      ("source: {table: app.events}\noutput: password=\(secret)\n", "output must be a section"),
    ] {
      let config = try shop.folder.write(text, to: "secret.yaml")
      let result = try shop.program.run("run", "--config", config, "-v")
      expect(result, 78, named)
      #expect(!result.talk.contains(secret.prefix(12)), "\(result.talk)")
    }
  }

  @Test("A pgpass that others may read is not used, and that is said: 77, without a prompt")
  func openFile() throws {
    let server = try TestServer.askingForPasswords()
    let shop = try Shop(.eighty, on: server)
    let role = try PasswordRole(on: shop.connection)
    defer { role.drop(on: shop.connection) }
    let pgpass = try shop.folder.write("*:*:*:*:\(role.password)\n", to: "pgpass")
    var program = shop.program
    program.environment.merge(["PGUSER": role.name, "PGPASSFILE": pgpass]) { $1 }
    #expect(unsafe chmod(pgpass, 0o644) == 0)
    let refused = try program.run("migrate", "status")
    #expect(refused.code == 77, "\(refused.talk)")
    #expect(refused.talk.contains(pgpass) && refused.talk.contains("u=rw (0600)"))
    #expect(!refused.talk.contains(role.password))
    #expect(unsafe chmod(pgpass, 0o600) == 0)
    let taken = try program.run("migrate", "status")
    #expect(taken.talk.contains("permission denied for schema ncf"), "\(taken.talk)")
  }

  @Test("Functions, operators and tables planted in public are not used; hostile names are names")
  func planted() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    try shop.connection.executeScript(
      """
      CREATE TABLE public.events AS SELECT 1 AS user_id, 1 AS item_id, now() AS occurred_at;
      CREATE TABLE public.runs (run_id bigint);
      CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
      CREATE FUNCTION public.count(bigint) RETURNS bigint LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
      CREATE FUNCTION public.trap(bigint, integer) RETURNS boolean LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
      CREATE OPERATOR public.= (LEFTARG = bigint, RIGHTARG = integer, FUNCTION = public.trap);
      CREATE OPERATOR public.< (LEFTARG = bigint, RIGHTARG = integer, FUNCTION = public.trap);
      CREATE SCHEMA "a""; DROP TABLE app.events;--";
      CREATE TABLE "a""; DROP TABLE app.events;--"."e'$$;" AS
        SELECT user_id AS "u""; DROP TABLE app.events;--", item_id AS "$1", occurred_at
        FROM app.events;
      """)
    let night = try shop.night()
    try expectSuccess(night)
    #expect(!night.talk.contains("planted"))
    let source = #"""
      table: '"a""; DROP TABLE app.events;--"."e''$$;"', columns: {user_id: 'u"; DROP TABLE app.events;--', item_id: '$1'}
      """#
    try expectSuccess(shop.night(config: shop.jobFile(source)))
    try shop.expect("SELECT count(*) FROM app.events", gives: "640")
    // As long as a name may be, with a line break, beyond ASCII; and one that is longer.
    let long = "é🙂\n'\"\\;" + String(repeating: "n", count: 50)
    let quoted = "\"" + long.replacing("\"", with: "\"\"") + "\""
    try shop.connection.executeScript(
      """
      CREATE SCHEMA \(quoted); CREATE TABLE \(quoted).\(quoted) AS
        SELECT user_id AS \(quoted), item_id, occurred_at FROM app.events;
      """)
    func yaml(_ text: String) -> String {
      let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      return "\"" + escaped.replacing("\n", with: "\\n") + "\""
    }
    let odd = "table: \(yaml(quoted + "." + quoted)), columns: {user_id: \(yaml(long))}"
    try expectSuccess(shop.night(config: shop.jobFile(odd)))
    try expectSuccess(
      shop.night(
        config: shop.jobFile(odd, output: "schema: \(yaml("o\"; DROP TABLE app.events;--"))")))
    try shop.expect(
      "SELECT count(*) FROM \"o\"\"; DROP TABLE app.events;--\".recommendations", gives: "400")
    for hostile in [
      "table: 'app.events; DROP TABLE app.events'", "table: 'app.events WHERE true'",
      "query: 'SELECT 1; DROP TABLE app.events'", "table: app.events, columns: {user_id: '1; --'}",
    ] {
      let refused = try shop.night(config: shop.jobFile(hostile))
      #expect(refused.code == 78, "\(hostile): \(refused.talk)")
    }
    for output in [
      "schema: \(yaml(String(repeating: "n", count: 64)))", "schema: \"a\\0b\"", "schema: ''",
    ] {
      let refused = try shop.night(config: shop.jobFile(output: output))
      #expect(refused.code == 78, "\(output): \(refused.talk)")
    }
    try shop.expect("SELECT count(*) FROM app.events", gives: "640")
  }
}
