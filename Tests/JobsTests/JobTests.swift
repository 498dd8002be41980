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
    job.baselines.ials.factors = 0
    try job.validate()
    job.method = .itempop
    try job.validate()
  }

  /// Experiments train it.
  @Test func theNetworkOfAJobThatPublishesABaselineIsChecked() {
    var job = Self.good
    (job.method, job.model.gmfWidth) = (.itempop, -1)
    let error = #expect(throws: BatchError.self) { try job.validate() }
    #expect(error?.what == "model.gmf can't be used")
  }

  @Test(arguments: Job.Factorization.Method.allCases)
  func aGMFPartStartsFromFactorsOfItsOwnWidth(method: Job.Factorization.Method) throws {
    var job = Self.good
    job.training.pretrain = .factors
    job.initial.methods = [method]
    job.model.gmfWidth = job.initial.width
    try job.validate()
  }

  @Test func factorizationsSideBySideAddUpAndShareTheirBiases() {
    let initial = Job.Factorization(
      methods: [.ials, .mf, .bpr], ials: ALSOptions(factors: 8), bpr: BPROptions(factors: 4),
      mf: MFOptions(factors: 2))
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
    ("model.regularization", { ($0.method, $0.baselines.ials.regularization) = (.ials, 0) }),
    ("model.factors", { ($0.method, $0.baselines.ials.factors) = (.ials, 0) }),
    ("model.alpha", { ($0.method, $0.baselines.ials.alpha) = (.ials, 0) }),
    ("model.regularization", { ($0.method, $0.baselines.bpr.regularization) = (.bpr, -1) }),
    ("model.regularization", { ($0.method, $0.baselines.ease.regularization) = (.ease, 0) }),
    ("model.negatives", { ($0.method, $0.baselines.mf.negatives) = (.mf, 0) }),
    (
      "train.factorization.mf.learning_rate",
      {
        $0.training.pretrain = .factors
        $0.initial.methods = [.ials, .mf]
        $0.initial.mf.learningRate = 0
      }
    ),
    ("model.learning_rate", { ($0.method, $0.baselines.bpr.learningRate) = (.bpr, .nan) }),
    ("model.iterations", { ($0.method, $0.baselines.eals.iterations) = (.eals, 0) }),
    ("model.missing_weight", { ($0.method, $0.baselines.eals.missingWeight) = (.eals, 0) }),
    ("model.popularity_power", { ($0.method, $0.baselines.eals.popularityPower) = (.eals, 2) }),
    ("model.neighbours", { ($0.method, $0.baselines.itemknn.neighbours) = (.itemknn, 0) }),
    ("model.shrinkage", { ($0.method, $0.baselines.itemknn.shrinkage) = (.itemknn, -1) }),
    ("model.gmf", { $0.training.pretrain = .factors }),
    (
      "train.factorization.iterations",
      { ($0.training.pretrain, $0.initial.ials.iterations) = (.factors, 0) }
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
