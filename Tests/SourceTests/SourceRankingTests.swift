import Jobs
import Testing

@testable import Source

/// Which tables look like a log, and which of their columns play which part.
struct SourceRankingTests {
  private typealias Target = (relation: String, name: String, column: String)

  private func column(
    _ name: String, _ type: UInt32 = 20, to target: Target? = nil, isUnique: Bool = false
  ) -> CatalogColumn {
    CatalogColumn(
      name: name, quoted: name, type: type, typeName: "type \(type)", isUnique: isUnique,
      target: target)
  }

  private func table(
    _ name: String, rows: Int? = 1000, _ columns: [CatalogColumn]
  ) -> CatalogTable {
    CatalogTable(relation: "app.\(name)", name: name, rows: rows, columns: columns)
  }

  private func parts(_ draft: SourceDraft?) -> [String] {
    draft?.proposal.parts.map { "\($0.role)=\($0.column)" } ?? []
  }

  @Test(
    "Columns are told by their words, whatever the language of their case",
    arguments: [
      (["user_id", "item_id", "occurred_at"], "user_id", "item_id", "occurred_at"),
      (["customerId", "productId", "purchasedAt"], "customerId", "productId", "purchasedAt"),
      (["movie_id", "created_at", "updated_at", "member"], "member", "movie_id", "created_at"),
      (["uid", "sku", "birth_date", "ts", "user_agent"], "uid", "sku", "ts"),
      (["user_item_id", "user_id", "ts"], "user_id", "user_item_id", "ts"),
    ])
  func words(names: [String], user: String, item: String, time: String) {
    let times = ["occurred_at", "purchasedAt", "created_at", "updated_at", "birth_date", "ts"]
    let columns = names.map { column($0, times.contains($0) ? 1184 : 20) }
    let found = SourceRanking([table("log", columns)]).proposals().first
    #expect(
      parts(found) == ["user_id=\(user)", "item_id=\(item)", "occurred_at=\(time)"])
  }

  @Test("A table with a row a user, or without a time, is no log")
  func notLogs() {
    let ranking = SourceRanking([
      table(
        "users",
        [
          column("user_id", isUnique: true), column("item_id"), column("created_at", 1184),
        ]),
      table("pairs", [column("user_id"), column("item_id")]),
      table("prices", [column("item_id"), column("created_at", 1184), column("user_name", 25)]),
    ])
    #expect(ranking.proposals().isEmpty)
    #expect(
      ranking.draft(table("pairs", [column("user_id"), column("item_id")])).missing == [.time])
  }

  @Test("Foreign keys say what names don't")
  func foreignKeys() {
    let found = SourceRanking([
      table(
        "visits",
        [
          column("who", to: ("app.people", "people", "id")),
          column("what", to: ("app.things", "things", "id")), column("t", 1184),
        ])
    ]).proposals().first
    #expect(parts(found) == ["user_id=who", "item_id=what", "occurred_at=t"])
  }

  @Test("Of two logs the larger and clearer one stands first, and a wish is granted")
  func ranking() {
    let columns = [column("user_id"), column("item_id"), column("at", 1184)]
    let wide = columns + [column("product_id"), column("rating", 700), column("kind", 25)]
    let tables = [table("few", rows: 10, columns), table("many", rows: 1_000_000, wide)]
    let found = SourceRanking(tables).proposals()
    #expect(found.map(\.proposal.title) == ["app.many", "app.few"])
    #expect(parts(found.first).suffix(2) == ["event_type=kind", "value=rating"])
    var choice = SourceSearch.Choice()
    choice.item = "product_id"
    #expect(
      parts(SourceRanking([tables[1]], choice).proposals().first)[1] == "item_id=product_id")
  }

  @Test("Lines are joined with what they belong to")
  func joined() throws {
    let tables = [
      table(
        "lines",
        [
          column("order_id", to: ("app.orders", "orders", "id")), column("product_id"),
          column("quantity", 23),
        ]),
      table(
        "orders",
        [
          column("id", isUnique: true), column("customer_id"), column("ordered_at", 1184),
        ]),
    ]
    let found = try #require(SourceRanking(tables).proposals().first)
    #expect(
      found.proposal.relation
        == .query(
          """
          SELECT h.customer_id AS user_id, l.product_id AS item_id, h.ordered_at AS occurred_at, \
          l.quantity AS value
          FROM app.lines AS l
          JOIN app.orders AS h ON h.id = l.order_id
          """))
  }

  @Test("A part goes to the column that is named, which then plays no other")
  func given() throws {
    let log = table(
      "log",
      [
        column("user_id"), column("buyer"), column("item_id"), column("at", 1184),
        column("price", 1700),
      ])
    var found = SourceRanking([log]).draft(log)
    try found.give(.user, to: "buyer")
    #expect(found.column(of: .user) == "buyer")
    try found.give(.user, to: "item_id")
    #expect(found.missing == [.item])
    try found.give(.item, to: "user_id")
    #expect(found.missing.isEmpty)
    #expect(
      found.proposal.relation
        == .table(
          "app.log", columns: .init(user: "item_id", item: "user_id", time: "at")))
    try found.give(.value, to: "price")
    #expect(found.column(of: .value) == "price")
    try found.give(.value, to: nil)
    #expect(found.column(of: .value) == nil)
    for (role, name, said) in [
      (ColumnRole.user, "price", "can't be read as users"), (.time, "item_id", "timestamptz"),
      (.value, "at", "a number"), (.item, "nothing", "no column nothing"),
    ] {
      let error = #expect(throws: BatchError.self) { try found.give(role, to: name) }
      let text = "\(error?.what ?? "") \(error?.advice ?? "")"
      #expect(text.contains(said))
    }
  }

  @Test("Of two tables a column is named with its table where both have one of that name")
  func givenAmongTwo() throws {
    let tables = [
      table(
        "lines",
        [
          column("order_id", to: ("app.orders", "orders", "id")), column("product_id"),
          column("at", 1184),
        ]),
      table(
        "orders", [column("id", isUnique: true), column("customer_id"), column("at", 1184)]),
    ]
    var found = try #require(SourceRanking(tables).proposals().first)
    let error = #expect(throws: BatchError.self) { try found.give(.time, to: "at") }
    #expect(error?.advice?.contains("lines.at or orders.at") == true)
    try found.give(.time, to: "orders.at")
    #expect(found.column(of: .time) == "orders.at")
    guard case .query(let query) = found.proposal.relation else { return #expect(Bool(false)) }
    #expect(query.contains("h.at AS occurred_at"))
  }
}
