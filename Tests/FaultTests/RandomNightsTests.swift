import Glibc
import Interactions
import Postgres
import TestSupport
import Testing

extension FaultTests {
  /// Night after night, each with whatever comes.
  @Suite struct RandomNightsTests {
    /// What may befall a night.
    private enum Befalling: CaseIterable {
      case nothing, kill, killAtPoint, restart, crash, terminate, twice, halt, lock, lockLost,
        rival,
        backendKilled, rowsMeanwhile
    }

    @Test("Thirty nights in a row with random faults: the lists are whole, disk and tables bounded")
    func nights() {
      let nights = FaultSize.pick(10, full: 30)
      Trial.of("\(nights) nights in a row with random faults") { trial in
        let shop = try FaultShop()
        let size = """
          SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c
          WHERE c.relnamespace = 'ncf'::regnamespace
            AND (c.relname ~ '_run_[0-9]+$' OR c.relname IN ('models', 'model_chunks', 'popular_by_run'))
            AND c.relkind = 'r'
          """
        for _ in 1...3 { try shop.recovers(trial) }
        let before = try shop.value(size).flatMap { Int($0) } ?? 0
        try Watchers.during(trial, shop) {
          for night in 1...nights {
            let all = Befalling.allCases
            let what = all[trial.random.uniform(below: all.count)]
            let point = FaultTests.points[trial.random.uniform(below: FaultTests.points.count)]
            let place = "night \(night), \(what) at \(point)"
            try befall(what, point, shop, trial, place)
            try shop.server.waitUntilGone("ncf-batch/%")
            try shop.isWhole(trial, place)
          }
          try shop.recovers(trial, after: "after all nights")
        }
        try shop.isBounded(trial)
        let after = try shop.value(size).flatMap { Int($0) } ?? 0
        // Deleted rows of models take their room until autovacuum comes by.
        trial.keeps(after < before * 4 + (4 << 20), "the relations grew from \(before) to \(after)")
      }
    }

    private func befall(
      _ what: Befalling, _ point: String, _ shop: FaultShop, _ trial: Trial, _ place: String
    ) throws {
      switch what {
      case .nothing:
        trial.tried(try shop.night().wait(), 0, at: place)
      case .kill:
        let run = try shop.night()
        usleep(UInt32(trial.random.uniform(below: 400_000)))
        run.signal(SIGKILL)
        trial.tried(try run.wait(), 137, 0, at: place)
      case .killAtPoint:
        trial.tried(try shop.night("\(point)=kill").wait(), 137, at: place)
      case .terminate:
        trial.tried(try shop.night("\(point)=term").wait(), 0, 75, at: place)
      case .restart, .crash:
        let run = try stopped(shop, point)
        try shop.server.restart(what == .crash ? .immediate : .fast)
        trial.tried(try run.resume(), 0, 69, at: place)
      case .twice:
        let run = try stopped(shop, point)
        run.signal(SIGINT)
        run.signal(SIGTERM)
        trial.tried(try run.resume(), 0, 75, at: place)
      case .halt:
        trial.tried(try stopped(shop, point).resume(), 0, at: place)
      case .lock:
        let holder = try shop.database.connect()
        let run = try stopped(shop, "train")
        try holder.executeScript(
          "BEGIN; LOCK TABLE ncf.recommendations_by_run IN SHARE UPDATE EXCLUSIVE MODE;")
        run.signal(SIGCONT)
        try Breath.until("the run waits for the lock") {
          let waits = try shop.value(
            """
            SELECT EXISTS (SELECT FROM pg_locks
              WHERE NOT granted AND relation = 'ncf.recommendations_by_run'::regclass)
            """)
          return waits == "t" || !run.isRunning
        }
        try holder.execute("ROLLBACK")
        trial.tried(try run.wait(), 0, at: place)
      case .lockLost:
        let run = try stopped(shop, "train")
        try terminate("ncf-batch/lock", shop)
        trial.tried(try shop.night().wait(), 0, at: place)
        trial.tried(try run.resume(), 75, at: place)
      case .rival:
        let run = try stopped(shop, "evaluate")
        trial.tried(try shop.night().wait(), 75, at: place)
        trial.tried(try run.resume(), 0, at: place)
      case .backendKilled:
        let run = try stopped(shop, point)
        try terminate("ncf-batch/%", shop)
        trial.tried(try run.resume(), 0, 69, 75, at: place)
      case .rowsMeanwhile:
        let run = try stopped(shop, point)
        try shop.execute(
          """
          INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
          SELECT u, 1 + (u * 7 + \(trial.random.uniform(below: 30))) % 30, 'view', 1, now()
          FROM generate_series(1, 20) AS u
          """)
        trial.tried(try run.resume(), 0, at: place)
      }
    }

    private func stopped(_ shop: FaultShop, _ point: String) throws -> Running {
      let run = try shop.night("\(point)=stop")
      try run.waitUntilStopped()
      return run
    }

    private func terminate(_ name: String, _ shop: FaultShop) throws {
      try shop.execute(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE '\(name)'
        """)
      try shop.server.waitUntilGone(name)
    }
  }
}
