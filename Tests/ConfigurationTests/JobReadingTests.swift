import Baselines
import Configuration
import Foundation
import Interactions
import NCF
import TestSupport
import Testing

@testable import Jobs

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

  @Test(
    "Without a method a value for the network, its training or features means the network",
    arguments: [
      ("model: {tower: [16, 8]}", Job.Method.ncf), ("model: {dropout: 0.2}", .ncf),
      ("train: {pretrain: ials}", .ncf), ("train: {epochs: 3}", .ncf),
      ("train: {finetune: {epochs: 3}}", .ncf), ("train: {negatives: 4}", .ncf),
      ("model: {gmf: null}", .auto), ("train: {refit: true, seed: 2, mode: full}", .auto),
      ("train: {nightly: {epochs: 3}}", .auto), ("model: {method: auto, tower: [16, 8]}", .auto),
      ("model: auto\ntrain: {epochs: 3}", .auto), ("users: {features: SELECT 1}", .ncf),
      ("items: {features: SELECT 1}", .ncf), ("items: {features: null}", .auto),
    ])
  func defaultMethod(text: String, method: Job.Method) throws {
    #expect(try read("source: {table: app.events}\n" + text).method == method)
  }

  @Test("A variable for the network's training means the network too")
  func defaultMethodByVariable() throws {
    let text = "source: {table: app.events}"
    #expect(try read(text, ["NCF_TRAIN_FINETUNE_EPOCHS": "3"]).method == .ncf)
    #expect(try read(text, ["NCF_MODEL_GMF": "4"]).method == .ncf)
    #expect(try read(text, ["NCF_TRAIN_SEED": "4"]).method == .auto)
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
        lookback: 36h
        min_interactions: 3
        events: {view: 0, purchase: 1, hide: -2}
        min_value: 3.5
        half_life: 90d
        max_per_user: 500
        connections: 4
      users: {query: SELECT 1 AS user_id, active_within: 1y, cold_below: 4,
        forget_absent: true, features: SELECT 4 AS feature}
      served: {impressions: SELECT 7 AS shown_at}
      items:
        eligible: SELECT 2 AS item_id
        group: SELECT 2 AS item_id, 3 AS "group"
        max_per_group: 5
        features: SELECT 5 AS feature
      exclude: {consumed: false, events: [purchase, "cart add"], readmit_after: 6mo}
      popular: {window: 30d, half_life: 2w}
      model:
        method: ncf
        gmf: 16
        tower: [32, 8]
        activation: tanh
        fusion: concat
        embeddings: separate
        link: probit
        output: learnt
        l2: {embeddings: 0.5, tower: 0.25}
        dropout: 0.125
        own_dropout: 0.5
      train:
        mode: finetune
        full_every: 3
        resume: never
        checkpoint: 90s
        resume_within: 2d
        max_growth: 0.25
        absorb_holdout: false
        nightly: {optimizer: sgd, learning_rate: 0.5, decay: 0.25, epochs: 7, replay: 1.5}
        pretrain: false
        loss: squared
        sampling: {popularity: 0.5}
        averaging: 0.75
        refit: true
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
      evaluate: {k: 20, sampled: 50, seed: 9, candidates: /data/negatives.tsv}
      gate: {tolerance: 0.1, max_shrink: 0.5}
      output: {schema: shop, k: 25, similar: 4, keep_runs: 3, keep_days: 9}
      """)
    #expect(job.name == "shop")
    let columns = Job.Source.Columns(
      user: "visitor", item: "sku", time: "at", event: "kind", value: "stars")
    #expect(job.source.relation == .table("app.clicks", columns: columns))
    #expect(job.source.window == Age(2, .year))
    #expect(job.source.lookback == Age(36, .hour))
    #expect(job.source.minInteractions == 3)
    #expect(job.source.events == ["view": 0, "purchase": 1, "hide": -2])
    #expect(job.source.minValue == 3.5)
    #expect(job.source.halfLife == Age(90, .day))
    #expect(job.source.maxPerUser == 500)
    #expect(
      job.users
        == .init(
          query: "SELECT 1 AS user_id", activeWithin: Age(1, .year), coldBelow: 4,
          forgetAbsent: true, features: "SELECT 4 AS feature"))
    #expect(job.served.impressions == "SELECT 7 AS shown_at")
    #expect(
      job.items
        == .init(
          eligible: "SELECT 2 AS item_id", group: "SELECT 2 AS item_id, 3 AS \"group\"",
          maxPerGroup: 5, features: "SELECT 5 AS feature"))
    #expect(
      job.exclude
        == .init(consumed: false, events: ["purchase", "cart add"], readmitAfter: Age(6, .month)))
    #expect(job.popular == .init(window: Age(30, .day), halfLife: Age(2, .week)))
    #expect(job.source.connections == 4)
    #expect(job.method == .ncf)
    var model = ModelSpec(gmfWidth: 16, tower: [32, 8], activation: .tanh)
    model.link = .probit
    #expect(job.model == model)
    var training = TrainingOptions(
      pretrain: .none, alpha: 0.25, negatives: 7, batch: 512,
      pretraining: .init(optimizer: .sgd, learningRate: 0.5, epochs: 4, patience: 2, decay: 0.75),
      joint: .init(optimizer: .adam, learningRate: 0.125, epochs: 6, patience: 5, decay: 0.5),
      seed: .max)
    training.objective = .squared
    training.sampling = .popularity(power: 0.5)
    (training.l2Embeddings, training.l2Tower, training.dropout) = (0.5, 0.25, 0.125)
    training.ownDropout = 0.5
    training.averaging = 0.75
    training.refit = true
    #expect(job.training == training)
    var nightly = Job.Nightly(
      mode: .finetune, fullEvery: 3, maxGrowth: 0.25, absorbHoldout: false, replay: 1.5,
      resume: .never, checkpoint: Age(90, .second), resumeWithin: Age(2, .day))
    nightly.phase = .init(optimizer: .sgd, learningRate: 0.5, epochs: 7, patience: 1, decay: 0.25)
    #expect(job.nightly == nightly)
    #expect(job.evaluation == .init(k: 20, sampled: 50, candidates: "/data/negatives.tsv", seed: 9))
    #expect(job.gate == .init(tolerance: 0.1, maxShrink: 0.5))
    #expect(job.output == .init(schema: "shop", k: 25, similar: 4, keepRuns: 3, keepDays: 9))
  }

  @Test("A word names a method, and a section its settings")
  func methods() throws {
    let source = "source: {table: app.events}\n"
    #expect(try read(source + "model: itempop").method == .baseline(.itempop))
    #expect(
      try read(source + "model: ials")
        == Job(
          source: .init(relation: .table("app.events", columns: .init())), method: .baseline(.ials))
    )
    let ials = try read(
      source
        + "model: {method: ials, factors: 8, regularization: 2.5, alpha: 3, iterations: 4, gmf: null}"
    )
    var options = ials.baselines[ALSOptions.self]
    #expect((options.factors, options.regularization) == (8, 2.5))
    #expect((options.alpha, options.iterations) == (3, 4))
    let bpr = try read(
      source
        + "model: {method: bpr, factors: 8, regularization: 0.5, learning_rate: 0.25, iterations: 4}"
    ).baselines[BPROptions.self]
    #expect((bpr.factors, bpr.regularization) == (8, 0.5))
    #expect((bpr.learningRate, bpr.iterations) == (0.25, 4))
    let eals = try read(
      source
        + "model: {method: eals, factors: 8, regularization: 0.5, missing_weight: 9, "
        + "popularity_power: 0.25, iterations: 4}"
    ).baselines[EALSOptions.self]
    #expect((eals.factors, eals.regularization, eals.iterations) == (8, 0.5, 4))
    #expect((eals.missingWeight, eals.popularityPower) == (9, 0.25))
    let ease = try read(
      source + "model: {method: ease, factors: 8, regularization: 50, iterations: 4}"
    ).baselines[EASEOptions.self]
    #expect(ease == EASEOptions(factors: 8, regularization: 50, iterations: 4))
    let itemknn = try read(source + "model: {method: itemknn, neighbours: 20, shrinkage: 2}")
      .baselines[KNNOptions.self]
    #expect((itemknn.neighbours, itemknn.shrinkage) == (20, 2))

    let overriding = try read(
      source + "model: {gmf: 8, tower: [8, 4]}",
      ["NCF_MODEL": "ials", "NCF_MODEL_FACTORS": "9", "NCF_TRAIN_REFIT": "true"])
    options = overriding.baselines[ALSOptions.self]
    #expect((overriding.method, options.factors) == (.baseline(.ials), 9))
    #expect(overriding.training.refit)
    #expect(
      try read(source + "model: bpr", ["NCF_MODEL_METHOD": "itemknn"]).method == .baseline(.itemknn)
    )
    #expect(
      try read(source + "model: {method: bpr}", ["NCF_MODEL": "itemknn"]).method
        == .baseline(.itemknn))
  }

  @Test("A GMF part that starts from a factorisation is as wide as that, unless the file says so")
  func factorization() throws {
    let source = "source: {table: app.events}\n"
    let ials = try read(
      source
        + "train: {pretrain: ials, factorization: {factors: 12, regularization: 3, alpha: 2, iterations: 5}}"
    )
    #expect(ials.training.pretrain == .factors)
    #expect((ials.initial.methods, ials.model.gmfWidth) == ([.ials], 12))
    #expect(
      (
        ials.initial.settings[ALSOptions.self].regularization,
        ials.initial.settings[ALSOptions.self].alpha
      ) == (3, 2))
    #expect(ials.initial.settings[ALSOptions.self].iterations == 5)
    let mf = try read(
      source
        + "train: {pretrain: mf, factorization: {factors: 6, learning_rate: 0.5, "
        + "regularization: 0.25, iterations: 7, negatives: 3}}")
    #expect((mf.initial.methods, mf.model.gmfWidth) == ([.mf], 8))
    #expect(
      (
        mf.initial.settings[MFOptions.self].learningRate,
        mf.initial.settings[MFOptions.self].regularization
      ) == (0.5, 0.25))
    #expect(
      (
        mf.initial.settings[MFOptions.self].iterations,
        mf.initial.settings[MFOptions.self].negatives
      ) == (7, 3))
    #expect(try read(source, ["NCF_TRAIN_PRETRAIN": "bpr"]).initial.methods == [.bpr])
    let several = try read(
      source
        + "train: {pretrain: [ials, mf], factorization: {ials: {factors: 12, alpha: 2}, mf: {factors: 6}}}"
    )
    #expect((several.initial.methods, several.model.gmfWidth) == ([.ials, .mf], 20))
    #expect(
      (several.initial.settings[ALSOptions.self].alpha, several.initial.settings[MFOptions.self])
        == (2, MFOptions(factors: 6)))
    let ease = try read(
      source
        + "train: {pretrain: ease, factorization: {factors: 7, regularization: 9, iterations: 2}}")
    #expect((ease.initial.methods, ease.model.gmfWidth) == ([.ease], 7))
    #expect(
      ease.initial.settings[EASEOptions.self]
        == EASEOptions(factors: 7, regularization: 9, iterations: 2))
  }

  @Test("A baseline's settings are those of its method")
  func mf() throws {
    let job = try read(
      "source: {table: app.events}\nmodel: {method: mf, factors: 5, regularization: 0.5, iterations: 3, "
        + "learning_rate: 0.25, negatives: 2}")
    #expect(job.method == .baseline(.mf))
    #expect(
      job.baselines[MFOptions.self]
        == MFOptions(
          factors: 5, learningRate: 0.25, regularization: 0.5, negatives: 2, iterations: 3))
  }

  @Test(
    "Pre-training is a list of parts, a flag or a factorisation",
    arguments: [
      ("[gmf, mlp]", PreTraining.parts), ("[mlp, gmf]", .parts), ("true", .parts), ("[]", .none),
      ("false", .none), ("null", .parts), ("ials", .factors),
    ])
  func pretraining(word: String, expected: PreTraining) throws {
    let job = try read("source: {table: app.events}\ntrain: {pretrain: \(word)}")
    #expect(job.training.pretrain == expected)
    let variable = try read(
      "source: {table: app.events}", word == "null" ? [:] : ["NCF_TRAIN_PRETRAIN": word])
    #expect(variable.training.pretrain == expected)
  }

  @Test("Negatives are drawn evenly or by popularity, and a variable comes first")
  func sampling() throws {
    let source = "source: {table: app.events}\n"
    #expect(try read(source + "train: {sampling: uniform}").training.sampling == .uniform)
    let popular = source + "train: {sampling: {popularity: 0.75}}"
    #expect(try read(popular).training.sampling == .popularity(power: 0.75))
    #expect(
      try read(popular, ["NCF_TRAIN_SAMPLING": "uniform"]).training.sampling == .uniform)
    #expect(
      try read(popular, ["NCF_TRAIN_SAMPLING_POPULARITY": "0.5"]).training.sampling
        == .popularity(power: 0.5))
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

  @Test("The file in jobs/ is in order and says what we recommend")
  func sample() throws {
    let path = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let job = try Job(path: path + "/jobs/nightly.yaml", variables: [:])
    var expected = Job(source: .init(relation: .table("app.events", columns: .init())))
    #expect(expected.method == .auto)
    expected.training.refit = true
    expected.training.pretraining.epochs = 5
    expected.training.pretraining.patience = 2
    expected.training.joint.epochs = 2
    expected.training.joint.patience = 1
    #expect(job == expected)
  }

  @Test("Where the sample's value is not the default, its comment names the default")
  func sampleComments() throws {
    let path = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let text = try String(contentsOfFile: path + "/jobs/nightly.yaml", encoding: .utf8)
    var defaults = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let parts = line.components(separatedBy: "  # (default: ")
      defaults += parts.count == 2 ? key(of: parts[0]) + " " + parts[1].dropLast() : String(line)
      defaults += "\n"
    }
    #expect(
      try read(defaults) == Job(source: .init(relation: .table("app.events", columns: .init()))))
  }

  private func key(of line: String) -> String {
    String(line.prefix(through: line.firstIndex(of: ":") ?? line.startIndex))
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
