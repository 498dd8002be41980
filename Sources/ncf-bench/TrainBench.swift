import ArgumentParser
import Interactions
import NCF
import Parallelism
import Ranking

/// Times training epochs of one shape and batch.
struct TrainBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Times epochs of training.")

  @Argument(help: "A log: lines of user, item, seconds, tab-separated, ids from 0.")
  var log: String
  @Option(help: "Predictive factors; the tower is [8f, 4f, 2f, f].") var factors = 8
  @Option(help: "Samples in a batch.") var batch = 256
  @Option(help: "Threads.") var threads = 2
  @Option(help: "Epochs.") var epochs = 3
  @Option(help: "Learning rate.") var rate: Float = 0.001
  @Flag(help: "Rank the test items after each epoch.") var judge = false

  func run() throws {
    let table = try LogFile.table(log)
    let split = LeaveOneOutSplit(table)
    let pool = WorkerPool(threads: threads)
    let spec = ModelSpec(
      gmfWidth: factors, tower: [8 * factors, 4 * factors, 2 * factors, factors])
    let fresh = Model(
      spec: spec, userCount: table.userCount, itemCount: table.itemCount, seed: 1)
    let trainer = Trainer(
      fresh, positives: split.training, negatives: 4, batch: batch,
      phase: PhaseOptions(optimizer: .adam, learningRate: rate, epochs: epochs, patience: epochs),
      seed: 1, pool: pool)
    let clock = ContinuousClock()
    for epoch in 1...epochs {
      var figures: Trainer.EpochFigures?
      let elapsed = try clock.measure { figures = try trainer.run(epoch: epoch) }
      guard let figures else { return }
      let seconds = elapsed / .seconds(1)
      print(
        "epoch \(epoch) loss \(figures.loss) seconds \(seconds) "
          + "samples_per_second \(Int(Double(figures.samples) / seconds))")
      if judge {
        let scorer = NeuralScorer(trainer.model, pool: pool)
        let candidates = Candidates.drawn(
          99, users: split.testUsers, outside: table.history, itemCount: table.itemCount, seed: 1,
          pool: pool)
        let ranks = HoldoutRanks.sampled(
          scorer, holdout: split.test, candidates: candidates, pool: pool)
        let hits = ranks.ranks.filter { $0 >= 0 && $0 < 10 }.count
        print("  HR@10 \(Double(hits) / Double(split.testUsers.count))")
      }
    }
  }
}
