import Foundation
import Planted
import Postgres

/// Follows two jobs through a month of nights on one planted log: one that is trained in full each
/// night, and one that is fine-tuned from its first night on.
struct LineageBench {
  private let figures: Figures
  private let nights: NightBench
  private let threads: Int

  init(_ figures: Figures, threads: Int) {
    self.figures = figures
    self.threads = threads
    nights = NightBench(figures, threads: threads)
  }

  /// The world: half of its users came before the first night, some come on the way.
  private static let world = PlantedWorld(
    users: 1_000, items: 500, eventsPerUser: 40, days: 120, endingAt: 1_767_225_600, seed: 1)

  /// Nights after the first one.
  private static let count = 30

  /// Runs the nights and adds what they came to.
  func run() throws {
    try nights.inDatabase { database in
      let connection = try Connection(database, applicationName: "ncf-bench/lineage")
      try nights.makeTable(connection)
      try nights.batch(["migrate", "up"], database)
      let first = Self.world.days - Self.count
      for night in 0...Self.count {
        let days = night == 0 ? 0..<first : first + night - 1..<first + night
        try nights.plant(Self.world, days: days, connection)
        for (job, mode) in [("full", "full"), ("tuned", night == 0 ? "full" : "finetune")] {
          let config = try nights.write(Self.configuration(job))
          try nights.batch(
            [
              "run", "--config", config, "--mode", mode, "--force", "--threads", "\(threads)",
            ], database)
        }
      }
      try report(connection)
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
    let rows = try connection.execute(
      """
      SELECT avg(m.value) FILTER (WHERE r.job = 'full') AS "NDCG@10 in full",
        avg(m.value) FILTER (WHERE r.job = 'tuned') AS "NDCG@10 fine-tuned",
        avg(m.value) FILTER (WHERE r.job = 'tuned') / avg(m.value) FILTER (WHERE r.job = 'full')
          AS "their ratio",
        (SELECT sum(e.samples) FILTER (WHERE o.job = 'tuned')::double precision
            / sum(e.samples) FILTER (WHERE o.job = 'full')
          FROM ncf.epochs AS e JOIN ncf.runs AS o USING (run_id) WHERE o.run_id > 2
            AND e.phase <> 'ials') AS "samples trained, ratio",
        (SELECT sum(e.seconds) FILTER (WHERE o.job = 'tuned')
            / sum(e.seconds) FILTER (WHERE o.job = 'full')
          FROM ncf.epochs AS e JOIN ncf.runs AS o USING (run_id) WHERE o.run_id > 2)
          AS "seconds of training, ratio"
      FROM ncf.metrics AS m JOIN ncf.runs AS r USING (run_id)
      WHERE r.run_id > 2 AND m.model = 'neumf' AND m.split = 'test' AND m.protocol = 'full'
        AND m.metric = 'ndcg' AND m.k = 10
      """)
    for (column, name) in rows.columnNames.enumerated() {
      if let value = rows[row: 0, column: column].flatMap(Double.init) {
        figures.add(Figure(section: "lineage", name: name, unit: "", values: [value]))
      }
    }
  }
}
