import Baselines
import Formatting
import Interactions
package import NCF
import Ranking
import Recommenders

/// The paper's experiments, and those that answer what later work found.
package enum Experiment: String, Sendable, CaseIterable {
  /// Factors by methods (Figure 4), and list lengths (Figure 5).
  case rq1
  /// With and without pre-training (Table 2).
  case table2
  /// Loss and metrics per epoch (Figure 6), and negatives (Figure 7).
  case rq2
  /// Depth of the tower (Tables 3 and 4), its activation, and linear layers.
  case rq3
  /// NeuMF against each method, by paired t-tests.
  case significance
  /// The four users of section 2.2, whom a factorisation in two dimensions can't place.
  case mfLimit = "mf-limit"
  /// The best factorisation, and a NeuMF that starts from it.
  case best

  /// What it is about, in a few words.
  package var summary: String {
    switch self {
    case .rq1: "methods by factors (Figure 4) and list length (Figure 5)"
    case .table2: "NeuMF with and without pre-training (Table 2)"
    case .rq2: "the course of training (Figure 6) and negatives (Figure 7)"
    case .rq3: "depth of the tower (Tables 3 and 4) and its activation"
    case .significance: "NeuMF against each method, paired"
    case .mfLimit: "the limit of matrix factorisation (section 2.2)"
    case .best: "the best factorisation, and NeuMF from it"
    }
  }

  /// Whether it needs a log.
  package var needsLog: Bool { self != .mfLimit }
}

/// What an experiment is asked.
package struct ExperimentSettings: Sendable {
  /// One training of everything for each.
  package var seeds: [UInt64]
  /// Predictive factors, ascending.
  package var factors: [Int]
  /// Whether grids are cut down and trainings kept short.
  package var isQuick: Bool
  /// Batch size, optimisers, rates, epochs, L2, dropout, averaging and refit; negatives and loss are
  /// the paper's.
  package var training: TrainingOptions
  /// The paper's figures to be shown beside; nil for none.
  package var published: Published?

  /// Names the parts; `seeds` and `factors` are never empty.
  package init(
    seeds: [UInt64] = [1, 2, 3], factors: [Int] = Published.factors, isQuick: Bool = false,
    training: TrainingOptions, published: Published? = nil
  ) {
    precondition(!seeds.isEmpty && !factors.isEmpty, "an experiment of nothing")
    self.seeds = isQuick ? Array(seeds.prefix(1)) : seeds
    self.factors = isQuick ? Array(factors.prefix(1)) : factors
    (self.isQuick, self.training, self.published) = (isQuick, training, published)
  }
}

extension Experiment {
  /// Makes the report of an experiment that needs no log.
  package func report() -> Report {
    precondition(!needsLog, "\(rawValue) needs a log")
    return Report(
      title: "\(rawValue): \(summary)",
      circumstances: ["no data beside the four users of the paper's Figure 1"],
      sections: FourUsers.sections())
  }

  /// Makes the experiment's report: what it needs is read from the book, or run.
  ///
  /// - Throws: what the book throws; finished trials are kept.
  package func report(_ settings: ExperimentSettings, _ book: TrialBook) throws -> Report {
    guard needsLog else { return report() }
    let lab = Laboratory(settings: settings, book: book)
    let sections: [Report.Section] =
      switch self {
      case .rq1: try lab.rq1()
      case .table2: try lab.table2()
      case .rq2: try lab.rq2()
      case .rq3: try lab.rq3()
      case .significance: try lab.significance()
      case .mfLimit: []
      case .best: try lab.best()
      }
    return Report(
      title: "\(rawValue): \(summary)", circumstances: lab.circumstances, sections: sections)
  }
}

/// Settings, the book, and the trials that several experiments share.
struct Laboratory {
  let settings: ExperimentSettings
  let book: TrialBook

  var k: Int { book.data.k }

  /// On what and how it was made.
  var circumstances: [String] {
    let data = book.data
    let candidates =
      data.given == nil ? "\(data.sampled) drawn items" : "the candidates of the job's file"
    return [
      "\(data.table.userCount) users, \(data.table.itemCount) items, "
        + "\(data.table.count) interactions; \(data.testedUsers) users tested",
      "each user's latest interaction is the test, a random other one validation; epochs and "
        + "settings are chosen on validation, the test is looked at once"
        + (settings.training.refit ? ", after training again with the validation items" : ""),
      "sampled: among \(candidates); full: among the whole catalogue without what the user has",
      "seeds \(settings.seeds.map(String.init).joined(separator: ", ")); mean over seeds, ± half "
        + "the 95 % interval over users" + (settings.isQuick ? "; quick: short trainings" : ""),
    ]
  }

  /// The paper's training, log loss and 4 uniform negatives, with the job's rates, epochs, L2, dropout
  /// and averaging.
  func options(pretrain: PreTraining = .none, negatives: Int = 4) -> TrainingOptions {
    let base = settings.training
    var options = TrainingOptions(
      pretrain: pretrain, alpha: 0.5, negatives: negatives, batch: base.batch,
      pretraining: base.pretraining, joint: base.joint, seed: 0)
    (options.l2Embeddings, options.l2Tower) = (base.l2Embeddings, base.l2Tower)
    (options.dropout, options.averaging) = (base.dropout, base.averaging)
    if settings.isQuick {
      options.pretraining.epochs = min(options.pretraining.epochs, 2)
      options.joint.epochs = min(options.joint.epochs, 1)
    }
    return options
  }

  /// The authors' tower for so many factors and layers: each layer half the one below.
  func tower(factors: Int, layers: Int = 3) -> [Int] {
    (0...layers).reversed().map { factors << $0 }
  }

  func gmf(_ factors: Int, negatives: Int = 4) -> Trial {
    trial(ModelSpec(gmfWidth: factors, tower: []), options(negatives: negatives))
  }

  func mlp(_ factors: Int, layers: Int = 3, negatives: Int = 4) -> Trial {
    trial(
      ModelSpec(gmfWidth: 0, tower: tower(factors: factors, layers: layers)),
      options(negatives: negatives))
  }

  func neuMF(_ factors: Int, pretrain: PreTraining, negatives: Int = 4) -> Trial {
    trial(
      ModelSpec(gmfWidth: factors, tower: tower(factors: factors)),
      options(pretrain: pretrain, negatives: negatives))
  }

  /// A NeuMF whose GMF starts from iALS of as many factors, and which is trained little from there.
  func neuMFFromALS(_ factors: Int) -> Trial {
    var options = options(pretrain: .factors)
    options.alpha = 0.9
    options.joint = PhaseOptions(
      optimizer: .sgd, learningRate: 0.02, epochs: settings.isQuick ? 1 : 2, patience: 1)
    let spec = ModelSpec(gmfWidth: factors, tower: tower(factors: factors))
    return Trial(
      choosing: als(factors).map { start in
        .network(Method.Network(spec: spec, options: options, start: [BaselineSetup(start)]))
      }, seed: 0, refit: settings.training.refit)
  }

  func trial(_ spec: ModelSpec, _ options: TrainingOptions) -> Trial {
    var options = options
    options.leaveOutTower(lackingIn: spec)
    return Trial(
      .network(Method.Network(spec: spec, options: options)), seed: 0,
      refit: settings.training.refit)
  }

  /// The paper's figure beside ours; a dash where there is none.
  func published(_ trial: Trial, factors: Int) -> [String] {
    guard let published = settings.published else { return [] }
    guard let pair = published.pair(trial.label, factors: factors) else { return ["-", "-"] }
    return [Figures.fixed(pair.hr, 3), Figures.fixed(pair.ndcg, 3)]
  }

  /// Names of the columns that `published` fills.
  var publishedHeader: [String] {
    settings.published == nil ? [] : ["paper HR@10", "paper NDCG@10"]
  }

  /// Names of the columns that `figures` fills.
  var figuresHeader: [String] {
    ["HR@\(k)", "NDCG@\(k)", "sd of seeds", "full HR@\(k)", "full NDCG@\(k)", "epoch", "seconds"]
  }

  /// A row's own figures.
  func figures(_ measured: Measured) -> [String] {
    [
      measured.cell(.hr, .sampled, k: k), measured.cell(.ndcg, .sampled, k: k),
      measured.spread(.ndcg, .sampled, k: k), measured.cell(.hr, .full, k: k),
      measured.cell(.ndcg, .full, k: k), measured.epochs, Figures.seconds(measured.seconds),
    ]
  }
}
