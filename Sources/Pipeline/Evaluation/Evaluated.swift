import Jobs
import Ranking

/// How good a model is, and what the gate needs to know of it.
struct Evaluated {
  /// Rows of `ncf.metrics`.
  var metrics: [MetricRow]
  /// Whole-catalogue NDCG at `evaluate.k` of each tested user, of the new model.
  var ndcg: [Double]
  /// The same of the new model in the form that is stored, on the users that the live model is judged on;
  /// nil when there is no live model.
  var storedNDCG: [Double]?
  /// The same of ItemPop; nil when that is what is judged.
  var itemPopNDCG: [Double]?
  /// The same of the live model, on the users whose test item it has not learnt; nil when there was no
  /// model or there are no such users.
  var liveNDCG: [Double]?
  /// Share of the catalogue in the tested users' lists.
  var coverage: Double
  /// Users tested.
  var testedUsers: Int
  /// What makes probabilities of the new model's scores; nil when nobody could be tested.
  var calibration: Calibration?
}
