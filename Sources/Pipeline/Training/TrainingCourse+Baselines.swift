import Baselines
import Interactions
import Jobs
import NCF
import Recommenders
import RunSupport

/// Baselines, and the factorisations among them that a network may start from.
extension TrainingCourse {
  func baseline(_ method: Job.Method) throws -> PublishedModel {
    if let options = job.baselines.factorization(method) {
      return .network(Model(factors: try factorize(method.rawValue, options)))
    }
    switch method {
    case .itempop: return .network(Model(factors: try popularity()))
    case .itemknn:
      return .neighbours(
        try iterations("itemknn", 1) { report in
          let model = ItemKNN(
            positives: positives.items, weights: positives.weights, itemCount: itemCount,
            options: job.baselines.itemknn, pool: context.pool)
          try report(1)
          return model
        } judging: {
          $0
        })
    default: throw BatchError(.software, "a network is no baseline")
    }
  }

  /// Factorises, with the run's seed.
  func factorize(_ name: String, _ options: any FactorizationOptions) throws -> MatrixFactors {
    var options = options
    options.seed = context.seed
    do {
      return try factorization(name, options.iterations) {
        try options.factorize(
          positives.items, weights: positives.weights, itemCount: itemCount, pool: context.pool,
          report: $0)
      }
    } catch let error as FactorizationError {
      throw BatchError(error)
    }
  }

  /// What most users have, as a factorisation of width 1: everyone's 1 against an item's count.
  private func popularity() throws -> MatrixFactors {
    try factorization("itempop", 1) { report in
      let counts = ItemPop(positives: positives.items, itemCount: itemCount).counts
      try report(1)
      return MatrixFactors(
        width: 1, userCount: userCount, itemCount: itemCount,
        users: [Float](repeating: 1, count: userCount), items: counts.map { Float($0) })
    }
  }

  private func factorization(
    _ name: String, _ count: Int,
    _ body: ((_ iteration: Int) throws -> Void) throws -> MatrixFactors
  ) throws -> MatrixFactors {
    try iterations(name, count, body) { NeuralScorer(Model(factors: $0), pool: context.pool) }
  }

  /// Runs a baseline; records each iteration, and with the last one how good the result is.
  private func iterations<Result>(
    _ name: String, _ count: Int,
    _ body: ((_ iteration: Int) throws -> Void) throws -> Result,
    judging scorer: (Result) -> some Scorer
  ) throws -> Result {
    let start = context.clock()
    var began = start
    var last = (iteration: 0, seconds: 0.0)
    func row(_ quality: (hr: Double, ndcg: Double)?) -> EpochRecord {
      EpochRecord(
        phaseName ?? name, last.iteration, quality, seconds: last.seconds,
        samples: positives.items.count, isBest: quality != nil, isRefit: positives.isRefit)
    }
    let result = try body { iteration in
      let seconds = context.clock() - began
      try context.interruption.check()
      if last.iteration > 0 { try record(row(nil)) }
      last = (iteration, seconds)
      context.progress(
        .train, "\(title(name)), \(count) iterations", done: iteration, of: count, since: start,
        unit: "iterations")
      began = context.clock()
    }
    try write(row(positives.isRefit ? nil : validation?.figures(scorer(result))))
    return result
  }
}
