import Experiments
import Jobs
import Operations

/// Trials kept in the database, as experiments see them.
final class KeptTrials: TrialStore {
  private let store: ExperimentStore
  private let data: ExperimentData
  private let fingerprint: String

  init(_ store: ExperimentStore, data: ExperimentData) {
    self.store = store
    self.data = data
    fingerprint = data.fingerprint
  }

  func results(of keys: [String]) throws -> [String?] {
    try store.results(of: keys, data: fingerprint)
  }

  func keep(_ trial: Trial, key: String, result: TrialResult) throws {
    func figures(_ ranks: PackedRanks?) -> (hr: Double, ndcg: Double)? {
      ranks.map { $0.figures(k: data.k) }.map { ($0.hr, $0.ndcg) }
    }
    let row = ExperimentStore.Row(
      method: trial.label, seed: trial.seed, seconds: result.seconds,
      validation: (result.validation.hr, result.validation.ndcg),
      sampled: figures(result.sampled), full: figures(result.full), result: try result.text())
    try store.keep(row, key: key, data: fingerprint)
  }
}

extension ExperimentData {
  /// The pulled log, judged as the job says.
  init(_ log: ExperimentLog, _ job: Job) {
    self.init(
      table: log.table, isWeighted: log.isWeighted, known: log.negatives, features: log.features,
      given: log.given.map { GivenCandidates(candidates: $0.candidates, hasLine: $0.hasLine) },
      sampled: job.evaluation.sampled, k: job.evaluation.k)
  }
}
