import Glibc
import Interactions
import Postgres
import TestSupport
import Testing

extension FaultTests {
  /// Runs that get in each other's way, and locks that are held elsewhere.
  @Suite struct RivalTests {
    @Test("Of two and of ten runs at once one publishes, and the others say who is at work")
    func atOnce() {
      Trial.watched("two and ten runs at once", recovering: "after a race") { trial, shop in
        for others in [1, 9] {
          let before = try shop.live()
          let first = try shop.night("train=stop")
          try first.waitUntilStopped()
          let rivals = try (0..<others).map { _ in try shop.night() }
          for rival in rivals {
            let outcome = try rival.wait()
            trial.tried(outcome, 75, at: "beside a run that holds the lock")
            trial.keeps(
              outcome.talk.contains("ncf-batch/lock"), "it doesn't say who: \(outcome.talk)")
          }
          trial.keeps(try shop.live() == before, "the lists changed though the run stood still")
          trial.tried(try first.resume(), 0)
          // All at once, without anybody held: as many are live in turn as say so.
          let published = try shop.value("SELECT generation FROM ncf.live")
          let racers = try (0..<others + 1).map { _ in try shop.night() }
          var winners = 0
          for racer in racers {
            let outcome = try racer.wait()
            trial.tried(outcome, 0, 75)
            winners += outcome.code == 0 ? 1 : 0
          }
          trial.keeps(winners > 0, "nobody won")
          let generation = try shop.value("SELECT generation FROM ncf.live")
          trial.keeps(
            Int(generation ?? "") == (Int(published ?? "") ?? 0) + winners,
            "\(winners) published, and the generation went from \(published ?? "") to "
              + "\(generation ?? "")")
        }
      }
    }

    @Test("The lock's connection is killed while a second run starts: the older one is fenced off")
    func lockLost() {
      Trial.watched(
        "lock connection killed, a second run starts", recovering: "after a lock that was lost"
      ) { trial, shop in
        for point in ["recorded", "train", "evaluate", "filled", "attached", "stored"] {
          let older = try shop.night("\(point)=stop")
          try older.waitUntilStopped()
          let run = try shop.value("SELECT max(run_id) FROM ncf.runs") ?? ""
          try shop.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'ncf-batch/lock'
            """)
          try shop.server.waitUntilGone("ncf-batch/lock")
          // The younger run is halfway, or has published already.
          let isHalfway = trial.random.uniform(below: 2) == 0
          let younger = try shop.night(isHalfway ? "train=stop" : nil)
          if isHalfway {
            try younger.waitUntilStopped()
            trial.tried(try older.resume(), 75, at: "the older at \(point)")
            trial.tried(try younger.resume(), 0, at: "the younger")
          } else {
            trial.tried(try younger.wait(), 0, at: "the younger")
            trial.tried(try older.resume(), 75, at: "the older at \(point)")
          }
          let status = try shop.value("SELECT status FROM ncf.runs WHERE run_id = \(run)")
          trial.keeps(status == "abandoned", "the older at \(point) is \(status ?? "-")")
          try shop.isWhole(trial, "fenced off at \(point)")
        }
      }
    }

    @Test("A lock that somebody holds on the lists for long: 75, and readers never wait")
    func lockTimeout() {
      Trial.watched("lock time-out at publish", recovering: "after a lock") { trial, shop in
        let (lists, holder) = (try shop.lists(), try shop.database.connect())
        try holder.executeScript(
          "BEGIN; LOCK TABLE ncf.recommendations_by_run IN SHARE UPDATE EXCLUSIVE MODE;")
        trial.tried(try shop.night().wait(), 75)
        trial.keeps(try shop.lists() == lists, "the lists are others")
        try holder.execute("ROLLBACK")
      }
    }
  }
}
