import Configuration
import NCF
import Pipeline
import Testing

/// What a YAML file becomes.
struct JobReadingTests {
  private func read(
    _ yaml: String, _ variables: [String: String] = [:]
  ) throws -> Job {
    try Job(yaml: yaml, file: "night.yaml", variables: variables)
  }

  @Test("A table alone is a job with every default")
  func defaults() throws {
    let job = try read("source: {table: app.events}")
    #expect(job == Job(source: .init(relation: .table("app.events", columns: .init()))))
  }

  @Test("Every key reaches its value")
  func everyKey() throws {
    let job = try read(
      """
      job: shop
      source:
        table: app.clicks
        columns: {user_id: visitor, item_id: sku, occurred_at: at, event_type: kind, value: stars}
        window: 2y
        min_interactions: 3
        events: {view: 0, purchase: 1}
        min_value: 3.5
        connections: 4
      model: {gmf: 16, tower: [32, 8], activation: tanh}
      train:
        pretrain: false
        alpha: 0.25
        negatives: 7
        batch: 512
        optimizer: sgd
        learning_rate: 0.5
        decay: 0.75
        epochs: 4
        patience: 2
        finetune: {optimizer: adam, learning_rate: 0.125, decay: 0.5, epochs: 6, patience: 5}
        seed: 18446744073709551615
      evaluate: {k: 20, sampled: 50, candidates: /data/negatives.tsv}
      gate: {tolerance: 0.1, max_shrink: 0.5}
      output: {schema: shop, k: 25, keep_runs: 3, keep_days: 9}
      """)
    #expect(job.name == "shop")
    let columns = Job.Source.Columns(
      user: "visitor", item: "sku", time: "at", event: "kind", value: "stars")
    #expect(job.source.relation == .table("app.clicks", columns: columns))
    #expect(job.source.window == Age(2, .year))
    #expect(job.source.minInteractions == 3)
    #expect(job.source.events == ["view": 0, "purchase": 1])
    #expect(job.source.minValue == 3.5)
    #expect(job.source.connections == 4)
    #expect(job.model == .init(gmfWidth: 16, tower: [32, 8], activation: .tanh))
    #expect(
      job.training
        == .init(
          pretrain: .none, alpha: 0.25, negatives: 7, batch: 512,
          pretraining: .init(
            optimizer: .sgd, learningRate: 0.5, epochs: 4, patience: 2, decay: 0.75),
          joint: .init(optimizer: .adam, learningRate: 0.125, epochs: 6, patience: 5, decay: 0.5),
          seed: .max))
    #expect(job.evaluation == .init(k: 20, sampled: 50, candidates: "/data/negatives.tsv"))
    #expect(job.gate == .init(tolerance: 0.1, maxShrink: 0.5))
    #expect(job.output == .init(schema: "shop", k: 25, keepRuns: 3, keepDays: 9))
  }

  @Test("A query may span lines and holds its text unchanged")
  func query() throws {
    let job = try read(
      """
      source:
        query: |
          SELECT u AS user_id, i AS item_id, t AS occurred_at
          FROM shop.log WHERE note <> 'a: b # c'
      """)
    let text =
      "SELECT u AS user_id, i AS item_id, t AS occurred_at\n"
      + "FROM shop.log WHERE note <> 'a: b # c'"
    #expect(job.source.relation == .query(text))
  }

  @Test("The file in jobs/ is in order and says the defaults")
  func sample() throws {
    let path = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let job = try Job(path: path + "/jobs/nightly.yaml", variables: [:])
    #expect(job == Job(source: .init(relation: .table("app.events", columns: .init()))))
  }

  @Test(
    "null, ~ and nothing mean the default",
    arguments: ["null", "~", ""])
  func null(word: String) throws {
    let job = try read("source: {table: app.events}\njob: \(word)\ntrain:\n  epochs: \(word)\n")
    #expect(job.name == "default")
    #expect(job.training == Job.defaultTraining)
  }

  @Test("A variable comes before the file")
  func variables() throws {
    let yaml = "source: {table: app.events, window: 2y}\noutput: {k: 5}\nmodel: {tower: [8, 4]}\n"
    let job = try read(
      yaml,
      [
        "NCF_OUTPUT_K": "7", "NCF_SOURCE_WINDOW": "30d", "NCF_TRAIN_FINETUNE_EPOCHS": "3",
        "NCF_MODEL_TOWER": "[16, 8]", "NCF_JOB": "a: b", "NCF_TRAIN_SEED": "",
      ])
    #expect(job.output.k == 7)
    #expect(job.source.window == Age(30, .day))
    #expect(job.training.joint.epochs == 3)
    #expect(job.model.tower == [16, 8])
    #expect(job.name == "a: b")
    #expect(job.training.seed == Job.defaultTraining.seed)
  }

  @Test("A variable's query takes the place of the file's table, and the other way round")
  func variableRelation() throws {
    let query = try read(
      "source: {table: app.events}", ["NCF_SOURCE_QUERY": "SELECT 1 FROM app.x"])
    #expect(query.source.relation == .query("SELECT 1 FROM app.x"))
    let table = try read(
      "source: {query: SELECT 1 FROM app.x}", ["NCF_SOURCE_TABLE": "app.events"])
    #expect(table.source.relation == .table("app.events", columns: .init()))
  }

  @Test("Every key of the file in jobs/ has a variable, and no two share one")
  func variableNames() {
    let names = Job.variableNames
    #expect(names.contains("NCF_SOURCE_COLUMNS_OCCURRED_AT"))
    #expect(names.contains("NCF_TRAIN_FINETUNE_LEARNING_RATE"))
    #expect(Set(names).count == names.count)
  }

  @Test("Relative candidates start from the file's folder, and from nowhere else by variable")
  func candidates() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("source: {table: a.b}\nevaluate: {candidates: n.tsv}", to: "j.yaml")
    #expect(try Job(path: path, variables: [:]).evaluation.candidates == "\(folder.path)/n.tsv")
    let variables = ["NCF_EVALUATE_CANDIDATES": "m.tsv"]
    #expect(try Job(path: path, variables: variables).evaluation.candidates == "m.tsv")
  }

  @Test("A file that is not there, a folder and wrong bytes are refused with 78")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    let binary = try folder.write([0xFF, 0xFE, 0x00], to: "binary.yaml")
    let cases = [
      (folder.path + "/absent.yaml", "No such file or directory"), (folder.path, "Is a directory"),
      (binary, "not UTF-8"),
    ]
    for (path, reason) in cases {
      let error = #expect(throws: BatchError.self) { _ = try Job(path: path, variables: [:]) }
      #expect(error?.exitCode == .configuration)
      #expect(error?.what.contains(reason) == true)
      #expect(error?.what.contains(path) == true)
    }
  }
}
