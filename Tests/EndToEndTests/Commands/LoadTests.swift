import Foundation
import Postgres
import TestSupport
import Testing

/// Files that become tables.
struct LoadTests {
  private let lines = "1\t10\t1767225600\n2\t10\t1767225601\n1\t11\t1767225602\n"

  @Test("Tabs, double colons and gzip give the same interactions")
  func formats() throws {
    let shop = try Shop(.eighty, events: false)
    let folder = shop.folder
    let plain = try folder.write(lines, to: "log.tsv")
    let ratings = "1::10::4::1767225600\n2::10::5::1767225601\n1::11::3.5::1767225602\n"
    let movies = try folder.write(ratings, to: "ratings.dat")
    try expectSuccess(shop.program.run("load", "tsv", plain, "--table", "app.a"))
    try expectSuccess(shop.program.run("load", "movielens", movies, "--table", "new.b"))
    let zipper = try Process.run(URL(filePath: "/usr/bin/gzip"), arguments: [plain])
    zipper.waitUntilExit()
    try expectSuccess(shop.program.run("load", "tsv", plain + ".gz", "--table", "app.c"))
    let rows = "1 10 2026-01-01 00:00:00+00,1 11 2026-01-01 00:00:02+00,2 10 2026-01-01 00:00:01+00"
    for table in ["app.a", "new.b", "app.c"] {
      let found = try shop.value(
        """
        SELECT string_agg(concat_ws(' ', user_id, item_id, occurred_at), ','
          ORDER BY user_id, item_id) FROM \(table)
        """)
      #expect(found == rows)
    }
    try shop.expect("SELECT sum(value) FROM new.b", gives: "12.5")
  }

  @Test("Rows are added, or with --replace take the place of the old ones")
  func replace() throws {
    let shop = try Shop(.eighty, events: false)
    let file = try shop.folder.write(lines, to: "log.tsv")
    for (flags, rows) in [([], "3"), ([], "6"), (["--replace"], "3")] {
      let arguments = ["load", "tsv", file, "--table", "app.events"] + flags
      try expectSuccess(shop.program.start(arguments).wait())
      try shop.expect("SELECT count(*) FROM app.events", gives: rows)
    }
  }

  @Test(
    "A bad line is named by file and number, and nothing is loaded: 65",
    arguments: [
      ("x\t10\t1767225600", "user and item must be whole numbers"),
      ("1\t10", "the last field must be a time"), ("1\t10\tnever", "the last field must be a time"),
      ("", "user and item must be whole numbers"),
    ])
  func badLine(line: String, named: String) throws {
    let shop = try Shop(.eighty, events: false)
    let file = try shop.folder.write(lines + line + "\n" + lines, to: "log.tsv")
    expect(
      try shop.program.run("load", "tsv", file, "--table", "app.events", "--replace"), 65,
      "\(file):4", named)
    try shop.expect("SELECT count(*) FROM app.events", gives: "0")
  }

  @Test("A file that is not there is 74, before a server is looked for")
  func absent() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/absent.tsv"
    expect(
      try Program().run(
        "load", "tsv", path, "--table", "app.events", "-h", folder.path), 74, path)
  }
}
