import Kernels
import Postgres
import TestSupport
import Testing

/// Nights with kernels for registers of each width that this processor has.
struct VectorWidthTests {
  /// Sums of everything that a run gives but times and its number: lists, losses, metrics.
  private func results(_ shop: Shop) throws -> [String?] {
    let row = try shop.connection.execute(ResumptionTests.results)
    return (0..<4).map { row[row: 0, column: $0] }
  }

  static let models = [
    "{method: ncf, gmf: 8, tower: [64, 32, 16, 8]}",
    "{method: ncf, gmf: 5, tower: [12, 7, 3], activation: tanh}",
    "{method: ials, factors: 20, regularization: 1}",
    "{method: ease, factors: 8, regularization: 20}", "{method: mf, factors: 10, iterations: 4}",
    "{method: itemknn}", "{method: bpr, factors: 9, iterations: 4}",
  ]

  @Test(
    "Lists, losses and metrics are the same with every width and number of threads",
    arguments: models)
  func widths(model: String) throws {
    var found: Set<[String?]> = []
    for bits in Kernels.supported {
      for threads in ["1", "2", "4"] {
        let shop = try Shop(.eighty)
        let config = try shop.folder.write(
          """
          job: shop
          source: {table: app.events}
          model: \(model)
          train: {mode: full, epochs: 3, batch: 64}
          """, to: "widths.yaml")
        var program = shop.program
        program.environment["NCF_VECTORS"] = "\(bits)"
        try expectSuccess(
          program.run(
            "run", "--config", config, "--force", "-q", "--threads", threads, "--until",
            "2026-06-01T00:00:00Z"))
        found.insert(try results(shop))
      }
    }
    #expect(found.count == 1, "\(found)")
    #expect(found.first?[0] != nil)
  }

  @Test("A fine-tune gives the same with every width")
  func fineTune() throws {
    var found: Set<[String?]> = []
    for bits in Kernels.supported {
      let shop = try Shop(.eighty)
      let variables = ["NCF_VECTORS": "\(bits)"]
      try expectSuccess(shop.night(variables, "--seed", "3"))
      try shop.connection.execute(
        """
        INSERT INTO app.events (user_id, item_id, occurred_at)
        SELECT u, 1 + (3 * u) % 40, date_trunc('day', now()) - interval '1 hour' FROM generate_series(1, 30) AS u
        """)
      var program = shop.program
      program.environment.merge(variables) { $1 }
      try expectSuccess(
        program.run(
          "run", "--config", shop.jobFile(mode: "finetune"), "--force", "-q", "--seed", "3"))
      try shop.expect("SELECT mode FROM ncf.runs ORDER BY run_id DESC LIMIT 1", gives: "finetune")
      found.insert(try results(shop))
    }
    #expect(found.count == 1, "\(found)")
  }

  @Test("check and --dry-run say which kernels are used, and a width that is not there is 78")
  func told() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile()
    for bits in Kernels.supported {
      var program = shop.program
      program.environment["NCF_VECTORS"] = "\(bits)"
      let words = "kernels for \(bits) bits"
      #expect(try program.run("check", "--config", config).output.contains(words))
      #expect(try program.run("run", "--dry-run", "--config", config).output.contains(words))
    }
    for (value, words) in [
      ("64", "NCF_VECTORS must be 128, 256 or 512, not 64"), ("wide", "not wide"),
    ] {
      var program = shop.program
      program.environment["NCF_VECTORS"] = value
      expect(try program.run("run", "--dry-run", "--config", config), 78, words)
    }
  }
}
