import Configuration
import Foundation
import Jobs
import Testing

/// Configurations that are anything but one.
struct ConfigurationFuzzTests {
  private static let seeds: [[UInt8]] = [
    """
    job: shop
    source:
      table: app.events
      columns: {user_id: visitor, item_id: sku, occurred_at: at}
      window: 90d
      events: {view: 1, purchase: 5, hide: -1}
    model: {gmf: 4, tower: [8, 4]}
    train:
      epochs: 3
      learning_rate: 0.01
      finetune: {epochs: 2}
    output: {schema: ncf, k: 5}

    """,
    """
    source:
      query: |
        SELECT user_id, item_id, occurred_at FROM app.events WHERE value > 3
      min_value: 0.5
      half_life: 30d
    users: {cold_below: 2, active_within: 1y}
    items: {eligible: "SELECT item_id FROM app.items", max_per_group: 3}
    exclude: {consumed: true, readmit_after: 90d}
    gate: {tolerance: 0.05, max_shrink: 0.5}

    """,
    """
    source: &where {table: app.events}
    model: ials
    train: {seed: 18446744073709551615, mode: full}
    evaluate: {k: 10, sampled: 99}
    output: {similar: 0, keep_runs: 1}

    """,
    """
    source: {table: app.events}
    model: {method: bpr, factors: 16, iterations: 5, alpha: 1.5}
    train: {pretrain: [gmf, mlp], sampling: {popularity: 0.5}, l2: 0.001}

    """,
  ].map { Array($0.utf8) }

  private static let words = [
    "&a ", "*a", "<<: *where", "? ", "- ", "[[[[[[[[", "{{{{", "!!binary ", "!!int ", "%YAML 1.2",
    "---\n", "...\n", ".nan", ".inf", "-.inf", "~", "null", "\t", "\r\n", "\"", "'", "|2\n", ">-\n",
    "train:", "epochs:", "source:", "tower: [", "a\"; DROP TABLE x;--", "\u{FEFF}", "\u{2028}",
    "99999999999999999999", "9223372036854775807d", "1e308", "-1", "0", "true", "#", ": ", "\0",
  ].map { Array($0.utf8) }

  @Test func aDamagedConfigurationIsAJobThatHoldsOrNamesItsPlace() throws {
    let mutator = Mutator(seeds: Self.seeds, words: Self.words)
    try Campaign(name: "configurations", mutator: mutator).run(percent: 20) { input in
      let text = String(decoding: input, as: UTF8.self)
      do {
        let job = try Job(yaml: text, file: "job.yaml")
        try job.validate()
        return .accepted
      } catch let error as ConfigurationError {
        let shown = "\(error)"
        #expect(shown.contains("job.yaml:") && shown.utf8.count < 100_000, "\(text)")
        #expect(error.batchError.exitCode == .configuration)
        return .refused
      }
    }
  }

  /// Runs on as much stack as the program has: the tests' own threads may have more or less.
  private func problem(_ yaml: String) -> String? {
    do {
      _ = try Job(yaml: yaml, file: "job.yaml")
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: ["[", "{", "{a: ", "- ", "? ", "[{a: ", "a: ["])
  func deepNestingIsRefused(sign: String) {
    for count in [900, 100_000] {
      let nested = "job: x\nsource: " + String(repeating: sign, count: count)
      #expect(problem(nested)?.contains("job.yaml:") == true, "\(sign) x \(count)")
      #expect(problem(String(repeating: sign, count: count)) != nil, "\(sign) x \(count)")
    }
  }

  @Test func deepIndentationIsRefused() {
    let lines = (0..<1_400).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(problem(lines) != nil)
  }

  /// Two bombs that are alike, as keys: to say whether one is given twice, they must be compared.
  @Test func aliasesThatStandForBillionsAreRefused() {
    func bomb(_ name: String) -> String {
      var text = "\(name)0: &\(name)0 [x, x]\n"
      for level in 1..<30 {
        let below = Array(repeating: "*\(name)\(level - 1)", count: 2).joined(separator: ", ")
        text += "\(name)\(level): &\(name)\(level) [\(below)]\n"
      }
      return text
    }
    let text = bomb("a") + bomb("b") + "both: {? *a29 : 1, ? *b29 : 2}\n"
    #expect(problem(text)?.contains("aliases (*name); at most 30 are taken") == true)
  }

  @Test func aFewAliasesAndASQLTextFullOfStarsAreTaken() {
    let stars = Array(repeating: "count(*), 2 *x", count: 50).joined(separator: ", ")
    #expect(
      problem("source: {query: 'SELECT \(stars) FROM a'}\nmodel: {tower: [8, 4]}\n") == nil)
    #expect(
      problem("source: {table: a.b, lookback: &age 2d}\nusers: {active_within: *age}\n") == nil)
  }

  @Test func hugeFilesOfUnknownKeysAreShownInPart() {
    let text = (0..<60_000).map { "k\($0): 1\n" }.joined()
    let shown = problem("source: {table: a.b}\n" + text) ?? ""
    #expect(shown.contains("job.yaml:2:1: k0 is not a key"))
    #expect(shown.contains("and 59950 more that are not keys"))
    #expect(shown.utf8.count < 100_000)
  }

  @Test(arguments: [
    "train: {epochs: 1}\ntrain: {epochs: 2}", "source: {table: a.b}\nsource: {table: a.c}",
    "source: {table: a.b, table: c.d}",
  ])
  func aKeyThatIsGivenTwiceIsRefused(text: String) {
    #expect(problem(text)?.contains("given twice") == true)
  }

  @Test(arguments: [
    "gate: {tolerance: .nan}", "gate: {tolerance: nan}", "gate: {tolerance: .inf}",
    "gate: {tolerance: 1e999}", "train: {learning_rate: -.inf}", "train: {epochs: 1e3}",
    "train: {epochs: 0x10}", "train: {seed: -1}", "source: {table: a.b, min_value: .NaN}",
    "train: {epochs: 99999999999999999999}", "output: {k: 1.5}", "source: {lookback: nand}",
  ])
  func whatIsNoNumberIsRefusedAtItsPlace(text: String) {
    let yaml = text.hasPrefix("source") ? text : "source: {table: a.b}\n" + text
    #expect(problem(yaml)?.contains("job.yaml:") == true, "\(text)")
  }
}
