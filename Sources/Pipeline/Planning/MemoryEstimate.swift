import Baselines
import Interactions
package import Jobs
import NCF
import Store

/// How much memory a run will hold at its fullest, told from the sizes of its data.
///
/// Every part is a length times a width; what the program itself and its libraries take is measured
/// once and written down here.
package struct MemoryEstimate {
  /// What decides the size of a run.
  package struct Sizes {
    /// Rows that the source gave.
    var rows: Int
    /// Events that the interactions are made of.
    var events: Int
    /// Interactions after repeats were merged.
    var interactions: Int
    /// Pairs of user and item that are not to be listed.
    var excluded = 0
    /// Users without an embedding who get a list.
    var outside = 0
    /// Pairs of user and item that are known negatives.
    var negatives = 0
    /// Users with an embedding.
    var users: Int
    /// Items with an embedding.
    var items: Int
    /// Users with a held-out item.
    var testedUsers: Int
    /// Features with a row, of users and of items.
    var userFeatures = 0
    var itemFeatures = 0
    /// Features of all users and items together.
    var featurePairs = 0
    /// Newcomers, ranked by their features.
    var newUsers = 0
    var newItems = 0

    /// Rows of the model's tables.
    var modelRows: RowCounts {
      RowCounts(
        users: users, items: items, userFeatures: userFeatures, itemFeatures: itemFeatures)
    }
  }

  private let job: Job
  private let sizes: Sizes
  private let threads: Int
  /// Whether a copy of what is being trained is taken now and then.
  var keepsCheckpoints = true
  /// What is held all the time beside the run's own data.
  var besides = 0
  /// Whether the model is compared with simple methods; a run leaves out those that do not fit.
  package var comparesRivals = true
  /// iALS as a search set it, which is then one of them; nil for none.
  var factorization: BaselineSetup?

  /// An estimate for a job on data of these sizes.
  package init(_ job: Job, _ sizes: Sizes, threads: Int) {
    (self.job, self.sizes, self.threads) = (job, sizes, threads)
  }

  /// Bytes at each stage's fullest, in the order of the stages.
  var stages: [(stage: Stage, bytes: Int)] {
    [
      (.pull, Self.program + pulling + parent), (.split, resident + parent + counting),
      (
        .train,
        resident + parent + learning + checkpoint + candidates(lists: 1) + catalogueScores
      ),
      (
        .evaluate,
        resident
          + max(
            scoring + validated + catalogueRows + candidates(lists: 2),
            2 * parameters + validated + comparing)
      ),
      (
        .publish,
        resident
          + max(
            scoring + copies + lists + rivalLists, 3 * parameters + rivalLists,
            absorbing + (absorbing > 0 ? checkpoint : 0), similarity + copies + rivalLists,
            parameters + copies + comparing + rivalLists)
      ),
    ]
  }

  /// Bytes at the fullest moment of the run.
  package var peak: Int { besides + stages.reduce(0) { max($0, $1.bytes) } }

  /// The executable, its libraries and one connection, before any data.
  private static let program = 38 << 20
  /// A thread's stack and its memory for products.
  private static let perThread = 1 << 20

  /// Four columns of four bytes as the log arrives, and one more while it is put in order; then three
  /// while interactions of 8 bytes are made of it, and 4 bytes an interaction while columns get shorter.
  private var pulling: Int {
    max(20 * sizes.rows, 12 * sizes.rows + 12 * sizes.interactions)
      + 48 * (sizes.users + sizes.items)
  }

  /// What stays until the run ends: the log in compressed rows, its events in order of time, training
  /// positives with their weights, and what is known before the test.
  ///
  /// Weights and known negatives are there twice: by all events, and by those up to each user's latest item.
  /// Columns of the log keep up to an eighth more than they need.
  private var resident: Int {
    Self.program + threads * Self.perThread
      + (12 + 8 + 4 + 3 + (job.source.isWeighted ? 4 : 0)) * sizes.interactions
      + 8 * sizes.events + 40 * sizes.users
      + 16 * (sizes.users + sizes.items)
      + 4 * sizes.excluded + 24 * sizes.outside + 16 * sizes.negatives + features + earlier
  }

  /// By the clock, the events as they arrived, and two logs that end earlier, with their training positives.
  private var earlier: Int {
    guard job.evaluation.split == .clock else { return 0 }
    return 16 * sizes.rows + 2 * ((12 + 8) * sizes.interactions + 8 * sizes.events + features)
  }

  /// The lists of features, as they are read, for the table and for lists with newcomers in them; the
  /// latter's ids, exclusions and embeddings beside the table's; and 40 bytes for each feature of a row
  /// of the batches that are drawn ahead, by the mean.
  private var features: Int {
    guard job.hasFeatures else { return 0 }
    let (users, items) = (sizes.users + sizes.newUsers, sizes.items + sizes.newItems)
    let ahead = max(2 * threads * job.training.batch, 65_536)
    return 32 * sizes.featurePairs + 64 * (users + items) + 4 * sizes.interactions
      + 4 * (users * width(of: .user) + items * width(of: .item))
      + 80 * ahead * sizes.featurePairs / max(sizes.users + sizes.items, 1)
  }

  /// The network that is published: the job's own, or plain MF of the baseline's width.
  private var spec: ModelSpec {
    job.width.map { ModelSpec.matrixFactorization(width: $0) } ?? job.model
  }

  /// Numbers that each user, or item, has in the tables of the model.
  private func width(of entity: TensorAxis.Entity) -> Int { Model.rowWidth(of: entity, spec) }

  /// One copy of the model.
  private var parameters: Int {
    if let neighbours = job.neighbours {
      // A neighbour and its similarity, and each user's own interactions.
      return 8 * sizes.items * min(neighbours, sizes.items)
        + 8 * sizes.interactions
    }
    return 4 * Model.paddedCount(spec, sizes.modelRows)
  }

  /// The model that validation judged, when a refit gave another to publish.
  private var validated: Int { job.training.refit ? parameters : 0 }

  /// The model of an earlier run that this one may go on from.
  private var parent: Int { job.nightly.mode == .full ? 0 : parameters }

  /// What is copied to be written beside the training: parameters and two moments, the best model and the
  /// mean over epochs, and what finished steps gave.
  var checkpoint: Int {
    guard keepsCheckpoints, job.method == .ncf, job.nightly.resume == .auto else { return 0 }
    let models = 2 + (job.training.averaging > 0 ? 1 : 0) + (job.training.refit ? 1 : 0)
    return (3 + models) * parameters
  }

  /// The models that are stored and tested, where lists are made with another.
  private var copies: Int {
    validated + (job.nightly.absorbHoldout ? parameters : 0)
  }

  /// The fullest moment of a copy's training on what was held out.
  private var absorbing: Int {
    guard job.nightly.absorbHoldout else { return 0 }
    return job.method == .ncf ? validated + parameters + training(spec) : learning
  }

  /// The fullest moment of the training stage.
  private var learning: Int {
    // The weights of training and validation positives together.
    let kept = job.training.refit ? validated + 4 * sizes.interactions : 0
    let log = LogSizes(
      interactions: sizes.interactions, users: sizes.users, items: sizes.items)
    if let baseline = job.baseline {
      return kept + parameters + baseline.fittingMemory(log, threads: threads)
    }
    guard job.training.pretrain == .factors else { return kept + training(spec) }
    // Several are kept until the last is there, and then once more as one.
    let start = job.initial.setups
    let factors = 4 * (sizes.users + sizes.items) * job.initial.width * min(2, start.count)
    let fullest = start.map { $0.options.fittingMemory(log, threads: threads) }.max() ?? 0
    let before = fullest + (start.count > 1 ? factors / 2 : 0)
    return kept + max(before, factors + training(spec))
  }

  /// Parameters, Adam's two moments, the epoch's and the best model, what scores the validation,
  /// the gradients of a batch and the batches that are drawn ahead.
  private func training(_ spec: ModelSpec) -> Int {
    let parameters = 4 * Model.paddedCount(spec, sizes.modelRows)
    let dense = Model.paddedCount(spec, RowCounts(users: 0, items: 0))
    let (user, item) = (width(of: .user), width(of: .item))
    let group = job.training.groupSize
    let batch = min(job.training.batch, sizes.interactions * group)
    let ahead = max(2 * threads * batch, 65_536)
    // A row and its moments lie in whole cache lines of 16 numbers.
    func rest(_ width: Int) -> Int { (3 * width + 15) / 16 * 16 - 3 * width }
    let lines = 4 * (sizes.users * rest(user) + sizes.items * rest(item))
    // A mean over epochs is one more model.
    let copies = job.training.averaging > 0 ? 7 : 6
    return copies * parameters + lines + 4 * (item * batch + user * (batch / group))
      + 4 * dense * max(1, min(16, batch / 128)) + 60 * ahead + sizes.interactions / 16
  }

  /// A model and what its scorer computes ahead for each item.
  private var scoring: Int {
    if job.neighbours != nil { return parameters + threads * 8 * sizes.items }
    let firstLayer = spec.tower.count > 1 ? Self.padded(spec.tower[1]) : 8
    return 2 * parameters + 4 * sizes.items * (firstLayer + spec.gmfWidth)
  }

  /// Scores of a block of 8 users against everything, for each thread.
  private var catalogueScores: Int { threads * 8 * 4 * sizes.items }

  /// The same, and who has each item.
  private var catalogueRows: Int {
    catalogueScores + 4 * sizes.interactions + 16 * sizes.items
      + threads * 8 * sizes.users
  }

  /// Candidates of every tested user, and the lists that they are put together from.
  private func candidates(lists: Int) -> Int {
    let one = 4 * job.evaluation.sampled
    return sizes.testedUsers * (lists * (one + 8) + one + 48)
  }

  /// Lists of the users that are scored together, and everyone's lists for coverage.
  private var lists: Int { (sizes.testedUsers + 2_048) * job.output.k * 8 }

  /// The second of each item's first event, by which hits of the lists that were live are counted.
  ///
  /// What is found goes to the server at once.
  private var counting: Int { 4 * sizes.items }

  /// The simple methods that the model is compared with.
  private var rivals: [BaselineSetup] {
    guard comparesRivals, job.evaluation.rivals else { return [] }
    return SimpleRivals.setups(job, factorization).map(\.setup)
  }

  /// The fullest moment of fitting a simple method, or of ranking by it, one after the other.
  private var comparing: Int {
    let log = LogSizes(
      interactions: sizes.interactions, users: sizes.users, items: sizes.items)
    let weights = job.source.isWeighted ? 4 * sizes.interactions : 0
    let fullest = rivals.map { setup in
      fitted(setup) + max(setup.options.fittingMemory(log, threads: threads), catalogueRows)
    }.max()
    return fullest.map { weights + 32 * sizes.users + $0 } ?? 0
  }

  /// What a simple method has learnt.
  private func fitted(_ setup: BaselineSetup) -> Int {
    switch setup.options.form {
    case .factors(let width): 4 * (sizes.users + sizes.items) * width
    case .neighbours(let most): 8 * sizes.items * min(most, sizes.items) + 8 * sizes.interactions
    }
  }

  /// A list of each simple method for each user of the sample; they are kept until they are published.
  private var rivalLists: Int {
    let users = min(sizes.users + sizes.outside, RivalList.mostUsers)
    return rivals.count * users * (48 + 4 * job.output.k)
  }

  /// What finding similar items takes.
  ///
  /// A copy of the embeddings by name, and vectors of items twice while they are put together; or each
  /// item's neighbours. And whose lists are made together.
  private var similarity: Int {
    if job.output.similar == 0 { return 0 }
    let own = job.neighbours != nil ? parameters : parameters + 8 * sizes.items * width(of: .item)
    return parameters + own + 16 * sizes.items + 2_048 * job.output.similar * 8
  }

  private static func padded(_ width: Int) -> Int { (width + 7) / 8 * 8 }
}

extension MemoryEstimate.Sizes {
  /// The sizes of a log without repeats, where only these numbers are known.
  package init(rows: Int, users: Int, items: Int) {
    self.init(
      rows: rows, events: rows, interactions: rows, users: users, items: items,
      testedUsers: min(users, rows / 3))
  }
}
