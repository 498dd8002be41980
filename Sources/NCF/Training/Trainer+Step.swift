import Lanes
import Parallelism

/// The two halves of a step.
extension Trainer {
  /// First half of a step: a shard's groups forward and back, tile by tile.
  func runShard(_ shard: Int, plan: BatchPlan, workspace: TileWorkspace) {
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
  func moveOwn(plan: BatchPlan, worker: Int, step: AdamStep) {
    guard touchedRows.isEmpty else { return }
    let step = store.optimizerStep(step, learningRate: learningRate)
    let groups = plan.firstGroup(ofPart: worker)..<plan.firstGroup(ofPart: worker + 1)
    let samples = groups.lowerBound * groupSize..<groups.upperBound * groupSize
    moveRows(
      store.users, plan.userRows, userGradient.buffer, plan.userFeatures, firstIn: groups, worker,
      step)
    moveRows(
      store.items, plan.itemRows, itemGradient.buffer, plan.itemFeatures, firstIn: samples, worker,
      step)
  }

  /// Second half of a step: a worker's share of all other parameters that the batch touches.
  func move(plan: BatchPlan, shards: Int, worker: Int, step: AdamStep) {
    let step = store.optimizerStep(step, learningRate: learningRate)
    if touchedRows.isEmpty {
      moveShared(
        store.users, plan.userRows, userGradient.buffer, plan.userFeatures, worker, step)
      moveShared(
        store.items, plan.itemRows, itemGradient.buffer, plan.itemFeatures, worker, step)
    } else {
      moveAllRows(
        store.users, plan.userRows, userGradient.buffer, plan.userFeatures, touchedRows[0].buffer,
        worker, step)
      moveAllRows(
        store.items, plan.itemRows, itemGradient.buffer, plan.itemFeatures, touchedRows[1].buffer,
        worker, step)
    }
    let blocks = store.layout.denseCount / 8
    let range =
      8 * (blocks * worker / pool.threads)..<8 * (blocks * (worker + 1) / pool.threads)
    let sum = denseSum.buffer
    sum.from(range.lowerBound).copy(
      from: denseGradients[0].buffer.from(range.lowerBound), count: range.count)
    for shard in denseGradients.indices.dropFirst() where shard < shards {
      LayerKernels.add(
        denseGradients[shard].buffer.from(range.lowerBound), times: 1,
        to: sum.from(range.lowerBound), count: range.count)
    }
    addTowerDecay(to: sum, range)
    store.move(
      store.dense, row: 0, column: range.lowerBound, count: range.count,
      gradient: sum.from(range.lowerBound), step: step)
    for layer in store.layout.layers { store.refreshTransposed(layer, blocks: range) }
  }

  /// After the second half: a worker's share of the features that the batch's rows have.
  ///
  /// Only now is every row's gradient summed, whoever summed it.
  func moveFeatures(plan: BatchPlan, worker: Int, step: AdamStep) {
    let step = store.optimizerStep(step, learningRate: learningRate)
    let sum = featureGradients[worker].buffer
    for (touches, gradients) in [
      (plan.userFeatures, userGradient.buffer), (plan.itemFeatures, itemGradient.buffer),
    ] {
      touches?.move(
        gradients, width: store.layout.rowStride, part: worker, of: pool.threads, sum: sum
      ) { table, row in
        store.move(
          table, row: row, count: store.layout.rowStride, gradient: sum, step: step)
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
    _ features: FeatureTouches?, firstIn references: Range<Int>, _ worker: Int,
    _ step: OptimizerStep
  ) {
    let slots = slotsToMove[worker].buffer
    var count = 0
    for slot in touched.slots(firstIn: references)
    where touched.ends(slot, before: references.upperBound) {
      slots[count] = Int32(truncatingIfNeeded: slot)
      count += 1
    }
    move(table, touched, slots, count, gradients, features, step)
  }

  /// Moves a worker's share of the rows that several parts of the batch refer to.
  private func moveShared(
    _ table: ParameterStore.Table, _ touched: TouchedRows, _ gradients: Buffer<Float>,
    _ features: FeatureTouches?, _ worker: Int, _ step: OptimizerStep
  ) {
    let start = touched.sharedCount * worker / pool.threads
    let end = touched.sharedCount * (worker + 1) / pool.threads
    move(table, touched, touched.shared.from(start), end - start, gradients, features, step)
  }

  /// Moves the rows of slots, each once, with its gradients summed in order, unless it was left out.
  private func move(
    _ table: ParameterStore.Table, _ touched: TouchedRows, _ slots: Buffer<Int32>, _ count: Int,
    _ gradients: Buffer<Float>, _ features: FeatureTouches?, _ step: OptimizerStep
  ) {
    let moves = RowMoves(
      slots: slots, count: count, rows: touched.rows, first: touched.first, next: touched.next,
      dropped: features?.dropped ?? noDropped.buffer)
    store.move(table, moves, gradients: gradients, step: step)
  }

  /// Moves a worker's share of all rows, those that the batch doesn't touch by their moments alone.
  private func moveAllRows(
    _ table: ParameterStore.Table, _ touched: TouchedRows, _ gradients: Buffer<Float>,
    _ features: FeatureTouches?, _ isTouched: Buffer<Int32>, _ worker: Int, _ step: OptimizerStep
  ) {
    let share =
      isTouched.count * worker / pool.threads..<isTouched.count * (worker + 1) / pool.threads
    let slots = slotsToMove[worker].buffer
    var count = 0
    for slot in 0..<touched.count where share.contains(Int(touched.rows[slot])) {
      slots[count] = Int32(truncatingIfNeeded: slot)
      count += 1
      let isDropped = features.map { $0.dropped[slot] } ?? false
      isTouched[Int(touched.rows[slot])] = isDropped ? 0 : 1
    }
    move(table, touched, slots, count, gradients, features, step)
    for row in share {
      if isTouched[row] == 0 {
        store.move(
          table, row: row, count: store.layout.rowStride, gradient: noGradient.buffer, step: step)
      }
      isTouched[row] = 0
    }
  }
}
