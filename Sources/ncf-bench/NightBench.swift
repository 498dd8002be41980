import ArgumentParser
import Foundation
import Postgres
import SyntheticData

/// Times whole nights of the `ncf-batch` beside this program, in a database of its own.
struct NightBench {
  private let figures: Figures
  private let threads: Int
  private let folder: URL

  init(_ figures: Figures, threads: Int) {
    self.figures = figures
    self.threads = threads
    folder = FileManager.default.temporaryDirectory
      .appending(path: "ncf-bench-\(ProcessInfo.processInfo.processIdentifier)")
  }

  /// Whole nights on a log, with the settings that a job has without a configuration of its own.
  func run(log: String?, repeats: Int) throws {
    try inDatabase { database in
      let connection = try Connection(database, applicationName: "ncf-bench/night")
      try makeTable(connection)
      if let log {
        try batch(["load", "tsv", log, "--table", "app.events"], database)
      } else {
        try plant(Measure.plantedWorld(scale: 1), connection)
      }
      try batch(["migrate", "up"], database)
      let config = try write("job: bench\nsource: {table: app.events}\n")
      let name = "night, \(log == nil ? "planted" : "the log given")"
      try figures.rate(
        "night", "\(name), \(threads) threads", unit: "nights/s", repeats: repeats, warms: false
      ) {
        try batch(
          ["run", "--config", config, "--mode", "full", "--threads", "\(threads)"], database)
        return 1
      }
      try report(connection, name)
    }
  }

  /// One night with a single joint epoch on a planted log some times as large.
  func run(scale: Int, items: Int?) throws {
    try inDatabase { database in
      let connection = try Connection(database, applicationName: "ncf-bench/scaling")
      try makeTable(connection)
      try plant(Measure.plantedWorld(scale: scale, items: items), connection)
      try batch(["migrate", "up"], database)
      let config = try write(
        """
        job: bench
        source: {table: app.events}
        train: {pretrain: false, negatives: 4, epochs: 1}

        """)
      try batch(
        ["run", "--config", config, "--mode", "full", "--force", "--threads", "\(threads)"],
        database)
      try report(connection, "scale \(scale)")
    }
  }

  func makeTable(_ connection: Connection) throws {
    try connection.executeScript(
      """
      CREATE SCHEMA app;
      CREATE TABLE app.events (
        user_id bigint, item_id bigint, event_type text, value real, occurred_at timestamptz)
      """)
  }

  /// Adds the events of some days, by default of all that the world spans.
  func plant(
    _ world: PlantedWorld, days: Range<Int>? = nil, _ connection: Connection
  ) throws {
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

  /// Adds the last run's stages: seconds, rows a second and the peak of resident memory.
  private func report(_ connection: Connection, _ name: String) throws {
    let stages = try connection.execute(
      """
      SELECT stage, seconds, rows, peak_rss_bytes FROM ncf.stages
      WHERE run_id = (SELECT max(run_id) FROM ncf.runs) ORDER BY started_at
      """)
    var peak = 0.0
    for row in 0..<stages.rowCount {
      guard let stage = stages[row: row, name: "stage"],
        let seconds = stages[row: row, name: "seconds"].flatMap(Double.init)
      else { continue }
      figures.add(
        Figure(section: "stages", name: "\(name): \(stage)", unit: "s", values: [seconds]))
      if let rows = stages[row: row, name: "rows"].flatMap(Double.init), rows > 0, seconds > 0 {
        figures.add(
          Figure(
            section: "stages", name: "\(name): \(stage), rows", unit: "rows/s",
            values: [rows / seconds]))
      }
      peak = max(peak, stages[row: row, name: "peak_rss_bytes"].flatMap(Double.init) ?? 0)
    }
    figures.add(
      Figure(
        section: "stages", name: "\(name): peak resident memory", unit: "bytes", values: [peak]))
    let epochs = try connection.execute(
      """
      SELECT phase, avg(samples_per_second) AS rate FROM ncf.epochs
      WHERE run_id = (SELECT max(run_id) FROM ncf.runs) AND epoch > 0 GROUP BY phase
      """)
    for row in 0..<epochs.rowCount {
      if let phase = epochs[row: row, name: "phase"],
        let rate = epochs[row: row, name: "rate"].flatMap(Double.init)
      {
        figures.add(
          Figure(
            section: "stages", name: "\(name): \(phase) epochs", unit: "samples/s", values: [rate]))
      }
    }
  }

  func write(_ yaml: String) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "bench.yaml")
    try Data(yaml.utf8).write(to: file)
    return file.path
  }

  /// Lends a new database and drops it after.
  func inDatabase(_ body: (ConnectionParameters) throws -> Void) throws {
    let name = "ncf_bench_\(ProcessInfo.processInfo.processIdentifier)"
    let server = try Connection(ConnectionParameters(), applicationName: "ncf-bench")
    try server.executeScript("CREATE DATABASE \(name)")
    defer {
      _ = try? server.execute("DROP DATABASE \(name) WITH (FORCE)")
      try? FileManager.default.removeItem(at: folder)
    }
    try body(ConnectionParameters(database: name))
  }

  func batch(_ arguments: [String], _ database: ConnectionParameters) throws {
    let own = URL(fileURLWithPath: CommandLine.arguments[0])
    let process = Process()
    process.executableURL = own.deletingLastPathComponent().appending(path: "ncf-batch")
    process.arguments = arguments + ["-d", database.database ?? ""]
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let talk = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ValidationError(
        "ncf-batch \(arguments.joined(separator: " ")): exit \(process.terminationStatus)\n\(talk)")
    }
  }
}
