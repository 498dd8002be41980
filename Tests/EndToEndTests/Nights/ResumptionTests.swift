import Glibc
import Kernels
import Postgres
import TestSupport
import Testing

/// Runs that are stopped while they train, and go on as if nothing had been.
struct ResumptionTests {
  /// Everything that a run gives but times and its number.
  static let results = """
    SELECT md5((SELECT string_agg(concat_ws(',', user_id, rank, item_id, score, source), ';'
        ORDER BY user_id, rank) FROM ncf.recommendations)),
      md5((SELECT string_agg(concat_ws(',', item_id, rank, similar_item_id, score), ';'
        ORDER BY item_id, rank) FROM ncf.similar_items)),
      md5((SELECT string_agg(concat_ws(',', phase, refit, epoch, loss, hr, ndcg, samples), ';'
        ORDER BY phase, refit, epoch) FROM ncf.epochs
        WHERE run_id = (SELECT max(run_id) FROM ncf.runs))),
      md5((SELECT string_agg(concat_ws(',', model, split, protocol, metric, k, value, ci_low, ci_high, n),
        ';' ORDER BY model, split, protocol, metric, k) FROM ncf.metrics
        WHERE run_id = (SELECT max(run_id) FROM ncf.runs)))
    """

  private func results(_ shop: Shop) throws -> [String?] {
    let row = try shop.connection.execute(Self.results)
    return (0..<4).map { row[row: 0, column: $0] }
  }

  private func start(
    _ shop: Shop, epochs: Int, _ variables: [String: String] = [:], _ arguments: String...
  ) throws -> Running {
    var program = shop.program
    program.environment.merge(variables) { $1 }
    return try program.start(
      ["run", "--config", shop.jobFile(epochs: epochs), "--force"] + arguments)
  }

  @Test(
    "SIGTERM, once in each phase, on other registers: 75 each time, and then the whole run's lists")
  func terminated() throws {
    let whole = try Shop(.eighty)
    try expectSuccess(start(whole, epochs: 400, [:], "--threads", "2").wait())
    let shop = try Shop(.eighty)
    for (index, phase) in ["gmf", "mlp"].enumerated() {
      // Each part with kernels of another width.
      let bits = Kernels.supported[index % Kernels.supported.count]
      let run = try start(
        shop, epochs: 400, ["NCF_VECTORS": "\(bits)"], "--threads", "\(index + 1)")
      try shop.wait(
        until: """
          SELECT count(*) > 100 FROM ncf.epochs
          WHERE phase = '\(phase)' AND run_id = (SELECT max(run_id) FROM ncf.runs)
          """, while: run)
      run.signal(SIGTERM)
      expect(try run.wait(), 75, "what was learnt is kept")
      try shop.expect("SELECT count(*) FROM ncf.checkpoints", gives: "1")
    }
    let result = try start(shop, epochs: 400, [:], "--threads", "3").wait()
    try expectSuccess(result)
    #expect(result.talk.contains("goes on from run 2"))
    #expect(try results(shop) == results(whole))
    try shop.expect(
      "SELECT string_agg(concat_ws(' ', status, resumed_run_id), ', ' ORDER BY run_id) FROM ncf.runs",
      gives: "interrupted, interrupted 1, published 2")
    try shop.expect("SELECT count(*) FROM ncf.checkpoint_chunks", gives: "0")
  }

  @Test("Killed, it goes on from what it had written down: the uninterrupted run's lists")
  func killed() throws {
    // Long enough that a checkpoint a second is seen before the end on a fast machine.
    let whole = try Shop(.eighty)
    try expectSuccess(start(whole, epochs: 4_000).wait())
    let shop = try Shop(.eighty)
    let often = ["NCF_TRAIN_CHECKPOINT": "1s"]
    let run = try start(shop, epochs: 4_000, often, "--threads", "1")
    try shop.wait(until: "SELECT count(*) > 0 FROM ncf.checkpoints", while: run)
    run.signal(SIGKILL)
    #expect(try run.wait().code == 128 + SIGKILL)
    // The server notices when it next looks at the connections.
    while try shop.value(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'ncf-batch/%'") != "0"
    {}
    let result = try start(shop, epochs: 4_000, often, "--threads", "2").wait()
    try expectSuccess(result)
    #expect(result.talk.contains("goes on from run 1"), "\(result.talk)")
    #expect(try results(shop) == results(whole))
    try shop.expect(
      "SELECT string_agg(concat_ws(' ', status, resumed_run_id), ', ' ORDER BY run_id) FROM ncf.runs",
      gives: "abandoned, published 1")
  }

  @Test("--resume never begins anew; other words are refused")
  func never() throws {
    let shop = try Shop(.eighty)
    let run = try start(shop, epochs: 400)
    try shop.wait(until: "SELECT count(*) > 20 FROM ncf.epochs", while: run)
    run.signal(SIGTERM)
    let stopped = try run.wait()
    #expect(stopped.code == 75, "\(stopped.talk)")
    try expectSuccess(start(shop, epochs: 400, [:], "--resume", "never").wait())
    try shop.expect("SELECT count(resumed_run_id) FROM ncf.runs", gives: "0")
    expect(try start(shop, epochs: 400, [:], "--resume", "sometimes").wait(), 64, "auto, never")
    expect(try start(shop, epochs: 400, ["NCF_TRAIN_RESUME": "no"]).wait(), 78, "NCF_TRAIN_RESUME")
  }
}
