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
    guard slotsOfRows.isEmpty else { return }
    let groups = plan.firstGroup(ofPart: worker)..<plan.firstGroup(ofPart: worker + 1)
    let samples = groups.lowerBound * groupSize..<groups.upperBound * groupSize
    moveRows(
      store.users, plan.userRows, userGradient.buffer, plan.userFeatures, firstIn: groups, step)
    moveRows(
      store.items, plan.itemRows, itemGradient.buffer, plan.itemFeatures, firstIn: samples, step)
  }

  /// Second half of a step: a worker's share of all other parameters that the batch touches.
  func move(plan: BatchPlan, shards: Int, worker: Int, step: AdamStep) {
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
  func moveFeatures(plan: BatchPlan, worker: Int, step: AdamStep) {
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
