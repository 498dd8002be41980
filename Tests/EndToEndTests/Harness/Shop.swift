import Foundation
import Postgres
import TestSupport
import Testing

extension Shop {
  /// The program, led to this database.
  var program: Program { Program(environment: database.environment) }

  /// Writes a job's file, each of whose nights is trained in full unless `mode` says otherwise; `source` is what stands in its section of that name.
  func jobFile(
    _ source: String = "table: app.events", epochs: Int = 6, k: Int = 5, mode: String = "full",
    output: String? = nil, extra: String = ""
  ) throws -> String {
    try folder.write(
      """
      job: shop
      source: {\(source)}
      model: {gmf: 4, tower: [8, 4]}
      train:
        mode: \(mode)
        batch: 64
        learning_rate: 0.02
        epochs: \(epochs)
        patience: \(epochs)
        finetune: {epochs: 2}
      evaluate: {k: 5, sampled: 20}
      output: {k: \(k)\(output.map { ", \($0)" } ?? "")}
      \(extra)
      """, to: "job-\(UUID().uuidString).yaml")
  }

  /// Runs a night that publishes, whatever the gate thinks.
  @discardableResult
  func night(_ arguments: String..., config: String? = nil) throws -> Program.Result {
    let config = try config ?? jobFile()
    return try program.start(["run", "--config", config, "--force"] + arguments).wait()
  }

  /// Tables of the lists that are part of nothing.
  func strayTables() throws -> [String] {
    let result = try connection.execute(
      """
      SELECT c.relname FROM pg_catalog.pg_class AS c
      WHERE c.relnamespace = 'ncf'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
        AND c.relname LIKE 'recommendations%'
      """)
    return (0..<result.rowCount).compactMap { result[row: $0, column: 0] }
  }

  /// Waits until a query's first value is true; the server is asked, not the clock.
  ///
  /// - Throws: `Unexpected` when it does not come true, or when `run` ends before it did.
  func wait(until sql: String, while run: Running) throws {
    while try value(sql) != "t" {
      guard run.isRunning else {
        throw Unexpected("the run ended before: \(sql)\n\(try run.wait().talk)")
      }
    }
  }
}

/// An exit code other than 0 ends the test with what the program said.
func expectSuccess(_ result: Program.Result) throws {
  guard result.code == 0 else {
    throw Unexpected("exit code \(result.code):\n\(result.talk)")
  }
}

/// Records an issue unless a run ended with an exit code and said some words on standard error.
func expect(
  _ result: Program.Result, _ code: Int32, _ words: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(result.code == code, "\(result.talk)", sourceLocation: sourceLocation)
  for word in words {
    #expect(result.talk.contains(word), "\(result.talk)", sourceLocation: sourceLocation)
  }
}

extension Shop {
  /// Runs a night that publishes, whatever the gate thinks, with variables of the environment.
  @discardableResult
  func night(_ variables: [String: String], _ arguments: String...) throws -> Program.Result {
    var program = program
    program.environment.merge(variables) { $1 }
    return try program.start(["run", "--config", try jobFile(), "--force"] + arguments).wait()
  }
}
