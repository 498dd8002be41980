import Foundation
import Postgres
import TestSupport
import Testing

/// `ncf-batch report --html`: from a database to a page, in a real browser.
struct PageTests {
  @Test("The page holds the run's figures, lists and histories, and reads as the database has them")
  func figures() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    try expectSuccess(shop.night())
    let page = try page(
      of: shop, "--user", "7", "--titles",
      "SELECT i AS item_id, 'No. ' || i AS title FROM generate_series(0, 1000) AS i")
    let ndcg = try #require(
      try shop.value(
        """
        SELECT round(value::numeric, 4) FROM ncf.metrics WHERE run_id = 2 AND model = 'neumf'
          AND split = 'test' AND protocol = 'full' AND metric = 'ndcg' AND k = 5
        """))
    #expect(page.contains("<dd class=\"value\">\(ndcg)</dd>"))
    #expect(page.contains("<bdi>shop</bdi>, run 2"))
    #expect(page.contains("User <bdi>7</bdi>"))
    #expect(page.contains("Took last, of 8 items") || page.contains("Took, latest first"))
    #expect(page.contains("Shares by tenth of the catalogue"))
    #expect(page.contains("The job&#39;s last 2 runs"))
    // The first of user 7's list.
    let first = try #require(
      try shop.value("SELECT item_id FROM ncf.recommendations WHERE user_id = 7 AND rank = 1"))
    #expect(
      page.contains("<span class=\"rank\">1</span> <span class=\"what\"><bdi>No. \(first)</bdi>"))
    // An older run, on standard output, whose lists are kept.
    let older = try shop.program.run("report", "--html", "-", "--run", "1", "--users", "0")
    #expect(older.code == 0 && older.output.contains("<bdi>shop</bdi>, run 1"))
    #expect(!older.output.contains("A few users"))
  }

  @Test("A reader without the right to the source gets a page without what is read there")
  func leastRights() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    let role = try PasswordRole(on: shop.connection)
    defer {
      _ = try? shop.connection.executeScript("DROP OWNED BY \(role.name)")
      role.drop(on: shop.connection)
    }
    try shop.connection.executeScript(
      """
      GRANT USAGE ON SCHEMA ncf TO \(role.name);
      GRANT SELECT ON ALL TABLES IN SCHEMA ncf TO \(role.name);
      """)
    var program = shop.program
    program.environment["PGUSER"] = role.name
    program.environment["PGPASSWORD"] = role.password
    let result = try program.run("report", "--html", "-")
    try expectSuccess(result)
    #expect(result.output.contains("The source could not be read"))
    #expect(!result.output.contains("Shares by tenth"))
    #expect(result.output.contains("A few users"))
  }

  @Test("A run that is not there is told by 65, a file that can't be written by 74 before any work")
  func refusals() throws {
    let shop = try Shop(.eighty, events: false)
    let missing = try shop.program.run("report", "--html", "-", "--run", "12")
    #expect(missing.code == 65 && missing.talk.contains("there is no run 12"))
    let none = try shop.program.run("report", "--html", "-", "--job", "other")
    #expect(none.code == 65 && none.talk.contains("of job other"))
    let closed = try shop.program.run("report", "--html", "/nowhere/page.html")
    #expect(closed.code == 74 && closed.talk.contains("/nowhere/page.html"))
  }

  @Test(
    "In Chromium, on desktop and phone, in light and dark, nothing sticks out, overlaps, is pale, or is asked of the network"
  )
  func browser() throws {
    let shop = try Shop(.eighty)
    // Ids that people and attackers come up with.
    try shop.connection.executeScript(
      #"""
      CREATE TABLE app.odd AS
      SELECT user_id || '<script>alert(1)</script>' || repeat('w', 80) AS user_id,
        '"><img src="http://127.0.0.1:1/x' || item_id || '">' AS item_id, occurred_at
      FROM app.events;
      """#)
    try expectSuccess(shop.night(config: shop.jobFile("table: app.odd")))
    let refusing = ["NCF_TRAIN_LEARNING_RATE": "1e-9", "NCF_TRAIN_FINETUNE_LEARNING_RATE": "1e-9"]
    var program = shop.program
    program.environment.merge(refusing) { $1 }
    #expect(try program.run("--config", shop.jobFile("table: app.odd", epochs: 1)).code == 20)
    try expectSuccess(shop.night(config: shop.jobFile("table: app.odd")))
    let file = shop.folder.path + "/page.html"
    try expectSuccess(shop.program.run("report", "--html", file))
    let look = try Tool.run(
      "scripts/with-python", "report", "scripts/look-at-page", file, shop.folder.path + "/seen",
      installing: ["chromium", "chromium-driver", "fonts-dejavu-core"])
    guard let look else { return }
    let found = try JSONSerialization.jsonObject(with: Data(look.output.utf8)) as? [String: Any]
    #expect(found?["wrong"] as? [String] == [])
    #expect(look.code == 0, "\(look.output)\n\(look.talk)")
    let printed = try #require(found?["printed"] as? [String: Any])
    #expect(printed["isPDF"] as? Bool == true)
    let papers = ["desktop-light", "phone-dark"].map {
      (found?[$0] as? [String: Any])?["paper"] as? String
    }
    #expect(papers == ["rgb(255, 255, 255)", "rgb(20, 23, 27)"])
    let seen = try FileManager.default.contentsOfDirectory(atPath: shop.folder.path + "/seen")
    #expect(seen.contains("phone-dark.png") && seen.contains("printed.pdf"))
  }

  private func page(of shop: Shop, _ arguments: String...) throws -> String {
    let file = shop.folder.path + "/page.html"
    try expectSuccess(shop.program.start(["report", "--html", file] + arguments).wait())
    return try shop.folder.read("page.html")
  }
}
