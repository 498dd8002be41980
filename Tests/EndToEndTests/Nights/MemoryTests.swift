import Foundation
import Postgres
import TestSupport
import Testing

/// The estimate of memory beside what a night takes.
struct MemoryTests {
  /// Mebibytes by stage, as a dry run tells them.
  private func estimate(_ talk: String) throws -> [String: Double] {
    let line = try #require(
      talk.split(separator: "\n").first { $0.contains("memory: about ") }, "\(talk)")
    var stages: [String: Double] = [:]
    for found in line.matches(of: /(pull|split|train|evaluate|publish) (\d+)/) {
      stages[String(found.1)] = Double(found.2)
    }
    return stages
  }

  @Test("Where simple methods beside the model are a night's fullest moment, the estimate says so")
  func rivals() throws {
    let shop = try Shop(.eighty)
    try shop.connection.execute("TRUNCATE app.events")
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, occurred_at)
      SELECT u, 1 + (i * i * 8 + u * 7919) % 12000, timestamptz '2026-01-01' + n * interval '1 minute'
      FROM generate_series(1, 30000) AS u CROSS JOIN LATERAL (
        SELECT i, i * 30 + u % 30 AS n FROM generate_series(1, 40) AS i) AS taken
      """)
    var program = shop.program
    program.environment["NCF_MODEL_METHOD"] = "itempop"
    program.environment["NCF_THREADS"] = "2"
    let config = try shop.jobFile()
    let dry = try program.run("--config", config, "--dry-run")
    try expectSuccess(dry)
    let with = try estimate(dry.talk)
    program.environment["NCF_EVALUATE_RIVALS"] = "false"
    let without = try estimate(program.run("--config", config, "--dry-run").talk)
    program.environment["NCF_EVALUATE_RIVALS"] = "true"
    try expectSuccess(program.run("--config", config, "--force"))
    let measured = try #require(
      try shop.value(
        "SELECT peak_rss_bytes / 1048576.0 FROM ncf.stages WHERE stage = 'evaluate'"
      ).flatMap { Double($0) })
    let (near, far) = (try #require(with["evaluate"]), try #require(without.values.max()))
    #expect(try shop.value("SELECT count(*) FROM ncf.rivals") == "4")
    #expect(far < measured, "without them \(far) MiB, measured \(measured)")
    #expect((0.85...1.2).contains(near / measured), "estimated \(near) MiB, measured \(measured)")
  }
}
