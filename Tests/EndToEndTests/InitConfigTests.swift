import Foundation
import Postgres
import Testing

/// `init-config`: a job's file from the tables that a database has.
struct InitConfigTests {
  /// A shop of several tables, none of which is called what the job calls it.
  private func shop() throws -> Shop {
    let shop = try Shop()
    try shop.connection.executeScript(
      #"""
      CREATE TABLE app.customers (customer_id bigint PRIMARY KEY, name text, created_at timestamptz);
      CREATE TABLE app.products (product_id bigint PRIMARY KEY, title text);
      INSERT INTO app.customers SELECT DISTINCT user_id FROM app.events;
      INSERT INTO app.products SELECT DISTINCT item_id FROM app.events;
      CREATE TABLE app.orders (
        order_id bigint PRIMARY KEY, customer_id bigint REFERENCES app.customers,
        ordered_at timestamptz);
      CREATE TABLE app.order_lines (
        order_id bigint REFERENCES app.orders, product_id bigint REFERENCES app.products,
        quantity integer);
      INSERT INTO app.orders SELECT row_number() OVER (), user_id, occurred_at FROM app.events;
      INSERT INTO app.order_lines
      SELECT o.order_id, e.item_id, 1 FROM app.orders AS o
      JOIN app.events AS e ON e.user_id = o.customer_id AND e.occurred_at = o.ordered_at;
      CREATE TABLE app."Odd: names" (
        "Who's" bigint REFERENCES app.customers, "the ""product""" bigint REFERENCES app.products,
        "null" timestamptz, action text);
      INSERT INTO app."Odd: names" SELECT user_id, item_id, occurred_at, 'it''s: # a "view"'
      FROM app.events;
      ANALYZE;
      """#)
    return shop
  }

  @Test("A job is written for the likeliest table, and the run it describes publishes")
  func likeliest() throws {
    let shop = try shop()
    let path = shop.folder.path + "/new.yaml"
    let made = try shop.program.run("init-config", "--output", path)
    try expectSuccess(made)
    let text = try shop.folder.read("new.yaml")
    #expect(text.contains("table: app.events"))
    #expect(text.contains("app.order_lines with app.orders"))
    #expect(text.contains("# events: {view: 1}"))
    try expectSuccess(shop.program.run("check", "--config", path))
    try expectSuccess(shop.program.run("run", "--config", path, "--force"))
    #expect(try shop.value("SELECT count(DISTINCT user_id) FROM ncf.recommendations") == "80")
    // What is there is not written over.
    let again = try shop.program.run("init-config", "--output", path)
    #expect(again.code == 64)
    #expect(again.talk.contains("--force"))
    #expect(try shop.folder.read("new.yaml") == text)
    try expectSuccess(shop.program.run("init-config", "--output", path, "--force"))
  }

  @Test("Lines of orders become a query that a run accepts")
  func lines() throws {
    let shop = try shop()
    try shop.connection.executeScript(#"DROP TABLE app.events, app."Odd: names""#)
    let path = shop.folder.path + "/new.yaml"
    try expectSuccess(
      shop.program.run("init-config", "--job", "lines", "--schema", "out", "--output", path))
    #expect(try shop.folder.read("new.yaml").contains("JOIN app.orders AS h"))
    try expectSuccess(shop.program.run("run", "--config", path, "--force"))
    #expect(try shop.value("SELECT count(DISTINCT user_id) FROM out.recommendations") == "80")
  }

  @Test("Names that need quotes are quoted, in SQL and in YAML")
  func oddNames() throws {
    let shop = try shop()
    let path = shop.folder.path + "/new.yaml"
    try expectSuccess(
      shop.program.run(
        "init-config", "--table", "app.\"Odd: names\"", "--time-column", "null", "--output", path))
    let text = try shop.folder.read("new.yaml")
    #expect(text.contains(#"table: "app.\"Odd: names\"""#))
    #expect(text.contains(#"occurred_at: "null""#))
    try expectSuccess(shop.program.run("run", "--config", path, "--dry-run"))
  }

  @Test("What could be the source is listed for people and for programs, and nothing is written")
  func lists() throws {
    let shop = try shop()
    let list = try shop.program.run("init-config", "--list", in: shop.folder.path)
    try expectSuccess(list)
    #expect(list.output.hasPrefix("1  app.events (about 640 rows)"))
    let json = try shop.program.run("init-config", "--json", in: shop.folder.path)
    let found = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
    #expect(found?.first?["table"] as? String == "app.events")
    #expect(found?.contains { $0["query"] is String } == true)
    #expect(!FileManager.default.fileExists(atPath: shop.folder.path + "/nightly.yaml"))
  }

  @Test(
    "What can't be told is asked for by its flag",
    arguments: [
      (["--table", "app.products"], 78, "--user-column"),
      (["--table", "app.absent"], 78, "app.absent"),
      (["--table", "app.events", "--item-column", "itm"], 78, "no column itm"),
      (["--user-column", "user_id"], 64, "--table"),
    ] as [([String], Int32, String)])
  func unclear(arguments: [String], code: Int32, said: String) throws {
    let shop = try shop()
    let result = try shop.program.start(
      ["init-config", "--output", shop.folder.path + "/x.yaml"] + arguments
    ).wait()
    #expect(result.code == code, "\(result.talk)")
    #expect(result.talk.contains(said), "\(result.talk)")
  }

  @Test("A database without a log is told of, with what a role needs to see one: 78")
  func nothing() throws {
    let shop = try Shop()
    try shop.connection.execute("DROP TABLE app.events")
    let result = try shop.program.run("init-config", "--output", shop.folder.path + "/x.yaml")
    #expect(result.code == 78)
    #expect(result.talk.contains("--table"))
  }
}
