import Interactions
import NCF
import Parallelism
import Ranking

/// Times epochs of training, and scoring of every user against every item.
struct EngineBench {
  private let figures: Figures
  private let table: InteractionTable
  private let split: HoldoutSplit
  private let repeats: Int

  init(_ figures: Figures, table: InteractionTable, repeats: Int) {
    (self.figures, self.table, self.repeats) = (figures, table, repeats)
    split = HoldoutSplit(table, UserSequences(firstEventsOf: table))
  }

  /// NeuMF with a tower of `[8f, 4f, 2f, f]`, as the published figures use it.
  static func spec(factors: Int) -> ModelSpec {
    ModelSpec(gmfWidth: factors, tower: [8 * factors, 4 * factors, 2 * factors, factors])
  }

  /// Samples a second, positives and negatives, with Adam and 4 negatives.
  func training(factors: Int, batch: Int, pool: WorkerPool) throws {
    // A share of the positives is enough where an epoch takes long.
    let users = factors >= 32 ? table.userCount / factors * 8 : table.userCount
    let positives = UserItems(
      offsets: Array(split.training.offsets[...users])
        + Array(
          repeating: split.training.offsets[users], count: split.training.userCount - users),
      items: Array(split.training.items[..<split.training.offsets[users]]))
    let trainer = Trainer(
      Model(
        spec: Self.spec(factors: factors), userCount: table.userCount, itemCount: table.itemCount,
        seed: 1),
      positives: positives, negatives: 4, batch: batch,
      phase: PhaseOptions(optimizer: .adam, learningRate: 0.001, epochs: 1, patience: 1), seed: 1,
      pool: pool)
    var epoch = 0
    try figures.rate(
      "training", "NeuMF-\(factors), batch \(batch), \(pool.threads) threads", unit: "samples/s",
      repeats: repeats
    ) {
      epoch += 1
      return Double(try trainer.run(epoch: epoch).samples)
    }
  }

  /// Pairs a second, from parameters to everyone's best 10 with the history left out.
  func scoring(factors: Int, pool: WorkerPool) {
    score("NeuMF-\(factors), top 10", Self.spec(factors: factors), pool: pool)
  }

  /// The same without a tower, and what it costs to make probabilities of scores.
  func logSums(factors: Int, pool: WorkerPool) {
    let factorization = ModelSpec(gmfWidth: factors, tower: [])
    score("MF-\(factors), top 10", factorization, pool: pool)
    score("MF-\(factors), top 10 and log sums", factorization, scale: 1, pool: pool)
  }

  private func score(_ name: String, _ spec: ModelSpec, scale: Float? = nil, pool: WorkerPool) {
    let model = Model(
      spec: spec, userCount: table.userCount, itemCount: table.itemCount, seed: 1)
    let users = Array(0..<UInt32(table.userCount))
    figures.rate(
      "scoring", "\(name), \(pool.threads) threads", unit: "pairs/s", repeats: repeats
    ) {
      let lists = topK(
        NeuralScorer(model, pool: pool), users: users, k: 10, history: table.history, scale: scale,
        pool: pool)
      precondition(lists.count == users.count, "a list is missing")
      return Double(table.userCount) * Double(table.itemCount)
    }
  }
}
