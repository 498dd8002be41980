import Interactions
import Recommenders
import RunSupport
import Source
import Store

/// The live run's model beside a new one, on those holdouts that it has not learnt itself.
///
/// A backfill that ends before the live run did is tested on what the live model was trained on, and
/// so are users of whom rows were deleted. There the live model would win by what it has seen.
struct Rival {
  /// The model.
  let model: LiveModel
  /// Each user's index in the model, none for users that it doesn't know.
  let users: IndexMap
  /// Each item's index in the model.
  let items: IndexMap
  /// Each user's test item that it has not learnt; -1 for the others.
  let test: [Int32]
  /// The same of validation items.
  let validation: [Int32]

  /// Compares what the model has learnt with what a dataset holds out.
  ///
  /// - Parameters:
  ///   - model: the live run's.
  ///   - run: its number.
  ///   - watermark: the run's, as `ncf.runs` has it; nil for a backfill, which keeps its own.
  ///   - pulled: the new run's dataset.
  ///   - split: what it holds out.
  init(
    _ model: LiveModel, run: Int64, watermark: Int64?, pulled: Dataset, split: HoldoutSplit
  ) {
    self.model = model
    guard let knowledge = model.knowledge else {
      users = pulled.users.indices(in: model.users)
      items = pulled.items.indices(in: model.items)
      (test, validation) = (split.test, split.validation)
      return
    }
    let news = News(
      pulled,
      since: Parent(
        run: run, stored: model, knowledge: knowledge,
        watermark: knowledge.limit(watermark), nights: 0, isSameJob: true, obstacle: nil))
    (users, items) = (news.users, news.items)
    test = news.unlearnt(split.test, at: split.later?.seconds)
    validation = news.unlearnt(split.validation)
  }
}

extension Rival {
  /// Reads a run's model.
  ///
  /// - Parameters:
  ///   - run: the run's number; nil for none.
  ///   - parent: the run that the new one goes on from, whose model has been read already.
  ///   - divided: what the new run is trained on, and what it holds out.
  ///   - context: the new run; it is warned when there is no model that can be used.
  /// - Returns: nil when there is none that can be used.
  /// - Throws: `BatchError`, `PostgresError`: a server that can't be asked is no reason to let a model
  ///   pass.
  static func load(
    run: Int64?, parent: Parent?, _ divided: Divided, _ context: RunContext
  ) throws -> Rival? {
    guard let run else { return nil }
    let (pulled, split) = (divided.dataset, divided.split)
    if let parent, parent.run == run {
      return Rival(
        parent.stored, run: run, watermark: parent.watermark, pulled: pulled, split: split)
    }
    do {
      let found = try context.connected(for: "evaluate") { connection in
        try ModelStore(on: connection).load(run: run).map { model in
          Rival(
            model, run: run, watermark: try LineageReader(on: connection).watermark(of: run),
            pulled: pulled, split: split)
        }
      }
      if let found { return found }
      context.warning("the live run \(run) has no stored model to compare with")
    } catch let error as DamagedModel {
      context.warning("the stored model of the live run \(run) can't be used: \(error)")
    }
    return nil
  }
}

extension News {
  /// Holdouts without those that the parent has learnt; -1 stands for none.
  ///
  /// - Parameters:
  ///   - holdout: each user's item, -1 for none.
  ///   - seconds: the moments of holdouts beyond the table; nil for holdouts of the table.
  /// - Returns: a holdout for each user.
  func unlearnt(_ holdout: [Int32], at seconds: [UInt32]? = nil) -> [Int32] {
    holdout.indices.map { user in
      guard holdout[user] >= 0 else { return -1 }
      if let seconds { return isWithin(seconds[user]) ? -1 : holdout[user] }
      let rows = table.offsets[user]..<table.offsets[user + 1]
      let row = rows.first { Int32(table.items[$0]) == holdout[user] }
      return row.map { isLearnt(user, $0) } == true ? -1 : holdout[user]
    }
  }
}
