import Interactions
import Jobs
import Recommenders
import RunSupport
import Source
import Store

extension Gate {
  /// What the decision rests on.
  struct Figures: Equatable {
    /// Whether every loss and every parameter was a finite number.
    var isFinite: Bool
    /// Whole-catalogue NDCG of each tested user, of the new model.
    var challenger: [Double]
    /// The same of the new model as it is held against the live one: in the form that is stored, before
    /// a refit, and on the users whose holdout the live model has not learnt.
    var stored: [Double]?
    /// The same of ItemPop, for the same users in the same order; nil when ItemPop is the new model.
    var itemPop: [Double]?
    /// The same of the live model, for those users; nil when there is none or it can't be scored.
    var live: [Double]?
    /// Share of the catalogue in the tested users' lists, of the new model.
    var coverage: Double
    /// The same of the live run; nil when it is not known.
    var liveCoverage: Double?
    /// Users with an interaction.
    var users: Int
    /// Rows that would be published; as many places of a list count as both runs' lists have.
    var rows: Int
    /// Users of the live run.
    var liveUsers: Int?
    /// Rows of the live run, counted likewise.
    var liveRows: Int?
    /// Whether everybody gets the popular list since a search found nothing better.
    var isPopularList = false
  }
}

extension Gate.Figures {
  /// Collects the figures of a run and of the one that it is compared with.
  ///
  /// - Parameters:
  ///   - trained: the run's model.
  ///   - evaluated: how good it is.
  ///   - pulled: what was pulled.
  ///   - live: the figures of the run that it is compared with; nil for none.
  ///   - context: the run.
  init(
    _ trained: Trained, _ evaluated: Evaluated, _ pulled: Dataset, against live: LiveFigures?,
    _ context: RunContext
  ) {
    let k = context.job.output.k
    self.init(
      isFinite: trained.model.isFinite, challenger: evaluated.ndcg, stored: evaluated.storedNDCG,
      itemPop: evaluated.itemPopNDCG, live: evaluated.liveNDCG, coverage: evaluated.coverage,
      // Models of two kinds cover the catalogue differently.
      liveCoverage: live?.model == context.job.label ? live?.coverage : nil,
      users: pulled.counts.users,
      // Lists that were made shorter or longer on purpose have not lost or gained users.
      rows: pulled.serving.rows(k: min(k, live?.k ?? k)), liveUsers: live?.users,
      liveRows: live?.rows, isPopularList: context.publishesPopularLists)
  }
}
