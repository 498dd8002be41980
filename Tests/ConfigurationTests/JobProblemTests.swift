import Configuration
import Jobs
import Testing

/// What is said about a YAML file that is not in order; the text is compared word for word.
struct JobProblemTests {
  private static let good = "source: {table: app.events}\n"

  private func problems(_ yaml: String, _ variables: [String: String] = [:]) -> [String] {
    do {
      _ = try Job(yaml: yaml, file: "night.yaml", variables: variables)
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  /// Cases of a text: lines of YAML, then what is said of them as a comment.
  private static func cases(_ text: String) -> [(yaml: String, message: String)] {
    var (cases, yaml): ([(String, String)], String) = ([], "")
    for line in text.split(separator: "\n") {
      if line.hasPrefix("# ") {
        cases.append((yaml, "night.yaml:" + line.dropFirst(2)))
        yaml = ""
      } else {
        yaml += line + "\n"
      }
    }
    return cases
  }

  /// A job that publishes a baseline has its network checked, too: experiments train it.
  private static let wrongValues = cases(
    """
    train:
      epochs: many
    # 3:11: train.epochs must be a whole number, not many
    train:
      epochs: 2.5
    # 3:11: train.epochs must be a whole number, not 2.5
    train:
      epochs: [1]
    # 3:11: train.epochs must be a whole number, not a list
    train:
      epochs: 0
    # 3:11: train.epochs must be a number from 1 to 100000, not 0
    train:
      seed: -1
    # 3:9: train.seed must be a whole number from 0 to 18446744073709551615, not -1
    train: {alpha: nan}
    # 2:16: train.alpha must be auto or a number, not nan
    train: {alpha: 1.5}
    # 2:16: train.alpha must be a share from 0 to 1, not 1.5
    train: {mode: fast}
    # 2:15: train.mode must be auto, full or finetune, not fast
    model: ials
    train: {mode: finetune}
    # 3:15: train.mode must be auto or full with model.method ials, which is always trained in \
    full, not finetune
    train: {full_every: 0}
    # 2:21: train.full_every must be a number of nights, 1 or more, not 0
    train: {max_growth: -1}
    # 2:21: train.max_growth must be a share, 0 or more, not -1
    train: {absorb_holdout: 1}
    # 2:25: train.absorb_holdout must be true or false, not 1
    train: {nightly: {replay: -1}}
    # 2:27: train.nightly.replay must be a number from 0 to 1000, not -1
    train: {nightly: {epochs: 0}}
    # 2:27: train.nightly.epochs must be a number from 1 to 100000, not 0
    train: {refit: yes}
    # 2:16: train.refit must be true or false, not yes
    train: {pretrain: yes}
    # 2:19: train.pretrain must be [gmf, mlp] or true, [] or false, or some of mf, bpr, ials, \
    ease, not yes
    train: {pretrain: [gmf]}
    # 2:19: train.pretrain must be [gmf, mlp] or true, [] or false, or some of mf, bpr, ials, \
    ease, not a list
    train: {sampling: unifrom}
    # 2:19: train.sampling must be uniform, or a section with its keys below it, not unifrom; did \
    you mean uniform?
    model: ialz
    # 2:8: model must be auto, ncf, itempop, recentpop, lastitem, itemknn, mf, bpr, eals, ials, \
    ease or history, or a section with its keys below it, not ialz; did you mean ials?
    model: {method: ials, gmf: 8}
    # 2:28: model.gmf belongs to model.method ncf or auto, not to ials
    model: {method: bpr, neighbours: 8}
    # 2:34: model.neighbours belongs to model.method itemknn, not to bpr
    model: {alpha: 3}
    # 2:16: model.alpha belongs to model.method ials, not to auto
    train: {factorization: {factors: 8}}
    # 2:34: train.factorization.factors belongs to train.pretrain mf, bpr, ials or ease, not to \
    [gmf, mlp]
    train: {pretrain: mf, factorization: {alpha: 8}}
    # 2:46: train.factorization.alpha belongs to train.pretrain ials, not to mf
    train: {pretrain: bpr, factorization: {negatives: 8}}
    # 2:51: train.factorization.negatives belongs to train.pretrain mf, not to bpr
    train: {pretrain: [ials, mf], factorization: {factors: 8}}
    # 2:56: train.factorization.factors belongs to train.pretrain mf, bpr, ials or ease, not to \
    [ials, mf]
    train: {pretrain: ials, factorization: {ials: {factors: 8}}}
    # 2:47: train.factorization.ials belongs to train.pretrain a list with ials and others, not \
    to ials
    train: {pretrain: [ials, mf], factorization: {mf: {alpha: 8}}}
    # 2:52: train.factorization.mf.alpha is not a key; did you mean model.alpha? Keys of \
    train.factorization.mf: factors, iterations, learning_rate, negatives, regularization
    model: {negatives: 3}
    # 2:20: model.negatives belongs to model.method mf, not to auto
    train: {pretrain: [ials, ials]}
    # 2:19: train.pretrain must be [gmf, mlp] or true, [] or false, or some of mf, bpr, ials, \
    ease, not a list
    model: {gmf: 8}
    train: {pretrain: ials}
    # 2:14: model.gmf must be 64, as wide as the factors of train.pretrain ials \
    (train.factorization.factors), or left out, not 8
    train: {optimizer: adem}
    # 2:20: train.optimizer must be adam, adam_dense, sgd or adagrad, not adem; did you mean adam?
    train: 3
    # 2:8: train must be a section, with its keys below it, not 3
    model: {tower: [64, x]}
    # 2:21: model.tower must be a list of whole numbers, such as [64, 32], not x
    model: {tower: [63, 8]}
    # 2:16: model.tower must be a list with an even input, half for a user's and half for an \
    item's embedding, not 63
    model: {tower: [8, 16]}
    # 2:16: model.tower must be a list without a layer wider than its input of 8, not 16
    model: {tower: [32768]}
    # 2:16: model.tower must be widths from 1 to 16384, not 32768
    model: {gmf: 0, tower: []}
    # 2:14: model.gmf must be above 0 where model.tower has no layer, not 0
    model: {method: ials, regularization: 0}
    # 2:39: model.regularization must be a number above 0, not 0
    model: {fusion: sum}
    # 2:17: model.fusion must be concat where model.embeddings is separate, not sum
    train: {loss: log}
    model: {link: identity}
    # 2:15: train.loss must be squared where model.link is identity, not log
    model: ials
    train: {averaging: 1.5}
    # 3:20: train.averaging must be a decay from 0 up to 1, not 1.5
    output: {k: 1001}
    # 2:13: output.k must be a number from 1 to 1000, not 1001
    output: {k: "5"}
    # 2:13: output.k must be a whole number, not the text "5"
    users: {cold_below: 0}
    # 2:21: users.cold_below must be 1 or more, not 0
    users: {cold_below: few}
    # 2:21: users.cold_below must be auto or a whole number, not few
    users: {forget_absent: true}
    # 2:24: users.forget_absent must be given together with users.query, which says who is there, \
    not true
    users: {active_within: often}
    # 2:24: users.active_within must be an age such as 90d or 2y (units: s, min, h, d, w, mo, y), \
    not often
    items: {max_per_group: 2}
    # 2:24: items.max_per_group must be given together with items.group, which says what the \
    groups are, not 2
    users: {features: ' '}
    # 2:19: users.features must be a SELECT, not \u{20}
    items: {features: SELECT 1}
    model: bpr
    # 2:19: items.features must be left out with model.method bpr: only the network learns from \
    features, not SELECT 1
    items: {eligible: ' '}
    # 2:19: items.eligible must be a SELECT, not \u{20}
    exclude: {events: [hide]}
    # 1:9: source.columns.event_type must be a column, as exclude.events needs it
    exclude: {events: hide}
    # 2:19: exclude.events must be a list of names, such as [purchase, hide], not hide
    job: ""
    # 2:6: job must be a name of 1 to 63 bytes, not\u{20}
    """)

  @Test(
    "A wrong value is named with its place, its key and what is allowed", arguments: wrongValues)
  func wrongValue(line: String, message: String) {
    #expect(problems(Self.good + line) == [message])
  }

  private static let unknownKeys = cases(
    """
    trian: {}
    # 2:1: trian is not a key; did you mean train? Keys of the file: auto, evaluate, exclude, \
    gate, items, job, model, output, popular, served, source, train, users
    gate: {tolerence: 1}
    # 2:8: gate.tolerence is not a key; did you mean tolerance? Keys of gate: max_shrink, tolerance
    gate: {Max-Shrink: 1}
    # 2:8: gate.Max-Shrink is not a key; did you mean max_shrink? Keys of gate: max_shrink, \
    tolerance
    gate: {averaging: 4}
    # 2:8: gate.averaging is not a key; did you mean train.averaging? Keys of gate: max_shrink, \
    tolerance
    gate: {zebra: 4}
    # 2:8: gate.zebra is not a key. Keys of gate: max_shrink, tolerance
    """)

  @Test("A key that does not exist is named with the one that was meant", arguments: unknownKeys)
  func unknownKey(line: String, message: String) {
    #expect(problems(Self.good + line) == [message])
  }

  @Test("All problems are told at once, in the order of the file")
  func several() {
    let yaml = "gate: {tolerance: x}\nsource: {table: a.b, windo: 2y, window: 2 years}\nzz: 1\n"
    let found = problems(yaml)
    #expect(found.count == 4)
    #expect(
      found.map { $0.prefix(13) } == [
        "night.yaml:1:", "night.yaml:2:", "night.yaml:2:", "night.yaml:3:",
      ])
    #expect(
      found[2]
        == "night.yaml:2:41: source.window must be an age such as 90d or 2y (units: s, min, h, d, w, mo, y)"
        + ", not 2 years")
  }

  @Test("All values that can't work are told at once, a default's with the value that it has")
  func severalValues() {
    #expect(
      problems(
        Self.good
          + "output: {k: 0, similar: -1}\ntrain:\n  alpha: 2\n  loss: null\nmodel: {link: identity}\n"
      ) == [
        "night.yaml:4:10: train.alpha must be a share from 0 to 1, not 2",
        "night.yaml:5:9: train.loss must be squared where model.link is identity, not log",
        "night.yaml:2:13: output.k must be a number from 1 to 1000, not 0",
        "night.yaml:2:25: output.similar must be a number from 0 to 1000, not -1",
      ])
  }

  @Test("A key that is not given is told at the section above it")
  func defaults() {
    #expect(
      problems(Self.good + "model: {embeddings: shared}\n") == [
        "night.yaml:2:8: model.gmf must be 32, half of the tower's input, where model.embeddings is "
          + "shared, not 8"
      ])
    #expect(
      problems(Self.good + "train: {loss: bpr, epochs: 1}\n", ["NCF_MODEL_LINK": "probit"]) == [
        "night.yaml:2:15: train.loss must be log or squared where model.link is probit, not bpr"
      ])
    #expect(
      problems(Self.good + "train: {alpha: 0.5}\n", ["NCF_TRAIN_ALPHA": "1.5"]) == [
        "NCF_TRAIN_ALPHA: train.alpha must be a share from 0 to 1, not 1.5"
      ])
  }

  private static let sources = cases(
    """
    job: a
    # 1:1: source must say where interactions are: source.table or source.query
    source: {table: a.b, query: SELECT 1}
    # 1:17: source.table and source.query exclude each other: keep one
    source:
      query: SELECT 1
      columns: {user_id: u}
    # 3:12: source.columns belongs to source.table; in a query, name the columns with AS
    source: {table: a.b, events: {view: 1}}
    # 1:9: source.columns.event_type must be a column, as source.events needs it
    source: {table: a.b, events: {view: often}}
    # 1:37: source.events must be a mapping of names to numbers, such as {view: 0, purchase: 1}, \
    not often
    source: {query: SELECT 1, events: {hide: -1}}
    # 1:35: source.events must be a type with a weight above 0, or nothing would count
    source: {table: a.b, max_per_user: 0}
    # 1:36: source.max_per_user must be 1 or more, not 0
    """)

  @Test("A source must be given, and only once", arguments: sources)
  func source(yaml: String, message: String) {
    #expect(problems(yaml) == [message])
  }

  @Test("A variable that is wrong is named instead of the file")
  func variable() {
    #expect(
      problems(Self.good, ["NCF_OUTPUT_K": "ten"]) == [
        "NCF_OUTPUT_K: output.k must be a whole number, not ten"
      ])
    #expect(
      problems(Self.good, ["NCF_OUTPUT_K": "0"]) == [
        "NCF_OUTPUT_K: output.k must be a number from 1 to 1000, not 0"
      ])
    #expect(
      problems(Self.good, ["NCF_MODEL_TOWER": "64"]) == [
        "NCF_MODEL_TOWER: model.tower must be a list of whole numbers, such as [64, 32], not 64"
      ])
  }

  @Test(
    "Broken YAML is an error at its place",
    arguments: [
      ("a: [1\nb: 2\n", "2:2"), ("a: 1\na: 2\n", "1:1"), ("a: 1\n---\nb: 2\n", "2:1"),
      ("a: *b\n", "1:4"), ("- a\n", "1:1"), ("word\n", "1:1"), ("a: \"x\n", "2:1"),
    ])
  func syntax(yaml: String, place: String) {
    let found = problems(yaml)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("night.yaml:\(place): ") == true, "\(found)")
  }

  @Test("Long values are cut short in messages")
  func long() {
    let found = problems(Self.good + "output: {k: \(String(repeating: "x", count: 500))}\n")
    #expect(found.first.map { $0.utf8.count < 130 } == true)
  }

  @Test("Deep nesting is refused instead of exhausting the stack")
  func deep() {
    let text = String(repeating: "[", count: 100_000)
    #expect(problems("a: " + text).count == 1)
  }

  @Test("The error of a command tells 78, every problem and what to do")
  func batchError() {
    let error = #expect(throws: ConfigurationError.self) {
      _ = try Job(yaml: "x: 1\n", file: "night.yaml")
    }
    #expect(error?.batchError.exitCode == .configuration)
    #expect(
      error?.batchError.what.hasPrefix("the configuration has 2 errors\nnight.yaml:1:1: ") == true)
    #expect(error?.batchError.advice != nil)
  }
}
