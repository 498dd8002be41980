import Foundation
import Postgres
import TestSupport
import Testing

/// `init-config`: a job's file from the tables that a database has.
struct InitConfigTests {
  /// A shop of several tables, none of which is called what the job calls it.
  private func shop() throws -> Shop {
    let shop = try Shop(.eighty)
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
    try shop.expect("SELECT count(DISTINCT user_id) FROM ncf.recommendations", gives: "80")
    // What is there is not written over.
    expect(
      try shop.program.run("init-config", "--output", path), 64, "\(path) is there already",
      "--force")
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
    try shop.expect("SELECT count(DISTINCT user_id) FROM out.recommendations", gives: "80")
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
      (["--table", "app.events", "--time-column", "item_id"], 78, "can't be read as times"),
      (["--user-column", "user_id"], 64, "--table"),
    ] as [([String], Int32, String)])
  func unclear(arguments: [String], code: Int32, said: String) throws {
    let shop = try shop()
    expect(
      try shop.program.start(
        ["init-config", "--output", shop.folder.path + "/x.yaml"] + arguments
      ).wait(), code, said)
  }

  /// Answers of somebody before a terminal; what became of them is the code, the screen and the file.
  private func interview(
    _ shop: Shop, _ answers: [String], _ arguments: String...
  ) throws -> (code: Int32, screen: String, text: String) {
    let path = shop.folder.path + "/asked.yaml"
    try? FileManager.default.removeItem(atPath: path)
    var program = shop.program
    program.environment["TERM"] = "xterm"
    // Control-D ends what is typed.
    let run = try PseudoTerminal().run(
      program, ["init-config", "--output", path] + arguments,
      typed: answers.map { $0 + "\n" }.joined() + "\u{4}")
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return (run.code, run.screen, text)
  }

  @Test("On a terminal it asks for the table and each column; Enter takes what it proposes")
  func asks() throws {
    let shop = try shop()
    let taken = try interview(shop, ["", "", "", "", "", ""])
    #expect(taken.code == 0, "\(taken.screen)")
    #expect(taken.screen.contains("Which of these is the log?"))
    #expect(taken.screen.contains("users [user_id]: "))
    #expect(taken.screen.contains("values, - for none [value]: "))
    let silent = try shop.program.run("init-config", "--yes", "--output", "-")
    #expect(taken.text == silent.output)
    // Lines of orders with the orders, by number; and a table that isn't shown, by name.
    let number = try #require(
      taken.screen.split(whereSeparator: \.isNewline).first { $0.contains("app.order_lines with") }?
        .prefix(1))
    let joined = try interview(shop, [String(number), "", "", "", "", "order_lines.quantity"])
    #expect(joined.code == 0, "\(joined.screen)")
    #expect(joined.text.contains("l.quantity AS value"))
    let named = try interview(
      shop, ["app.absent", "app.products", "product_id", "title", "product_id", "-"])
    #expect(named.screen.contains("app.absent"))
    // A table without a time is none, however long one asks.
    #expect(named.code == 64 && named.text.isEmpty)
    #expect(named.screen.contains("--time-column"))
  }

  @Test("Answers replace what it proposes, wrong ones are asked again, and flags are not asked for")
  func answers() throws {
    let shop = try shop()
    try shop.connection.executeScript(
      """
      ALTER TABLE app.events ADD buyer_id bigint, ADD price numeric, ADD seen_at timestamptz;
      UPDATE app.events SET buyer_id = user_id, price = 1, seen_at = occurred_at;
      """)
    let run = try interview(
      shop, ["nobody", "price", "buyer_id"], "--table", "app.events", "--item-column", "item_id")
    #expect(run.code == 64)
    #expect(run.screen.contains("app.events has no column nobody"))
    #expect(run.screen.contains("price is numeric, which can't be read as users"))
    #expect(run.screen.contains("--time-column"))
    #expect(!run.screen.contains("items ["))
    let good = try interview(
      shop, ["buyer_id", "seen_at", "-", "price"], "--table", "app.events", "--item-column",
      "item_id")
    #expect(good.code == 0, "\(good.screen)")
    for line in ["user_id: buyer_id", "occurred_at: seen_at", "value: price"] {
      #expect(good.text.contains(line), "\(good.text)")
    }
    #expect(!good.text.contains("event_type: event_type"))
    try expectSuccess(
      shop.program.run("run", "--config", shop.folder.path + "/asked.yaml", "--dry-run"))
  }

  @Test("A database without a log is told of, with what a role needs to see one: 78")
  func nothing() throws {
    let shop = try Shop(.eighty)
    try shop.connection.execute("DROP TABLE app.events")
    expect(
      try shop.program.run("init-config", "--output", shop.folder.path + "/x.yaml"), 78,
      "tables and views that this role may read looks like a log of events: a user, an item and a "
        + "time", "--table")
    let name = "ncf_test_blind_\(UUID().uuidString.prefix(8).lowercased())"
    try shop.connection.executeScript(
      """
      CREATE TABLE app.log (a bigint, b bigint, c timestamptz);
      CREATE ROLE \(name) LOGIN; GRANT USAGE ON SCHEMA app TO \(name);
      """)
    defer { _ = try? shop.connection.executeScript("DROP OWNED BY \(name); DROP ROLE \(name)") }
    let asked = ["init-config", "--table", "app.log", "--output", shop.folder.path + "/x.yaml"]
    expect(try shop.program.start(asked).wait(), 78, "it can't be told which columns of ")
    expect(try shop.program.start(asked + ["-U", name]).wait(), 77, "may not be read by this role")
  }
}
