import Baselines
import Interactions
import Jobs
import NCF
import Recommenders
import RunSupport
import Source

/// A copy of a model that learns what was held out from it.
///
/// A network takes it in by the steps of a fine-tune, with interactions that it knows beside it so that
/// it forgets none; a baseline is trained again on everything. A history block is not trained again by the
/// latest items: its users' states move on over what was held out. The copy is never gone on from: what it has
/// learnt would be the next night's test.
extension TrainStage {
  /// The copy that is tested after a refit of a fine-tune: it learns the validation items.
  ///
  /// - Throws: as `run` does.
  func absorbingValidation(_ model: Model) throws -> Model {
    let split = divided.split
    let replay = replay(
      held: split.validation.count { $0 >= 0 }, known: split.training.count, salt: 12)
    let positives = Positives(
      picking: divided.dataset.table, split, weighted: context.job.source.isWeighted,
      isRefit: true
    ) { _, row, standing in
      standing == .validation || (standing == .training && replay.takes(row))
    }
    return try training(positives, rejected: divided.beforeTest)
      .goOn(from: model, .finetune, context)
  }

  /// The copy that is published: it has learnt everything.
  ///
  /// - Parameter trained: the model that was tested.
  /// - Returns: a network, or the baseline trained again.
  /// - Throws: as `run` does.
  func absorbingEverything(_ trained: Trained) throws -> PublishedModel {
    let weighted = context.job.source.isWeighted
    guard case .network = method, case .network(let model) = trained.model else {
      let all = Positives(whole: pulled.table, weighted: weighted)
      var training = training(all, on: pulled, rejected: pulled.table.history)
      training.phaseName = Phase.absorb.rawValue
      // What was held out moves a user's states on; by the clock it may be of new items, and is learnt.
      let earlier = trained.history.map {
        divided.clock == nil ? FitGuide.Earlier.moved($0) : .repeated($0)
      }
      return PublishedModel(try training.refit(method, epochs: [:], earlier: earlier))
    }
    if let clock = divided.clock { return .network(try absorbing(model, from: clock.cut)) }
    let split = divided.split
    let held =
      split.test.count { $0 >= 0 } + (trained.isRefit ? 0 : split.validation.count { $0 >= 0 })
    let replay = replay(held: held, known: pulled.table.count - held, salt: 13)
    let positives = Positives(
      picking: pulled.table, split, weighted: weighted, isPublished: true
    ) { _, row, standing in
      standing == .test || (standing == .validation && !trained.isRefit) || replay.takes(row)
    }
    return .network(
      try training(positives, on: pulled, rejected: divided.history)
        .goOn(from: model, .absorb, context))
  }

  /// The copy that is published where the log is split by the clock: it learns all that is later.
  private func absorbing(_ model: Model, from cut: UInt32) throws -> Model {
    let (table, dataset) = (pulled.table, divided.dataset)
    let later = table.seconds.count { $0 >= cut }
    let replay = replay(held: later, known: table.count - later, salt: 13)
    let positives = Positives(
      picking: table, weighted: context.job.source.isWeighted
    ) { row in table.seconds[row] >= cut || replay.takes(row) }
    let start = model.grown(
      into: pulled, users: pulled.users.indices(in: dataset.users),
      items: pulled.items.indices(in: dataset.items), positives: table.history,
      features: dataset.features?.names, seed: context.seed)
    return try training(positives, on: pulled, rejected: table.history)
      .goOn(from: start, .absorb, context)
  }

  private func replay(held: Int, known: Int, salt: UInt64) -> Replay {
    Replay(
      wanted: min(1, context.job.nightly.replay) * Double(held), of: known,
      seed: context.seed &+ UInt64(bitPattern: pulled.times.latest) &+ salt)
  }
}
