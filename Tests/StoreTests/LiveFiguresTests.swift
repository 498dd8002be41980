import Baselines
import Postgres
import TestSupport
import Testing

@testable import Jobs
@testable import Store

/// Figures of a run that the gate compares with.
struct LiveFiguresTests {
  @Test func figuresOfAPublishedRunAreThoseOfItsRecord() throws {
    let shop = try Shop()
    try shop.run(shop.job { $0.method = .baseline(.itempop) })
    let figures = try #require(
      try LiveFigures.read(
        run: 1, evaluationK: 5, countingUpTo: 5, in: "ncf", on: shop.connection))
    #expect(figures.users == Shop.users && figures.rows == 5 * Shop.users && figures.k == 5)
    let coverage = try shop.value(
      "SELECT value FROM ncf.metrics WHERE metric = 'coverage' AND k = 5 AND model = 'itempop'")
    #expect(figures.coverage.map { "\($0)" } == coverage && coverage != nil)
    let ofAnotherLength = try LiveFigures.read(
      run: 1, evaluationK: 4, countingUpTo: 5, in: "ncf", on: shop.connection)
    #expect(ofAnotherLength?.coverage == nil && ofAnotherLength?.rows == figures.rows)
  }

  @Test func longerListsAreCountedDownToTheLastPlaceThatCounts() throws {
    let shop = try Shop()
    try shop.run(shop.job { $0.method = .baseline(.itempop) })
    func figures() throws -> LiveFigures? {
      try LiveFigures.read(
        run: 1, evaluationK: 5, countingUpTo: 2, in: "ncf", on: shop.connection)
    }
    #expect(try figures()?.rows == 2 * Shop.users)
    try shop.connection.execute(
      "ALTER TABLE ncf.recommendations_by_run DETACH PARTITION ncf.recommendations_run_1")
    let withoutLists = try #require(try figures())
    #expect(withoutLists.rows == nil && withoutLists.users == Shop.users)
  }

  @Test func aRunThatDoesNotExistHasNone() throws {
    let shop = try Shop(events: false)
    let figures = try LiveFigures.read(
      run: 7, evaluationK: 5, countingUpTo: 5, in: "ncf", on: shop.connection)
    #expect(figures == nil)
  }
}
