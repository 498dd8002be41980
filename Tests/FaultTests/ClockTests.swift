import TestSupport
import Testing

extension FaultTests {
  /// Machines whose clock is wrong, and zones that are odd.
  @Suite struct ClockTests {
    @Test("A clock that is off by a day or a year, and any zone: the data go by the server's time")
    func clocks() {
      Trial.of("clock off, odd TZ, DST") { trial in
        let shop = try FaultShop()
        // Twice the same hour by the clocks of New York, and one that they never show.
        try shop.execute(
          """
          INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
          SELECT u, 1 + u % 30, 'view', 1, t
          FROM generate_series(1, 40) AS u
          CROSS JOIN unnest(ARRAY[
            timestamptz '2025-11-02 05:30Z', timestamptz '2025-11-02 06:30Z',
            timestamptz '2026-03-08 06:59:59Z', timestamptz '2026-03-08 07:00Z']) AS t;
          """)
        let config = try shop.job(
          source: "query: \"SELECT user_id, item_id, occurred_at AT TIME ZONE 'UTC' AS occurred_at "
            + "FROM app.events\"")
        trial.tried(try shop.night(seed: 5, config: config).wait(), 0)
        let lists = try shop.lists()
        let odd: [(prefix: [String], variables: [String: String])] =
          [
            ["+1d"], ["-1d"], ["+1y"], ["-1y"],
          ].map { (["/usr/bin/faketime", "-f"] + $0, [:]) }
          + [
            "Pacific/Apia", "America/New_York", "Asia/Kathmandu", "Etc/GMT+12", "nowhere", ":",
          ].map { ([], ["TZ": $0, "PGTZ": $0 == "nowhere" || $0 == ":" ? "UTC" : $0]) }
        try Watchers.during(trial, shop) {
          for (number, fault) in odd.enumerated() {
            let place = "\(fault.prefix.last ?? fault.variables["TZ"] ?? "")"
            let zone = ["America/New_York", "Europe/Berlin", "UTC"][number % 3]
            try shop.execute(
              """
              DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L',
                current_database(), '\(zone)'); END $$
              """)
            trial.tried(
              try shop.night(
                seed: 5, config: config, variables: fault.variables, prefix: fault.prefix
              ).wait(), 0, at: place)
            trial.keeps(try shop.lists() == lists, "\(place): the lists are others")
            let watermark = try shop.value(
              """
              SELECT watermark BETWEEN started_at AND finished_at AND finished_at <= clock_timestamp()
              FROM ncf.runs ORDER BY run_id DESC LIMIT 1
              """)
            trial.keeps(watermark == "t", "\(place): the watermark is not the server's time")
          }
        }
        try shop.isWhole(trial, "odd clocks")
      }
    }

    @Test("Ages are counted back from the server's time")
    func ages() {
      Trial.of("--since 1h with a clock off by a year") { trial in
        let shop = try FaultShop()
        try shop.execute(
          """
          INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
          SELECT user_id, item_id, 'view', 1, now() - interval '30 minutes'
          FROM app.events WHERE user_id <= 20
          """)
        for offset in ["-1y", "+1y"] {
          trial.tried(
            try shop.night(
              nil, ["--since", "1h"],
              prefix: ["/usr/bin/faketime", "-f", offset]
            ).wait(), 0, at: offset)
          let users = try shop.value("SELECT users FROM ncf.runs ORDER BY run_id DESC LIMIT 1")
          trial.keeps(users == "20", "\(offset): it saw the events of \(users ?? "no") users")
        }
      }
    }
  }
}
