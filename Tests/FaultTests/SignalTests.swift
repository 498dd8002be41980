import Glibc
import TestSupport
import Testing

extension FaultTests {
  /// Signals that ask a run to stop, or hold it.
  @Suite struct SignalTests {
    /// From here on what is left is so short that a request may come too late.
    private static let late: Set<String> = [
      "filled", "attached", "stored", "moved", "committed", "swept",
    ]

    @Test("SIGTERM and SIGINT in each phase: stopped with 75, or published whole")
    func inEachPhase() {
      Trial.watched("SIGTERM, SIGINT in each phase", recovering: "after signals") { trial, shop in
        for (place, point) in FaultTests.points.enumerated() {
          let before = try shop.live()
          let outcome = try shop.night("\(point)=\(place % 2 == 0 ? "term" : "int")").wait()
          trial.tried(outcome, Self.late.contains(point) ? [0, 75] : [75], at: "at \(point)")
          let isPublished = try shop.live() > before
          let status = try shop.value("SELECT status FROM ncf.runs ORDER BY run_id DESC LIMIT 1")
          trial.keeps(
            isPublished == (status == "published" && outcome.code == 0)
              || outcome.code == 75 && isPublished == (status == "published"),
            "stopped at \(point) with \(outcome.code), it is marked \(status ?? "-")")
          trial.keeps(status != "running", "stopped at \(point), it is still marked running")
          try shop.isWhole(trial, "stopped at \(point)")
        }
      }
    }

    @Test("A second signal ends a run at once: 75, and nothing is half-done")
    func twice() {
      Trial.watched("SIGTERM twice", recovering: "after two signals") { trial, shop in
        for point in ["read", "train", "filled", "moved"] {
          let run = try shop.night("\(point)=stop")
          try run.waitUntilStopped()
          run.signal(SIGTERM)
          run.signal(SIGINT)
          let outcome = try run.resume()
          trial.tried(outcome, Self.late.contains(point) ? [0, 75] : [75], at: "at \(point)")
          try shop.server.waitUntilGone("ncf-batch/%")
          try shop.isWhole(trial, "stopped twice at \(point)")
        }
      }
    }

    @Test("A signal during COMMIT: what was done is known, and marked as it is")
    func duringCommit() {
      Trial.remote(
        "SIGTERM during COMMIT, once and twice", recovering: "after signals during COMMIT"
      ) { trial, remote in
        let (shop, network) = (remote.shop, remote.network)
        for signals in [[SIGTERM], [SIGTERM, SIGTERM]] {
          let before = try shop.live()
          let run = try remote.night("moved=stop")
          try run.waitUntilStopped()
          network.set { $0.holdsCommit = true }
          run.signal(SIGCONT)
          try Breath.until("COMMIT is on its way") { network.isHoldingCommit }
          for signal in signals { run.signal(signal) }
          if signals.count == 1 {
            network.set { $0.holdsCommit = false }
            trial.tried(try run.wait(), 0, 75)
          } else {
            trial.tried(try run.wait(), 75)
            network.set { $0.holdsCommit = false }
          }
          try shop.server.waitUntilGone("ncf-batch/%")
          let status = try shop.value("SELECT status FROM ncf.runs ORDER BY run_id DESC LIMIT 1")
          trial.keeps(
            (status == "published") == (try shop.live() > before),
            "live or not, it is marked \(status ?? "-")")
          try shop.isWhole(trial, "signalled during COMMIT")
        }
      }
    }

    @Test("SIGTERM while the server works on a query for long: 75, and the query is cancelled")
    func longQuery() {
      Trial.of("SIGTERM during a long query") { trial in
        let shop = try FaultShop()
        let config = try shop.job(
          source: "query: \"SELECT e.user_id, e.item_id, e.occurred_at FROM app.events AS e, "
            + "(SELECT pg_catalog.pg_sleep(3600)) AS s\"")
        try Watchers.during(trial, shop) {
          let run = try shop.night(config: config)
          try Breath.until("the query runs") {
            guard run.isRunning else { throw Unexpected("ended early: \(try run.wait().talk)") }
            return try shop.value(Self.sleeping) == "1"
          }
          run.signal(SIGTERM)
          trial.tried(try run.wait(), 75)
          try Breath.until("the query is cancelled") { try shop.value(Self.sleeping) == "0" }
        }
        try shop.recovers(trial, after: "after a long query")
      }
    }

    private static let sleeping = """
      SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND application_name LIKE 'ncf-batch/%/pull' AND wait_event = 'PgSleep'
      """

    @Test("SIGSTOP, and SIGCONT later: it goes on where it was")
    func held() {
      Trial.watched(
        "SIGSTOP, SIGCONT after \(FaultSize.pick(1, full: 300)) s", recovering: "after a halt"
      ) { trial, shop in
        for point in FaultSize.isFull ? ["read", "train", "filled"] : ["train", "filled"] {
          let run = try shop.night("\(point)=stop")
          try run.waitUntilStopped()
          // The fault itself: nothing else would come true.
          Breath.milliseconds(FaultSize.pick(1, full: 300) * 1000)
          trial.tried(try run.resume(), 0, at: "at \(point)")
        }
      }
    }
  }
}
