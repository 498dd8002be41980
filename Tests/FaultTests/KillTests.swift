import Glibc
import Interactions
import TestSupport
import Testing

extension FaultTests {
  /// Runs that are lost without a word.
  @Suite struct KillTests {
    @Test("kill -9 in each phase: the old lists are served, and the next run cleans up")
    func inEachPhase() {
      Trial.of("kill -9 in each phase") { trial in
        let shop = try FaultShop()
        try Watchers.during(trial, shop) {
          for point in FaultTests.points {
            let (before, lists) = (try shop.live(), try shop.lists())
            trial.tried(try shop.night("\(point)=kill").wait(), 137, at: "at \(point)")
            try shop.server.waitUntilGone("ncf-batch/%")
            if !FaultTests.livePoints.contains(point) {
              trial.keeps(try shop.lists() == lists, "killed at \(point), it changed the lists")
            }
            try shop.isWhole(trial, "killed at \(point)")
            let lost = try shop.value("SELECT max(run_id) FROM ncf.runs") ?? ""
            try shop.recovers(trial, after: "after a kill at \(point)")
            let status = try shop.value("SELECT status FROM ncf.runs WHERE run_id = \(lost)")
            let wanted =
              FaultTests.livePoints.contains(point) || lost == "\(before)"
              ? "published" : "abandoned"
            trial.keeps(status == wanted, "killed at \(point), it is marked \(status ?? "-")")
          }
        }
        try shop.isBounded(trial)
      }
    }

    @Test("kill -9 at random moments: the old lists or all of the new ones")
    func atRandom() {
      let fault = "kill -9 at random moments"
      Trial.of(fault) { trial in
        let shop = try FaultShop()
        let clock = ContinuousClock()
        let began = clock.now
        try shop.recovers(trial)
        let night = began.duration(to: clock.now) / .microseconds(1)
        try Watchers.during(trial, shop) {
          for _ in 0..<FaultSize.pick(12, full: 200) {
            let run = try shop.night()
            usleep(UInt32(trial.random.uniform() * night))
            run.signal(SIGKILL)
            // It may have come to its end before.
            trial.tried(try run.wait(), 137, 0)
            try shop.server.waitUntilGone("ncf-batch/%")
            try shop.isWhole(trial, "killed at random")
          }
          try shop.recovers(trial, after: "after kills at random")
        }
        try shop.isBounded(trial)
      }
    }
  }
}
