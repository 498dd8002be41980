import Baselines
import Foundation
import Interactions
import NCF
import Parallelism
import Ranking

/// How often items are taken that are published with a score: expected hits beside actual ones, by tenths.
///
/// The calibration is fitted to one half of the tested users and held against the other half's lists.
struct ScoreBench {
  private let figures: Figures
  private let split: HoldoutSplit
  private let itemCount: Int
  private let pool: WorkerPool
  private static let k = 10

  init(_ figures: Figures, table: InteractionTable, pool: WorkerPool) {
    (self.figures, self.pool) = (figures, pool)
    split = HoldoutSplit(table, UserSequences(firstEventsOf: table))
    itemCount = table.itemCount
  }

  /// Trains a network, a factorisation and counts, and adds what their scores came to.
  func run() throws {
    let known = split.beforeTest
    let phase = PhaseOptions(optimizer: .adam, learningRate: 0.002, epochs: 6, patience: 6)
    let trainer = Trainer(
      Model(
        spec: EngineBench.spec(factors: 16), userCount: known.userCount, itemCount: itemCount,
        seed: 1), positives: known, negatives: 4, batch: 1_024, phase: phase, seed: 1, pool: pool)
    for epoch in 1...phase.epochs { _ = try trainer.run(epoch: epoch) }
    add("NeuMF", NeuralScorer(trainer.model, pool: pool))
    add(
      "iALS",
      try ALSOptions().factorize(
        known, weights: [], itemCount: itemCount, pool: pool, report: { _ in }))
    add("ItemPop", ItemPop(positives: known, itemCount: itemCount))
  }

  /// A listed item: what is published of it, and whether the user took it.
  private struct Listed {
    let score: Double
    let isTaken: Bool
  }

  private func add(_ name: String, _ scorer: some Scorer) {
    let (fitted, judged) = (half(0), half(1))
    let calibration = Calibration(
      of: scorer, holdout: fitted, known: split.beforeTest, k: Self.k,
      pool: pool
    ) {}
    let users = judged.indices.filter { judged[$0] >= 0 }.map { UInt32($0) }
    let lists = topK(
      scorer, users: users, k: Self.k, history: split.beforeTest, scale: calibration.scale,
      pool: pool)
    var listed: [Listed] = []
    for list in 0..<lists.count {
      let own = UInt32(judged[Int(lists.users[list])])
      for (place, position) in lists.range(ofList: list).enumerated() {
        let score = calibration.probability(
          of: lists.scores[position], logSum: lists.logSums.isEmpty ? nil : lists.logSums[list],
          rank: place + 1)
        listed.append(Listed(score: Double(score), isTaken: lists.items[position] == own))
      }
    }
    report("\(name), by \(calibration.kind.rawValue)", listed)
    print(name, calibration)
  }

  /// Test items of every second user.
  private func half(_ rest: Int) -> [Int32] {
    split.test.indices.map { $0 % 2 == rest ? split.test[$0] : -1 }
  }

  /// Adds expected and actual hits of each tenth of the listed items, the likeliest last.
  private func report(_ name: String, _ listed: [Listed]) {
    let sorted = listed.sorted { $0.score < $1.score }
    var loss = 0.0
    for one in sorted { loss -= one.isTaken ? log(one.score) : log(1 - one.score) }
    figures.add(
      "scores", "\(name), log loss of a listed item", [loss / Double(sorted.count)], unit: "nat")
    for tenth in 0..<10 {
      let part = sorted[sorted.count * tenth / 10..<sorted.count * (tenth + 1) / 10]
      let expected = part.reduce(0) { $0 + $1.score }
      let taken = Double(part.count(where: \.isTaken))
      figures.add("scores", "\(name), tenth \(tenth + 1), expected", [expected], unit: "hits")
      figures.add("scores", "\(name), tenth \(tenth + 1), actual", [taken], unit: "hits")
    }
  }
}
