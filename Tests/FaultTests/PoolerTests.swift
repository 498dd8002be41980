import TestSupport
import Testing

extension FaultTests {
  /// A pooler between the job and the server.
  @Suite struct PoolerTests {
    @Test("PgBouncer in transaction mode is noticed: 78")
    func transaction() {
      Trial.of("PgBouncer in transaction mode") { trial in
        let shop = try FaultShop()
        let pooler = try Pooler(shop.server, mode: "transaction")
        try Watchers.during(trial, shop) {
          let lists = try shop.lists()
          let outcome = try shop.night(variables: pooler.environment)
            .wait()
          trial.tried(outcome, 78)
          trial.keeps(
            outcome.talk.contains("a pooler in transaction mode"), "it says: \(outcome.talk)")
          trial.keeps(try shop.lists() == lists, "the lists are others")
        }
        withExtendedLifetime(pooler) {}
      }
    }

    @Test("PgBouncer in session mode works, one night after the other")
    func session() {
      Trial.of("PgBouncer in session mode") { trial in
        let shop = try FaultShop()
        let pooler = try Pooler(shop.server, mode: "session")
        try Watchers.during(trial, shop) {
          for _ in 1...2 {
            trial.tried(
              try shop.night(variables: pooler.environment).wait(), 0)
            try shop.isWhole(trial, "through a pooler")
          }
        }
        withExtendedLifetime(pooler) {}
      }
    }
  }
}
