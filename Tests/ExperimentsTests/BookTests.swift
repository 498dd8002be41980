import Baselines
import Experiments
import Recommenders
import Testing

/// Trials that were finished are read and not run again.
struct BookTests {
  @Test("A second call runs nothing and gives the same")
  func resumed() throws {
    let store = MemoryStore()
    var finished = 0
    let count: (BookEvent) throws -> Void = { if case .finished = $0 { finished += 1 } }
    let trials = [
      Trial(Method(ItemPopOptions()), seed: 1), PlantedLog.network(),
      Trial(Method(ItemPopOptions()), seed: 1),
    ]
    let first = try PlantedLog.book(store, report: count).results(of: trials)
    #expect(finished == 2)
    #expect(first[0] == first[2])
    let second = try PlantedLog.book(store, report: count).results(of: trials)
    #expect(finished == 2)
    #expect(first == second)
  }

  @Test("A call that was stopped keeps what was finished, and the next goes on from there")
  func stopped() throws {
    struct Stop: Error {}
    let store = MemoryStore()
    let trials = [Trial(Method(ItemPopOptions()), seed: 1), PlantedLog.network()]
    #expect(throws: Stop.self) {
      _ = try PlantedLog.book(
        store,
        report: { event in
          if case .working(2, _, "validation", _) = event { throw Stop() }
        }
      ).results(of: trials)
    }
    #expect(store.count == 1)
    var kept: Int?
    let results = try PlantedLog.book(
      store, report: { if case .planned(_, let count) = $0 { kept = count } }
    ).results(of: trials)
    #expect(kept == 1)
    #expect(results.count == 2 && store.count == 2)
  }
}
