private import Glibc
package import Interactions
package import Parallelism

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

  private let store: ParameterStore
  private let sampler: NegativeSampler
  private let positives: UserItems
  private let options: TrainingOptions
  private let weights: [Float]
  private let known: KnownNegatives?
  private let owners: InteractionOwners
  private let pool: WorkerPool
  private let seed: UInt64
  private let groupSize: Int
  private let groupsPerBatch: Int
  private let phase: PhaseOptions
  private var learningRate: Float
  private let tiling: Tiling
  private var step = 0

  private let plans: [BatchPlan]
  private let workspaces: [TileWorkspace]
  private let userGradient: Storage<Float>
  private let itemGradient: Storage<Float>
  private let denseGradients: [Storage<Float>]
  /// Their sum: each worker writes the same part of it in every step, so it stays in its cache.
  private let denseSum: Storage<Float>
  private let losses: Storage<Double>
  /// For dense Adam: the slot of each row of the batch at hand plus 1, else 0; users, then items.
  private let slotsOfRows: [Storage<Int32>]
  /// A gradient of zeros, for rows that no sample touches.
  private let noGradient: Storage<Float>
  /// What is summed into the rows of users and of items; nil where they have no features.
  private let userFeatures: FeatureRows?
  private let itemFeatures: FeatureRows?
  /// A feature's gradient, for each worker.
  private let featureGradients: [Storage<Float>]

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
    precondition(options.negatives >= 0 && options.batch >= 1, "a batch holds at least one sample")
    store = ParameterStore(model, optimizer: phase.optimizer, features: features)
    sampler = NegativeSampler(
      options.sampling, positives: rejected ?? positives, itemCount: model.itemCount)
    self.positives = positives
    self.options = options
    self.weights = weights
    self.known = known
    owners = InteractionOwners(positives)
    self.pool = pool
    self.seed = seed
    self.phase = phase
    learningRate = phase.learningRate
    groupSize = options.negatives + 1
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
    slotsOfRows =
      phase.optimizer == .denseAdam
      ? [Storage(count: model.userCount), Storage(count: model.itemCount)] : []
    noGradient = Storage(count: layout.rowStride)
  }

  /// The parameters as they stand.
  package var model: Model { store.model }

  /// Trains on every positive once, in a new order with new negatives.
  ///
  /// - Parameters:
  ///   - epoch: from 1; numbers the order and the negatives (the same number gives the same ones)
  ///     and tells how far the learning rate has decayed.
  ///   - progress: gets the share of the epoch that is done, every few milliseconds; throws to stop.
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
    var loss = 0.0
    var start = 0
    while start < positives {
      let end = min(positives, start + plans.count * groupsPerBatch)
      loss += runWindow(positions: start..<end, of: source)
      start = end
      try progress(Double(start) / Double(positives))
    }
    let samples = positives * groupSize
    let terms = positives * options.objective.terms(ofGroup: groupSize)
    return EpochFigures(loss: terms == 0 ? 0 : loss / Double(terms), samples: samples)
  }

  /// Draws the batches of a window, then trains on them one after the other.
  private func runWindow(positions: Range<Int>, of source: EpochSource) -> Double {
    let batches = (positions.count + groupsPerBatch - 1) / groupsPerBatch
    let barrier = SpinBarrier(parties: pool.threads)
    let firstStep = step
    let windowLoss = Storage<Double>(count: 1)
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
          for shard in 0..<shards { windowLoss.buffer[0] += losses.buffer[shard] }
        }
        barrier.wait()
        if userFeatures == nil && itemFeatures == nil { continue }
        moveFeatures(plan: plan, worker: worker, step: adam)
        barrier.wait()
      }
    }
    step += batches
    return withExtendedLifetime(windowLoss) { windowLoss.buffer[0] }
  }

  /// First half of a step: a shard's groups forward and back, tile by tile.
  private func runShard(_ shard: Int, plan: BatchPlan, workspace: TileWorkspace) {
    let gradient = denseGradients[shard].buffer
    gradient.clear(count: gradient.count)
    let context = TileWorkspace.Context(
      users: store.users, items: store.items, dense: store.dense.values,
      transposed: store.transposed, userGradient: userGradient.buffer,
      itemGradient: itemGradient.buffer, denseGradient: gradient, userFeatures: userFeatures,
      itemFeatures: itemFeatures)
    var group = tiling.firstGroup(ofShard: shard, groups: plan.groups)
    let end = tiling.firstGroup(ofShard: shard + 1, groups: plan.groups)
    var loss = 0.0
    while group < end {
      let next = min(end, group + workspace.capacity)
      loss += workspace.run(
        groups: group..<next, of: plan, in: context,
        scale: 1 / Float(plan.groups * options.objective.terms(ofGroup: groupSize)))
      group = next
    }
    losses.buffer[shard] = loss
  }

  /// Moves the rows that nobody but this worker's part of the batch refers to.
  ///
  /// No other thread reads them in this step, so they need not wait for the others; their gradients
  /// and the rows themselves are in this core's caches.
  private func moveOwn(plan: BatchPlan, worker: Int, step: AdamStep) {
    guard slotsOfRows.isEmpty else { return }
    let groups = plan.firstGroup(ofPart: worker)..<plan.firstGroup(ofPart: worker + 1)
    let samples = groups.lowerBound * groupSize..<groups.upperBound * groupSize
    moveRows(
      store.users, plan.userRows, userGradient.buffer, plan.userFeatures, firstIn: groups, step)
    moveRows(
      store.items, plan.itemRows, itemGradient.buffer, plan.itemFeatures, firstIn: samples, step)
  }

  /// Second half of a step: a worker's share of all other parameters that the batch touches.
  private func move(plan: BatchPlan, shards: Int, worker: Int, step: AdamStep) {
    if slotsOfRows.isEmpty {
      moveShared(
        store.users, plan.userRows, userGradient.buffer, plan.userFeatures, worker, step)
      moveShared(
        store.items, plan.itemRows, itemGradient.buffer, plan.itemFeatures, worker, step)
    } else {
      moveAllRows(
        store.users, plan.userRows, userGradient.buffer, plan.userFeatures, slotsOfRows[0].buffer,
        worker, step)
      moveAllRows(
        store.items, plan.itemRows, itemGradient.buffer, plan.itemFeatures, slotsOfRows[1].buffer,
        worker, step)
    }
    let blocks = store.layout.denseCount / 8
    let range =
      8 * (blocks * worker / pool.threads)..<8 * (blocks * (worker + 1) / pool.threads)
    let sum = denseSum.buffer
    sum.from(range.lowerBound).copy(
      from: denseGradients[0].buffer.from(range.lowerBound), count: range.count)
    for shard in denseGradients.indices.dropFirst() where shard < shards {
      let addend = denseGradients[shard].buffer
      for position in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
        sum.set(position, sum.vector(position) + addend.vector(position))
      }
    }
    addTowerDecay(to: sum, range)
    store.move(
      store.dense, row: 0, column: range.lowerBound, count: range.count,
      gradient: sum.from(range.lowerBound), step: step, learningRate: learningRate)
    for layer in store.layout.layers { store.refreshTransposed(layer, blocks: range) }
  }

  /// After the second half: a worker's share of the features that the batch's rows have.
  ///
  /// Only now is every row's gradient summed, whoever summed it.
  private func moveFeatures(plan: BatchPlan, worker: Int, step: AdamStep) {
    let sum = featureGradients[worker].buffer
    for (touches, gradients) in [
      (plan.userFeatures, userGradient.buffer), (plan.itemFeatures, itemGradient.buffer),
    ] {
      touches?.move(
        gradients, width: store.layout.rowStride, part: worker, of: pool.threads, sum: sum
      ) { table, row in
        store.move(
          table, row: row, count: store.layout.rowStride, gradient: sum, step: step,
          learningRate: learningRate)
      }
    }
  }

  /// Adds the gradient of the L2 of hidden weights that lie in a range of dense positions.
  private func addTowerDecay(to gradient: Buffer<Float>, _ range: Range<Int>) {
    guard options.l2Tower > 0 else { return }
    for layer in store.layout.layers {
      let own = range.clamped(to: layer.weights..<layer.bias)
      LayerKernels.add(
        store.dense.values.from(own.lowerBound), times: options.l2Tower,
        to: gradient.from(own.lowerBound), count: own.count)
    }
  }

  /// Moves the rows that are referred to in a range of references and nowhere else.
  private func moveRows(
    _ table: ParameterStore.Table, _ touched: TouchedRows, _ gradients: Buffer<Float>,
    _ features: FeatureTouches?, firstIn references: Range<Int>, _ step: AdamStep
  ) {
    let slots = touched.slots(firstIn: references)
    for slot in slots {
      if slot + 10 < slots.upperBound { table.prefetch(row: Int(touched.rows[slot + 10])) }
      if touched.ends(slot, before: references.upperBound) {
        move(table, touched, gradients, features, slot, step)
      }
    }
  }

  /// Moves a worker's share of the rows that several parts of the batch refer to.
  private func moveShared(
    _ table: ParameterStore.Table, _ touched: TouchedRows, _ gradients: Buffer<Float>,
    _ features: FeatureTouches?, _ worker: Int, _ step: AdamStep
  ) {
    let start = touched.sharedCount * worker / pool.threads
    let end = touched.sharedCount * (worker + 1) / pool.threads
    for place in start..<end {
      move(table, touched, gradients, features, Int(touched.shared[place]), step)
    }
  }

  /// Moves a slot's row, once, with its gradients summed in order, unless it was left out.
  @inline(__always)
  private func move(
    _ table: ParameterStore.Table, _ touched: TouchedRows, _ gradients: Buffer<Float>,
    _ features: FeatureTouches?, _ slot: Int, _ step: AdamStep
  ) {
    let gradient = sum(gradients, ofSlot: slot, touched)
    if let features, features.dropped[slot] { return }
    store.move(
      table, row: Int(touched.rows[slot]), count: store.layout.rowStride,
      gradient: gradient, step: step, learningRate: learningRate)
  }

  /// Moves a worker's share of all rows, those that the batch doesn't touch by their moments alone.
  private func moveAllRows(
    _ table: ParameterStore.Table, _ touched: TouchedRows, _ gradients: Buffer<Float>,
    _ features: FeatureTouches?, _ slots: Buffer<Int32>, _ worker: Int, _ step: AdamStep
  ) {
    let width = store.layout.rowStride
    let share =
      slots.count * worker / pool.threads..<slots.count * (worker + 1) / pool.threads
    for slot in 0..<touched.count where share.contains(Int(touched.rows[slot])) {
      slots[Int(touched.rows[slot])] = Int32(truncatingIfNeeded: slot) + 1
    }
    for row in share {
      let slot = Int(slots[row]) - 1
      var gradient = slot < 0 ? noGradient.buffer : sum(gradients, ofSlot: slot, touched)
      if slot >= 0, let features, features.dropped[slot] { gradient = noGradient.buffer }
      store.move(
        table, row: row, count: width, gradient: gradient, step: step,
        learningRate: learningRate)
      slots[row] = 0
    }
  }

  /// Sums the gradients of a slot's row in the order of their samples; the sum takes the first's place.
  @inline(__always)
  private func sum(
    _ gradients: Buffer<Float>, ofSlot slot: Int, _ touched: TouchedRows
  ) -> Buffer<Float> {
    let width = store.layout.rowStride
    let first = Int(touched.first[slot])
    let sum = gradients.from(first * width)
    var other = touched.next[first]
    while other >= 0 {
      let addend = gradients.from(Int(other) * width)
      for column in stride(from: 0, to: width, by: 8) {
        sum.set(column, sum.vector(column) + addend.vector(column))
      }
      other = touched.next[Int(other)]
    }
    return sum
  }
}

/// How a batch is cut: into shards that threads take, and tiles that fit the caches.
struct Tiling: Sendable {
  let groupsPerTile: Int
  private let groupSize: Int

  init(layout: ParameterLayout, groups: Int, groupSize: Int) {
    // Wide towers want taller tiles: the weights are read once a tile.
    let widest = layout.layers.map { $0.input * $0.output }.max() ?? 0
    let samples = widest > 32_768 ? 512 : 128
    groupsPerTile = min(groups, max(1, (samples + groupSize - 1) / groupSize))
    self.groupSize = groupSize
  }

  /// The first group of a shard; the number of groups for the shard after the last.
  func firstGroup(ofShard shard: Int, groups: Int) -> Int {
    groups * shard / shards(ofGroups: groups)
  }

  /// How many shards a batch has; it depends on the batch alone, never on the threads.
  func shards(ofGroups groups: Int) -> Int {
    min(groups, max(1, min(16, (groups * groupSize + 64) / 128)))
  }
}
