import Postgres
import SyntheticData

/// Follows three jobs through a month of nights on one planted log: one that is trained in full each
/// night, one that is only fine-tuned from its first night on, and one as a job is by default, which is
/// trained in full once a week.
struct LineageBench {
  let nights: NightBench

  /// The world; its days after the first ones continue the log, one a night.
  private static let world = PlantedWorld(
    users: 1_000, items: 500, eventsPerUser: 30, days: 90, endingAt: 1_767_225_600, seed: 1)

  /// Nights after the first one.
  private static let count = 30

  /// Runs the nights and adds what they came to.
  func run() throws {
    try nights.inDatabase { database in
      try database.batch(["migrate", "up"])
      let first = Self.world.days
      for night in 0...Self.count {
        let days = night == 0 ? 0..<first : first + night - 1..<first + night
        try database.plant(Self.world, days: days)
        try database.night(Self.configuration("full"))
        try database.night(
          Self.configuration("tuned"), mode: night == 0 ? "full" : "finetune")
        try database.night(Self.configuration("usual"), mode: "auto")
      }
      try report(database.connection)
    }
  }

  /// The network that `jobs/nightly.yaml` recommends, at the size of this log.
  ///
  /// The log's own time is long past, so everything is within the lookback.
  private static func configuration(_ job: String) -> String {
    """
    job: \(job)
    source: {table: app.events, lookback: 100y}
    train:
      pretrain: ials
      factorization: {factors: 32, regularization: 20, alpha: 3}
      alpha: 0.9
      epochs: 5
      patience: 2
      finetune: {epochs: 2, patience: 1}
      refit: true
    output: {schema: \(job)}

    """
  }

  private func report(_ connection: Connection) throws {
    // The first night of each is left out: it is the same for all.
    let rows = try connection.execute(
      """
      WITH nights AS (
        SELECT r.run_id, r.job, r.mode, row_number() OVER (PARTITION BY r.job ORDER BY r.run_id) AS n,
          (SELECT m.value FROM ncf.metrics AS m WHERE m.run_id = r.run_id AND m.model = 'neumf'
            AND m.split = 'test' AND m.protocol = 'full' AND m.metric = 'ndcg' AND m.k = 10) AS ndcg,
          (SELECT sum(e.samples) FROM ncf.epochs AS e
            WHERE e.run_id = r.run_id AND e.phase <> 'ials') AS samples,
          (SELECT sum(e.seconds) FROM ncf.epochs AS e WHERE e.run_id = r.run_id) AS seconds
        FROM ncf.runs AS r
      ), jobs AS (
        SELECT job, avg(ndcg) AS ndcg, avg(samples) AS samples, avg(seconds) AS seconds,
          min(samples) AS fewest, max(samples) FILTER (WHERE mode = 'finetune') AS most
        FROM nights WHERE n > 1 GROUP BY job
      )
      SELECT 100 * f.ndcg AS "NDCG@10 in full",
        100 * t.ndcg / f.ndcg AS "NDCG@10 fine-tuned each night, of in full",
        100 * u.ndcg / f.ndcg AS "NDCG@10 by default, of in full",
        100.0 * t.samples / f.samples AS "samples of a fine-tune, of in full",
        100.0 * t.most / f.fewest AS "samples of the longest fine-tune, of the shortest in full",
        100 * t.seconds / f.seconds AS "seconds of training of a fine-tune, of in full",
        100 * u.seconds / f.seconds AS "seconds of training by default, of in full"
      FROM jobs AS f, jobs AS t, jobs AS u
      WHERE f.job = 'full' AND t.job = 'tuned' AND u.job = 'usual'
      """)
    for name in rows.columnNames {
      if let value = try rows.row().decodeIfPresent(Double.self, name) {
        nights.figures.add("lineage", name, [value], unit: "%")
      }
    }
  }
}
