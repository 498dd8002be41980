import Foundation
import Interactions
import Parallelism
import Ranking
import Testing

@testable import Recommenders

/// What epochs are chosen by.
struct CatalogueValidationTests {
  private struct Stop: Error {}

  /// Scores that put item `(7 user) % items` first and the others behind it in a row.
  private struct Rows: Scorer {
    let userCount: Int
    let itemCount: Int

    func makeScratch() {}

    private func score(_ user: Int, _ item: Int) -> Float {
      -Float((item + itemCount - 7 * user % itemCount) % itemCount)
    }

    func fill(
      _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
      scratch: inout Void
    ) {
      for place in 0..<users.count {
        for (column, item) in items.enumerated() {
          scores[place * items.count + column] = score(Int(users[place]), item)
        }
      }
    }

    func fill(
      _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>, scratch: inout Void
    ) {
      for place in 0..<items.count { scores[place] = score(user, Int(items[place])) }
    }
  }

  private static let pool = WorkerPool(threads: 2)

  private func validation(users: Int, items: Int, tested: (Int) -> Bool) -> CatalogueValidation {
    CatalogueValidation(
      holdout: (0..<users).map { tested($0) ? Int32((7 * $0 + $0 % 12) % items) : -1 },
      known: UserItems(lists: (0..<users).map { _ in [] }), itemCount: items, k: 10, seed: 1,
      pool: Self.pool)
  }

  @Test("A few users are all judged, over all items")
  func all() {
    let validation = validation(users: 600, items: 300) { $0 % 5 != 0 }
    let figures = validation.figures(Rows(userCount: 600, itemCount: 300)) {}
    let ranks = (0..<600).filter { $0 % 5 != 0 }.map { $0 % 12 }
    let hits = ranks.filter { $0 < 10 }
    let gain = hits.reduce(0) { $0 + 1 / log2(Double($1 + 2)) }
    #expect(abs(figures.hr - Double(hits.count) / Double(ranks.count)) < 1e-12)
    #expect(abs(figures.ndcg - gain / Double(ranks.count)) < 1e-12)
  }

  @Test("Of many users a hash chooses some, always the same")
  func some() {
    let validation = validation(users: 9_000, items: 20_000) { $0 % 2 == 0 }
    let judged = validation.holdout.indices.filter { validation.holdout[$0] >= 0 }
    #expect(judged.count == CatalogueValidation.mostUsers)
    #expect(judged.allSatisfy { $0 % 2 == 0 })
    // Not the first ones.
    #expect((4_000..<5_000).contains(judged.reduce(0, +) / judged.count))
    let again = self.validation(users: 9_000, items: 20_000) { $0 % 2 == 0 }
    #expect(again.holdout == validation.holdout)
    // All where that is cheap.
    let all = self.validation(users: 9_000, items: 40) { $0 % 2 == 0 }
    #expect(all.holdout.count { $0 >= 0 } == 4_500)
  }

  @Test("It can be stopped, and looks at that change nothing")
  func looks() throws {
    let validation = validation(users: 3_000, items: 50_000) { _ in true }
    let scorer = Rows(userCount: 3_000, itemCount: 50_000)
    var looks = 0
    let figures = validation.figures(scorer) { looks += 1 }
    #expect(looks > 1)
    let whole = HoldoutRanks.full(
      scorer, holdout: validation.holdout,
      leavingOut: UserItems(lists: (0..<3_000).map { _ in [] }), pool: Self.pool)
    #expect(figures.ndcg == whole.estimate(.ndcg, k: 10)?.value)
    #expect(throws: Stop.self) { _ = try validation.figures(scorer) { throw Stop() } }
  }
}
