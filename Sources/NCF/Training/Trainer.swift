package import Interactions
import Lanes
package import Parallelism
import Settings

/// Trains one model by mini-batches, on several threads, to the same bits with any number of them.
///
/// A batch is cut into shards by its size alone. In the first half of a step each shard runs forward
/// and back and leaves its gradients in places of its own; in the second half each parameter is moved
/// once, by whoever owns it, with the gradients summed in the order of samples and shards. That
/// second half is the one place where sums cross shards.
package final class Trainer: @unchecked Sendable {
  /// What an epoch came to.
  package struct EpochFigures: Sendable {
    /// Mean loss of the epoch's samples or pairs, without L2.
    package let loss: Double
    /// Samples trained on, positives and negatives.
    package let samples: Int
  }

  /// How far an epoch is.
  struct Place: Sendable, Equatable {
    /// The epoch, from 1.
    var epoch: Int
    /// Positives that it has been through, in its order.
    var position = 0
    /// The sum of their losses.
    var loss = 0.0
  }

  let store: ParameterStore
  private let sampler: NegativeSampler
  private let positives: UserItems
  let options: TrainingOptions
  private let weights: [Float]
  private let known: KnownNegatives?
  private let owners: InteractionOwners
  let pool: WorkerPool
  private let seed: UInt64
  let groupSize: Int
  private let groupsPerBatch: Int
  let phase: PhaseOptions
  private(set) var learningRate: Float
  let tiling: Tiling
  /// Steps taken, in all epochs together.
  private(set) var step = 0
  /// How far the epoch at hand is; nil between two epochs.
  private(set) var place: Place?

  let plans: [BatchPlan]
  let workspaces: [TileWorkspace]
  let userGradient: Storage<Float>
  let itemGradient: Storage<Float>
  let denseGradients: [Storage<Float>]
  /// Their sum: each worker writes the same part of it in every step, so it stays in its cache.
  let denseSum: Storage<Float>
  let losses: Storage<Double>
  /// For dense Adam: 1 for each row that the batch at hand moves, else 0; users, then items.
  let touchedRows: [Storage<Int32>]
  /// For each worker: slots of rows that it is about to move.
  let slotsToMove: [Storage<Int32>]
  /// Where no row has features none is left out.
  let noDropped = Storage<Bool>(count: 0)
  /// A gradient of zeros, for rows that no sample touches.
  let noGradient: Storage<Float>
  /// What is summed into the rows of users and of items; nil where they have no features.
  let userFeatures: FeatureRows?
  let itemFeatures: FeatureRows?
  /// A feature's gradient, for each worker.
  let featureGradients: [Storage<Float>]

  /// Prepares to train a model with log loss and uniform negatives.
  ///
  /// - Parameters:
  ///   - model: where training starts; it is copied.
  ///   - positives: each user's training positives, of the model's users and items.
  ///   - weights: the weight of each positive's loss, in the order of `positives.items`; empty for 1.
  ///   - negatives: how many are drawn for each positive.
  ///   - batch: samples in a batch, rounded down to whole groups.
  ///   - phase: the optimiser and its rate.
  ///   - seed: what negatives and order follow from.
  ///   - pool: the threads.
  package convenience init(
    _ model: Model, positives: UserItems, weights: [Float] = [], negatives: Int, batch: Int,
    phase: PhaseOptions, seed: UInt64, pool: WorkerPool
  ) {
    self.init(
      model, positives: positives, weights: weights,
      options: TrainingOptions(
        pretrain: .none, alpha: 0.5, negatives: negatives, batch: batch, pretraining: phase,
        joint: phase, seed: seed),
      phase: phase, seed: seed, pool: pool)
  }

  /// Prepares to train a model.
  ///
  /// - Parameters:
  ///   - model: where training starts; it is copied.
  ///   - positives: each user's training positives, of the model's users and items.
  ///   - weights: the weight of each positive's loss, in the order of `positives.items`; empty for 1.
  ///   - known: what users have spoken against: drawn once an epoch on average, with its weight, in
  ///     the place of another negative.
  ///   - rejected: what is never drawn as a negative, the positives among it; nil: the positives.
  ///   - features: of all the model's users and items; the model has a row for each of them.
  ///   - options: objective, negatives, batch, regularisation; the rest is not looked at.
  ///   - phase: the optimiser and its rate.
  ///   - seed: what negatives, order and dropout follow from.
  ///   - pool: the threads.
  package init(
    _ model: Model, positives: UserItems, weights: [Float] = [], known: KnownNegatives? = nil,
    rejected: UserItems? = nil, features: ContentFeatures? = nil,
    options: TrainingOptions, phase: PhaseOptions, seed: UInt64, pool: WorkerPool
  ) {
    precondition(
      known.map { $0.items.userCount == model.userCount } ?? true, "known negatives of other users")
    precondition(positives.userCount == model.userCount, "one list of positives for each user")
    precondition(
      rejected.map { $0.userCount == model.userCount } ?? true,
      "one list of what is rejected for each")
    precondition(weights.isEmpty || weights.count == positives.count, "one weight each, or none")
    let problem = options.settingProblems.first
    precondition(problem == nil, problem?.description ?? "")
    store = ParameterStore(model, optimizer: phase.optimizer, features: features)
    sampler = NegativeSampler(
      options.sampling, positives: rejected ?? positives, itemCount: model.itemCount)
    (self.positives, self.options, self.weights, self.known) = (positives, options, weights, known)
    owners = InteractionOwners(positives)
    (self.pool, self.seed, self.phase) = (pool, seed, phase)
    learningRate = phase.learningRate
    groupSize = options.groupSize
    groupsPerBatch = min(max(1, options.batch / groupSize), max(1, positives.count))
    tiling = Tiling(layout: store.layout, groups: groupsPerBatch, groupSize: groupSize)
    let groups = groupsPerBatch
    let size = groupSize
    let layout = store.layout
    let tile = tiling.groupsPerTile
    // A window of batches is drawn ahead, one batch a thread at a time.
    let window = max(2 * pool.threads, min(256, 65_536 / (groups * size)))
    let tiling = tiling
    func side(
      _ lists: FeatureLists?, _ table: ParameterStore.Table, _ salt: UInt64
    ) -> FeatureRows? {
      guard let lists, lists.count > 0 else { return nil }
      return FeatureRows(lists, table, ownDropout: options.ownDropout, salt: salt)
    }
    let userFeatures = side(features?.users, store.userFeatures, 0x7573_6572)
    let itemFeatures = side(features?.items, store.itemFeatures, 0x6974_656D)
    (self.userFeatures, self.itemFeatures) = (userFeatures, itemFeatures)
    plans = (0..<window).map { _ in
      BatchPlan(
        maximumGroups: groups, groupSize: size, tiling: tiling, parts: pool.threads,
        userFeatures: userFeatures, itemFeatures: itemFeatures)
    }
    featureGradients =
      features == nil ? [] : (0..<pool.threads).map { _ in Storage(count: layout.rowStride) }
    workspaces = (0..<pool.threads).map { _ in
      TileWorkspace(layout: layout, groupSize: size, capacity: tile, options: options)
    }
    userGradient = Storage(count: groups * layout.rowStride)
    itemGradient = Storage(count: groups * size * layout.rowStride)
    denseGradients = (0..<tiling.shards(ofGroups: groups)).map { _ in
      Storage(count: layout.denseCount)
    }
    denseSum = Storage(count: store.layout.denseCount)
    losses = Storage(count: denseGradients.count)
    slotsToMove = (0..<pool.threads).map { _ in Storage(count: groups * size) }
    touchedRows =
      phase.optimizer == .denseAdam
      ? [Storage(count: model.userCount), Storage(count: model.itemCount)] : []
    noGradient = Storage(count: layout.rowStride)
  }

  /// The parameters as they stand.
  package var model: Model { store.model }

  /// Trains on every positive once, in a new order with new negatives.
  ///
  /// An epoch that was stopped, or restored, half-way goes on where it was.
  ///
  /// - Parameters:
  ///   - epoch: from 1; numbers the order and the negatives (the same number gives the same ones)
  ///     and tells how far the learning rate has decayed.
  ///   - progress: gets the share of the epoch that is done, every few milliseconds, when `state` may
  ///     be taken; throws to stop.
  /// - Returns: the loss and the number of samples.
  /// - Throws: what `progress` throws.
  package func run(epoch: Int, progress: (Double) throws -> Void = { _ in }) throws
    -> EpochFigures
  {
    let source = EpochSource(
      sampler: sampler, positives: positives, weights: weights, known: known,
      negatives: options.negatives, owners: owners, seed: seed, epoch: epoch)
    learningRate = phase.learningRate(inEpoch: epoch)
    let positives = positives.count
    var now = Place(epoch: epoch)
    if let place, place.epoch == epoch { now = place }
    while now.position < positives {
      let end = min(positives, now.position + plans.count * groupsPerBatch)
      now.loss = runWindow(positions: now.position..<end, of: source, after: now.loss)
      now.position = end
      place = now
      try progress(Double(end) / Double(positives))
    }
    place = nil
    let samples = positives * groupSize
    let terms = positives * options.objective.terms(ofGroup: groupSize)
    return EpochFigures(loss: terms == 0 ? 0 : now.loss / Double(terms), samples: samples)
  }

  /// The shape of the model.
  var spec: ModelSpec { store.layout.spec }

  /// Where training stands; to be asked for while an epoch is at hand.
  package var state: State? {
    place.map { State(place: $0, step: step, memory: store.memory) }
  }

  /// Goes on from where another trainer of the same model, data and settings stood.
  ///
  /// - Parameter state: what it was; threads may be more or fewer than then.
  /// - Throws: `CheckpointError` when it can't have been of such a trainer.
  package func restore(_ state: State) throws(CheckpointError) {
    let place = state.place
    let batches = (positives.count + groupsPerBatch - 1) / max(groupsPerBatch, 1)
    let done = (place.position + groupsPerBatch - 1) / max(groupsPerBatch, 1)
    guard place.epoch >= 1, place.epoch <= phase.epochs,
      (0...positives.count).contains(place.position),
      place.position == positives.count || place.position % groupsPerBatch == 0,
      state.step == (place.epoch - 1) * batches + done
    else { throw CheckpointError("it stands between no two batches of this training") }
    try store.restore(state.memory)
    step = state.step
    self.place = place
  }

  /// Draws the batches of a window, then trains on them one after the other.
  ///
  /// - Returns: `loss` and the losses of the window's batches, added one by one, so that the sum doesn't
  ///   depend on how many batches a window has.
  private func runWindow(
    positions: Range<Int>, of source: EpochSource, after loss: Double
  ) -> Double {
    let batches = (positions.count + groupsPerBatch - 1) / groupsPerBatch
    let barrier = SpinBarrier(parties: pool.threads)
    let firstStep = step
    let sum = Storage<Double>([loss])
    pool.run { [self] worker in
      for batch in stride(from: worker, to: batches, by: pool.threads) {
        let start = positions.lowerBound + batch * groupsPerBatch
        plans[batch].prepare(
          positions: start..<min(positions.upperBound, start + groupsPerBatch), of: source)
      }
      barrier.wait()
      for batch in 0..<batches {
        let plan = plans[batch]
        let shards = tiling.shards(ofGroups: plan.groups)
        let adam = AdamStep(step: firstStep + batch + 1, learningRate: learningRate)
        for shard in plan.firstShard(ofPart: worker)..<plan.firstShard(ofPart: worker + 1) {
          runShard(shard, plan: plan, workspace: workspaces[worker])
        }
        moveOwn(plan: plan, worker: worker, step: adam)
        barrier.wait()
        move(plan: plan, shards: shards, worker: worker, step: adam)
        if worker == 0 {
          for shard in 0..<shards { sum.buffer[0] += losses.buffer[shard] }
        }
        barrier.wait()
        if userFeatures == nil && itemFeatures == nil { continue }
        moveFeatures(plan: plan, worker: worker, step: adam)
        barrier.wait()
      }
    }
    step += batches
    return withExtendedLifetime(sum) { sum.buffer[0] }
  }
}
