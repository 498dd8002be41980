import ArgumentParser
import Foundation
import Postgres
import SyntheticData

/// Times whole nights of the `ncf-batch` beside this program, in a database of its own.
struct NightBench {
  let figures: Figures
  let threads: Int

  /// Whole nights on a log, with the settings that a job has without a configuration of its own.
  func run(log: String?, repeats: Int) throws {
    try inDatabase { database in
      if let log {
        try database.batch(["load", "tsv", log, "--table", "app.events"])
      } else {
        try database.plant(Measure.plantedWorld(scale: 1))
      }
      try database.batch(["migrate", "up"])
      let name = "night, \(log == nil ? "planted" : "the log given")"
      try figures.rate(
        "night", "\(name), \(threads) threads", unit: "nights/s", repeats: repeats, warms: false
      ) {
        try database.night("job: bench\nsource: {table: app.events}\n", isForced: false)
        return 1
      }
      try report(database.connection, name)
    }
  }

  /// One night with a single joint epoch on a planted log some times as large.
  func run(scale: Int, items: Int?) throws {
    try inDatabase { database in
      try database.plant(Measure.plantedWorld(scale: scale, items: items))
      try database.batch(["migrate", "up"])
      try database.night(
        """
        job: bench
        source: {table: app.events}
        train: {pretrain: false, negatives: 4, epochs: 1}

        """)
      try report(database.connection, "scale \(scale)")
    }
  }

  /// Adds the last run's stages: seconds, rows a second and the peak of resident memory.
  private func report(_ connection: Connection, _ name: String) throws {
    func add(_ what: String, _ value: Double, unit: String) {
      figures.add("stages", "\(name): \(what)", [value], unit: unit)
    }
    var peak = 0.0
    for row in try connection.execute(
      """
      SELECT stage, seconds, rows, peak_rss_bytes FROM ncf.stages
      WHERE run_id = (SELECT max(run_id) FROM ncf.runs) ORDER BY started_at
      """)
    {
      let stage = try row.decode(String.self, "stage")
      let seconds = try row.decode(Double.self, "seconds")
      add(stage, seconds, unit: "s")
      if let rows = try row.decodeIfPresent(Double.self, "rows"), rows > 0, seconds > 0 {
        add("\(stage), rows", rows / seconds, unit: "rows/s")
      }
      peak = max(peak, try row.decode(Double.self, "peak_rss_bytes"))
    }
    add("peak resident memory", peak, unit: "bytes")
    for row in try connection.execute(
      """
      SELECT phase, avg(samples_per_second) AS rate FROM ncf.epochs
      WHERE run_id = (SELECT max(run_id) FROM ncf.runs) AND epoch > 0 GROUP BY phase
      """)
    {
      if let rate = try row.decodeIfPresent(Double.self, "rate") {
        add("\(try row.decode(String.self, "phase")) epochs", rate, unit: "samples/s")
      }
    }
  }

  /// Lends a new database with an empty table of events, and drops it after.
  func inDatabase(_ body: (BenchDatabase) throws -> Void) throws {
    let name = "ncf_bench_\(ProcessInfo.processInfo.processIdentifier)"
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "ncf-bench-\(ProcessInfo.processInfo.processIdentifier)")
    let server = try Connection(ConnectionParameters(), applicationName: "ncf-bench")
    try server.executeScript("CREATE DATABASE \(name)")
    defer {
      _ = try? server.execute("DROP DATABASE \(name) WITH (FORCE)")
      try? FileManager.default.removeItem(at: folder)
    }
    let connection = try Connection(
      ConnectionParameters(database: name), applicationName: "ncf-bench/night")
    try connection.executeScript(
      """
      CREATE SCHEMA app;
      CREATE TABLE app.events (
        user_id bigint, item_id bigint, event_type text, value real, occurred_at timestamptz)
      """)
    try body(
      BenchDatabase(name: name, connection: connection, folder: folder, threads: threads))
  }
}

/// A database that nights are run in.
struct BenchDatabase {
  fileprivate let name: String
  let connection: Connection
  /// Where the jobs' files are.
  fileprivate let folder: URL
  fileprivate let threads: Int

  /// Adds the events of some days, by default of all that the world spans.
  func plant(_ world: PlantedWorld, days: Range<Int>? = nil) throws {
    _ = try connection.copyIn(
      "COPY app.events (user_id, item_id, occurred_at) FROM STDIN (FORMAT binary)"
    ) { writer in
      try world.events(days: days ?? 0..<world.days) { user, item, second in
        try writer.beginRow(columns: 3)
        try writer.write(Int64(user))
        try writer.write(Int64(item))
        try writer.writeTimestamp(Int64(second) * 1_000_000)
      }
    }
  }

  /// Runs a night of a job.
  func night(_ yaml: String, mode: String = "full", isForced: Bool = true) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "bench.yaml")
    try Data(yaml.utf8).write(to: file)
    try batch(
      ["run", "--config", file.path, "--mode", mode, "--threads", "\(threads)"]
        + (isForced ? ["--force"] : []))
  }

  /// Runs a command of the `ncf-batch` beside this program.
  func batch(_ arguments: [String]) throws {
    let own = URL(fileURLWithPath: CommandLine.arguments[0])
    let (talk, status) = try Process.run(
      own.deletingLastPathComponent().appending(path: "ncf-batch"), arguments + ["-d", name],
      reading: \.standardError)
    guard status == 0 else {
      throw ValidationError(
        "ncf-batch \(arguments.joined(separator: " ")): exit \(status)\n\(talk)")
    }
  }
}
