package import Jobs
import Pipeline
import Ranking
package import Recommenders
import RunSupport
import Source

extension ExperimentStore {
  /// Searches the job's log for the best method, as a night with `model: auto` does, and then on among random
  /// settings of the network.
  ///
  /// - Parameters:
  ///   - limits: time and trials; memory is bounded by what is free.
  ///   - report: hears of the trials; what it throws ends the search.
  /// - Returns: the best method. Finished trials are kept, and taken over by a later search.
  /// - Throws: `BatchError`; 65 when nobody can be tested.
  package func search(
    _ limits: MethodSearch.Limits, report: @escaping (SearchEvent) throws -> Void
  ) throws(BatchError) -> MethodChoice {
    try BatchError.mapping(experiment) {
      let pulled = try read()
      let inputs = SearchInputs(pulled, context)
      var limits = limits
      limits.memory = MemoryBudget.bytes.map { $0 - MemoryBudget.resident }
      let search = MethodSearch(
        inputs.latest.data, network: Method.Network(job), validation: inputs.latest.validation,
        windows: inputs.windows, limits: limits,
        k: job.evaluation.k, seed: context.seed, pool: context.pool, clock: context.clock,
        report: report)
      let split = inputs.horizon.map { "clock \($0) s" } ?? "latest"
      let memory = TrialMemory(
        self, data: "\(pulled.contentFingerprint), split \(split), k \(job.evaluation.k)")
      (search.memory, search.drawsOn) = (memory, true)
      return try search.run()
    }
  }
}

/// Trials of a search, kept in `ncf.trials`.
private final class TrialMemory: SearchMemory {
  private let store: ExperimentStore
  private let data: String
  /// Decided anew by each search.
  var oneIn: Int?

  init(_ store: ExperimentStore, data: String) { (self.store, self.data) = (store, data) }

  func trial(_ key: String) throws -> FinishedTrial? {
    try store.results(of: [key], data: data)[0].map { try FinishedTrial(json: $0) }
  }

  func keep(_ trial: FinishedTrial, key: String) throws {
    let k = store.job.evaluation.k
    try store.keep(
      key, data: data, method: trial.method.label, seed: store.context.seed,
      seconds: trial.seconds,
      figures: [(trial.ranks.mean(.hr, k: k), trial.ranks.mean(.ndcg, k: k)), nil, nil],
      result: try trial.json())
  }
}
