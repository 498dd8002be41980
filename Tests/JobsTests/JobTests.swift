import Baselines
import Formatting
import NCF
import TestSupport
import Testing

@testable import Jobs

struct JobTests {
  private static let good = Job(source: Job.Source(relation: .query("SELECT 1")))

  @Test func theDefaultsWorkTogether() throws {
    try Self.good.validate()
  }

  @Test(arguments: Job.Method.allCases)
  func everyMethodWorksByItsDefaults(method: Job.Method) throws {
    var job = Self.good
    job.method = method
    try job.validate()
  }

  @Test func settingsOfOtherBaselinesDoNotMatter() throws {
    var job = Self.good
    job.baselines[ALSOptions.self].factors = 0
    try job.validate()
    job.method = .baseline(.itempop)
    try job.validate()
  }

  /// Experiments train it.
  @Test func theNetworkOfAJobThatPublishesABaselineIsChecked() {
    var job = Self.good
    (job.method, job.model.gmfWidth) = (.baseline(.itempop), -1)
    let error = #expect(throws: BatchError.self) { try job.validate() }
    #expect(error?.what == "model.gmf can't be used")
  }

  @Test(arguments: Baseline.starts)
  func aGMFPartStartsFromFactorsOfItsOwnWidth(method: Baseline) throws {
    var job = Self.good
    job.training.pretrain = .factors
    job.initial.methods = [method]
    job.model.gmfWidth = job.initial.width
    try job.validate()
  }

  @Test func factorizationsSideBySideAddUpAndShareTheirBiases() {
    var initial = Job.Factorization()
    initial.methods = [.ials, .mf, .bpr]
    initial.settings[.ials] = ALSOptions(factors: 8)
    initial.settings[.bpr] = BPROptions(factors: 4)
    initial.settings[.mf] = MFOptions(factors: 2)
    #expect(initial.width == 16)
    #expect(initial.name == "[ials, mf, bpr]")
  }

  private static let wrong: [(key: String, change: @Sendable (inout Job) -> Void)] = [
    ("job", { $0.name = "" }), ("job", { $0.name = String(repeating: "x", count: 64) }),
    ("source.query", { $0.source.relation = .query(" \n") }),
    ("source.table", { $0.source.relation = .table("", columns: Job.Source.Columns()) }),
    (
      "source.columns.event_type",
      {
        $0.source.relation = .table("a.b", columns: Job.Source.Columns())
        $0.source.events = ["view": 1]
      }
    ),
    (
      "source.columns.value",
      {
        $0.source.relation = .table("a.b", columns: Job.Source.Columns())
        $0.source.minValue = 1
      }
    ),
    ("source.events", { $0.source.events = ["view": -2_000_000, "buy": 1] }),
    ("source.events", { $0.source.events = ["view": 0] }),
    ("source.min_value", { $0.source.minValue = .nan }),
    ("source.min_interactions", { $0.source.minInteractions = 0 }),
    ("model.gmf", { $0.model = ModelSpec(gmfWidth: 0, tower: [], activation: .relu) }),
    ("model.tower", { $0.model = ModelSpec(gmfWidth: 8, tower: [9, 8]) }),
    (
      "model.regularization",
      { ($0.method, $0.baselines[ALSOptions.self].regularization) = (.baseline(.ials), 0) }
    ),
    (
      "model.factors",
      { ($0.method, $0.baselines[ALSOptions.self].factors) = (.baseline(.ials), 0) }
    ),
    ("model.alpha", { ($0.method, $0.baselines[ALSOptions.self].alpha) = (.baseline(.ials), 0) }),
    (
      "model.regularization",
      { ($0.method, $0.baselines[BPROptions.self].regularization) = (.baseline(.bpr), -1) }
    ),
    (
      "model.regularization",
      { ($0.method, $0.baselines[EASEOptions.self].regularization) = (.baseline(.ease), 0) }
    ),
    (
      "model.negatives",
      { ($0.method, $0.baselines[MFOptions.self].negatives) = (.baseline(.mf), 0) }
    ),
    (
      "train.factorization.mf.learning_rate",
      {
        $0.training.pretrain = .factors
        $0.initial.methods = [.ials, .mf]
        $0.initial.settings[MFOptions.self].learningRate = 0
      }
    ),
    (
      "model.learning_rate",
      { ($0.method, $0.baselines[BPROptions.self].learningRate) = (.baseline(.bpr), .nan) }
    ),
    (
      "model.iterations",
      { ($0.method, $0.baselines[EALSOptions.self].iterations) = (.baseline(.eals), 0) }
    ),
    (
      "model.missing_weight",
      { ($0.method, $0.baselines[EALSOptions.self].missingWeight) = (.baseline(.eals), 0) }
    ),
    (
      "model.popularity_power",
      { ($0.method, $0.baselines[EALSOptions.self].popularityPower) = (.baseline(.eals), 2) }
    ),
    (
      "model.neighbours",
      { ($0.method, $0.baselines[KNNOptions.self].neighbours) = (.baseline(.itemknn), 0) }
    ),
    (
      "model.shrinkage",
      { ($0.method, $0.baselines[KNNOptions.self].shrinkage) = (.baseline(.itemknn), -1) }
    ),
    ("model.gmf", { $0.training.pretrain = .factors }),
    (
      "train.factorization.iterations",
      { ($0.training.pretrain, $0.initial.settings[ALSOptions.self].iterations) = (.factors, 0) }
    ),
    ("train.alpha", { $0.training.alpha = 1.5 }),
    ("train.negatives", { $0.training.negatives = 0 }),
    ("train.batch", { $0.training.batch = 0 }),
    ("train.learning_rate", { $0.training.pretraining.learningRate = 0 }),
    ("train.finetune.epochs", { $0.training.joint.epochs = 0 }),
    ("evaluate.k", { $0.evaluation.k = 0 }),
    ("evaluate.sampled", { $0.evaluation.sampled = 0 }),
    ("gate.tolerance", { $0.gate.tolerance = 1 }),
    ("gate.max_shrink", { $0.gate.maxShrink = -0.1 }),
    ("output.schema", { $0.output.schema = "" }), ("output.k", { $0.output.k = 1001 }),
    ("output.keep_runs", { $0.output.keepRuns = 0 }),
    ("output.keep_days", { $0.output.keepDays = -1 }),
  ]

  @Test(arguments: wrong.indices)
  func aValueThatCannotWorkIsNamedByItsKey(place: Int) {
    let (key, change) = Self.wrong[place]
    var job = Self.good
    change(&job)
    let error = expectFailure(.configuration) { try job.validate() }
    #expect(error?.what == "\(key) can't be used")
  }

  @Test func aJobIsRecordedAsItsFileSpellsIt() throws {
    var job = Self.good
    job.source.relation = .table("app.events", columns: Job.Source.Columns(event: "kind"))
    job.source.events = ["page_View": 2]
    let text = try RunConfiguration(
      job: job, request: RunRequest(since: TimePoint("90d"), threads: 2)
    ).json()
    #expect(text.contains(#""table":"app.events""#))
    #expect(text.contains(#""min_interactions":1"#))
    #expect(text.contains(#""events":{"page_View":2}"#))
    #expect(text.contains(#""since":"90d""#))
    #expect(try JSONText.decode(Job.self, from: JSONText.encode(job)) == job)
  }
}
