import Baselines
import NCF
package import Settings

extension Job {
  /// Refuses values that can't work, naming the keys as `nightly.yaml` spells them.
  ///
  /// - Throws: `BatchError` with exit code 78.
  package func validate() throws(BatchError) {
    let problems = problems
    guard let first = problems.first else { return }
    throw BatchError(
      .configuration, "\(first.path) can't be used",
      advice: problems.map(\.description).joined(separator: "\n"))
  }

  /// Values that can't work, at most one a key.
  package var problems: [Problem] {
    let found =
      [.unless(Self.isName(name), "job", mustBe: "a name of 1 to 63 bytes")]
      + sourceProblems + listProblems + methodProblems + trainingProblems
      + evaluationProblems + gate.settingProblems(in: "gate")
      + [
        .unless(
          Self.isName(output.schema), "output.schema", mustBe: "a schema name of 1 to 63 bytes")
      ] + output.settingProblems(in: "output")
    return found.compactMap { $0 }.firstOfEachPath
  }

  private var sourceProblems: [Problem?] {
    let weights = source.events?.values
    return relationProblems + source.settingProblems(in: "source") + [
      .unless(
        weights?.allSatisfy { abs($0) <= 1_000_000 } ?? true, "source.events",
        mustBe: "weights from -1000000 to 1000000"),
      .unless(
        weights?.contains { $0 > 0 } ?? true, "source.events",
        mustBe: "a type with a weight above 0, or nothing would count"),
      .unless(
        source.minValue?.isFinite ?? true, "source.min_value", mustBe: "a finite number"),
      source.maxPerUser.flatMap { Bounds.from(1).problem("source.max_per_user", $0) },
    ]
  }

  private var relationProblems: [Problem?] {
    switch source.relation {
    case .query(let text):
      return [.unless(Self.hasWords(text), "source.query", mustBe: "a SELECT")]
    case .table(let name, let columns):
      let hasType = columns.event != nil
      return [
        .unless(!name.isEmpty, "source.table", mustBe: "a schema-qualified name"),
        .unless(
          hasType || source.events == nil, "source.columns.event_type",
          mustBe: "a column, as source.events needs it"),
        .unless(
          columns.value != nil || source.minValue == nil, "source.columns.value",
          mustBe: "a column, as source.min_value needs it"),
        .unless(
          hasType || exclude.events?.isEmpty ?? true, "source.columns.event_type",
          mustBe: "a column, as exclude.events needs it"),
      ]
    }
  }

  private var listProblems: [Problem?] {
    let queries = [
      ("users.query", users.query), ("users.features", users.features),
      ("items.eligible", items.eligible), ("items.group", items.group),
      ("items.features", items.features), ("served.impressions", served.impressions),
    ]
    let features = [("users.features", users.features), ("items.features", items.features)]
    return queries.map { key, query in
      .unless(query.map(Self.hasWords) ?? true, key, mustBe: "a SELECT")
    } + [
      users.coldBelow.flatMap { Bounds.from(1).problem("users.cold_below", $0) },
      .unless(
        !users.forgetAbsent || users.query != nil, "users.forget_absent",
        mustBe: "given together with users.query, which says who is there"),
      items.maxPerGroup.flatMap { Bounds.from(1).problem("items.max_per_group", $0) },
      .unless(
        items.maxPerGroup == nil || items.group != nil, "items.max_per_group",
        mustBe: "given together with items.group, which says what the groups are"),
      .unless(
        items.group == nil || items.maxPerGroup != nil, "items.group",
        mustBe: "given together with items.max_per_group, "
          + "which says how many of a group a list may hold"),
    ]
      + features.map { key, query in
        .unless(
          query == nil || method == .ncf, key,
          mustBe:
            "left out with model.method \(method.rawValue): only the network learns from features")
      }
  }

  /// Of a job that publishes a baseline the network's, too: experiments train it.
  private var methodProblems: [Problem?] {
    let factors = training.pretrain == .factors ? initialProblems : []
    let modelKeys = Set(TrainingOptions.regularization.map(\.key))
    let network =
      model.problem.map { [$0.below("model")] }
      ?? training.problems(with: model).map {
        $0.below(modelKeys.contains($0.path) ? "model" : "train")
      }
    return factors + network + (baseline?.settingProblems(in: "model") ?? [])
  }

  private var initialProblems: [Problem?] {
    let section = "train.factorization"
    let isSingle = initial.methods.count == 1
    return initial.methods.flatMap { method in
      initial.settings[method]
        .settingProblems(in: isSingle ? section : "\(section).\(method.rawValue)")
    } + [
      .unless(
        model.gmfWidth == initial.width, "model.gmf", "\(model.gmfWidth)",
        mustBe: "\(initial.width), as wide as the factors of train.pretrain \(initial.name) "
          + "(\(section).factors), or left out")
    ]
  }

  private var evaluationProblems: [Problem?] {
    evaluation.settingProblems(in: "evaluate") + [
      .unless(
        evaluation.split == .latest || nightly.absorbHoldout, "train.absorb_holdout", "false",
        mustBe: "true with evaluate.split clock, where a list needs what happened since the split")
    ]
  }

  private var trainingProblems: [Problem?] {
    [auto.trials.flatMap { Bounds.from(1).problem("auto.trials", $0) }]
      + training.pretraining.settingProblems(in: "train")
      + training.joint.settingProblems(in: "train.finetune")
      + [
        .unless(
          method == .ncf || method == .auto || nightly.mode != .finetune, "train.mode",
          nightly.mode.rawValue,
          mustBe: "auto or full with model.method \(method.rawValue), "
            + "which is always trained in full")
      ] + nightly.settingProblems(in: "train")
      + nightly.phase.settingProblems(in: "train.nightly")
  }

  /// Whether a text can be the name of a job or a schema.
  private static func isName(_ text: String) -> Bool {
    (1...63).contains(text.utf8.count) && !text.utf8.contains(0)
  }

  /// Whether a query is more than white space.
  private static func hasWords(_ text: String) -> Bool {
    !text.utf8.allSatisfy { " \n\r\t".utf8.contains($0) }
  }
}

extension Job.Source: NumericSettings {
  /// Its numbers that are always there.
  package static var settings: [Setting<Self>] {
    [
      Setting("min_interactions", \.minInteractions, .from(1)),
      Setting("connections", \.connections, .from(1, to: 64)),
    ]
  }
}

extension Job.Nightly: NumericSettings {
  /// Its numbers, with keys of the section `train`.
  package static var settings: [Setting<Self>] {
    [
      Setting("full_every", \.fullEvery, .from(1, "a number of nights")),
      Setting("max_growth", \.maxGrowth, .from(0, "a share")),
      Setting("nightly.replay", \.replay, .from(0, to: 1_000)),
    ]
  }
}

extension Job.Evaluation: NumericSettings {
  /// Its numbers.
  package static var settings: [Setting<Self>] {
    [
      Setting("k", \.k, .from(1, to: 100)), Setting("sampled", \.sampled, .from(1, to: 100_000)),
      Setting("seed", \.seed, .from(0)),
    ]
  }
}

extension Job.GateLimits: NumericSettings {
  /// Its numbers.
  package static var settings: [Setting<Self>] {
    [
      Setting("tolerance", \.tolerance, .from(0, upTo: 1, "a share")),
      Setting("max_shrink", \.maxShrink, .from(0, to: 1, "a share")),
    ]
  }
}

extension Job.Output: NumericSettings {
  /// Its numbers; the live run is one of those that are kept.
  package static var settings: [Setting<Self>] {
    [
      Setting("k", \.k, .from(1, to: 1_000)), Setting("similar", \.similar, .from(0, to: 1_000)),
      Setting("keep_runs", \.keepRuns, .from(1)), Setting("keep_days", \.keepDays, .from(0)),
    ]
  }
}
