import Foundation
import Jobs
import Operations
import Postgres
import TestSupport
import Testing

struct LoaderTests {
  private let database: TestDatabase
  private let folder: TemporaryFolder

  init() throws { (database, folder) = (try TestDatabase(), try TemporaryFolder()) }

  private func load(
    _ bytes: Data, _ format: Loader.Format, replace: Bool = false, table: String = "app.events"
  ) throws -> Int {
    try Loader(database.parameters).load(
      folder.write(Array(bytes), to: "file"), format: format, table: table, replace: replace)
  }

  private func rows() throws -> [String] {
    let result = try database.connect().execute(
      """
      SELECT concat_ws('|', user_id, item_id, event_type, value, extract(epoch FROM occurred_at)::bigint)
      FROM app.events ORDER BY 1
      """)
    return (0..<result.rowCount).compactMap { result[row: $0, column: 0] }
  }

  @Test func movieLensRatingsBecomeValues() throws {
    let text = "1::1193::5::978300760\n2::661::3.5::978302109\r\n-3::914::0::0"
    #expect(try load(Data(text.utf8), .movielens) == 3)
    #expect(
      try rows() == [
        "-3|914|rating|0|0", "1|1193|rating|5|978300760", "2|661|rating|3.5|978302109",
      ])
  }

  @Test func gzippedTabsAreReadLikePlainOnes() throws {
    // "7\t8\t9\n10\t11\t12\n", gzipped.
    let gzipped = try #require(
      Data(base64Encoded: "H4sIAAAAAAAC/zPntOC05DI04DQ05DQ04gIArEmJhQ8AAAA="))
    let (fromGzip, fromPlain) = (
      try load(gzipped, .tsv),
      try load(Data("7\t8\t9\n10\t11\t12\n".utf8), .tsv, replace: true)
    )
    #expect(fromGzip == 2)
    #expect(fromPlain == 2)
    #expect(try rows() == ["10|11|interaction|12", "7|8|interaction|9"])
  }

  @Test(arguments: [
    ("1\t2\t3\n1\t2\n", 2), ("1\t2\t3\n\n", 2), ("x\t2\t3\n", 1), ("1\t2\t3\t4\n", 1),
    ("1\t2\t-5\n", 1), ("9223372036854775808\t2\t3\n", 1), ("1\t2\t3x\n", 1),
    ("1\t\t3\n", 1), ("1 2 3\n", 1),
  ])
  func aBadLineIsNamedAndNothingIsLoaded(text: String, line: Int) throws {
    #expect(try load(Data("5\t6\t7\n".utf8), .tsv) == 1)
    expectFailure(.data, "file:\(line):") { try load(Data(text.utf8), .tsv) }
    #expect(try rows() == ["5|6|interaction|7"])
  }

  @Test func aBadRatingIsNamed() throws {
    let error = #expect(throws: BatchError.self) {
      try load(Data("1::2::3::4\n1::2::good::4\n".utf8), .movielens)
    }
    #expect(error?.what.contains("file:2: the rating") == true)
  }

  @Test func rowsAreAddedUnlessReplaced() throws {
    #expect(try load(Data("1\t2\t3\n".utf8), .tsv) == 1)
    #expect(try load(Data("4\t5\t6\n".utf8), .tsv) == 1)
    #expect(try rows().count == 2)
    #expect(try load(Data("7\t8\t9\n".utf8), .tsv, replace: true) == 1)
    #expect(try rows() == ["7|8|interaction|9"])
  }

  @Test func aReplacementThatFailsLeavesTheOldRows() throws {
    #expect(try load(Data("1\t2\t3\n".utf8), .tsv) == 1)
    #expect(throws: BatchError.self) { try load(Data("7\t8\t9\nx".utf8), .tsv, replace: true) }
    #expect(try rows() == ["1|2|interaction|3"])
  }

  @Test func idsAtBothEndsOfBigintAreKept() throws {
    let text = "\(Int64.max)\t\(Int64.min)\t1\n"
    #expect(try load(Data(text.utf8), .tsv) == 1)
    #expect(try rows() == ["\(Int64.max)|\(Int64.min)|interaction|1"])
  }

  @Test func aTruncatedArchiveIsAnErrorNotAShortFile() throws {
    let gzipped = try #require(
      Data(base64Encoded: "H4sIAAAAAAAC/zPntOC05DI04DQ05DQ04gIArEmJhQ8AAAA="))
    expectFailure(.io) { try load(gzipped.dropLast(9), .tsv) }
  }

  @Test func aMissingFileIsSaidBeforeAnyConnection() {
    let nowhere = Loader(ConnectionParameters(host: "/nonexistent"))
    expectFailure(.io) {
      try nowhere.load("/nonexistent/file", format: .tsv, table: "app.events", replace: false)
    }
  }

  @Test func aHostileTableNameIsQuoted() throws {
    let table = #""a""; DROP SCHEMA public;--"."t b""#
    #expect(try load(Data("1\t2\t3\n".utf8), .tsv, table: table) == 1)
    let result = try database.connect().execute(
      "SELECT to_regclass($1), to_regnamespace('public')", [table])
    #expect(result[row: 0, column: 0] != nil)
    #expect(result[row: 0, column: 1] == "public")
  }

  @Test func longLinesAndManyLinesCrossTheBuffersEdges() throws {
    let count = 60_000
    let text = (0..<count).map { "\($0)\t\($0 * 7_919)\t\($0)\n" }.joined()
    #expect(try load(Data(text.utf8), .tsv) == count)
    let result = try database.connect().execute(
      "SELECT sum(user_id), sum(item_id), count(DISTINCT user_id) FROM app.events")
    let sum = count * (count - 1) / 2
    #expect(result[row: 0, column: 0] == "\(sum)")
    #expect(result[row: 0, column: 1] == "\(sum * 7_919)")
    #expect(result[row: 0, column: 2] == "\(count)")
  }
}
