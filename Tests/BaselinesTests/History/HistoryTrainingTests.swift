import Interactions
import Kernels
import Parallelism
import Ranking
import Testing

@testable import Baselines

/// Training of the history block on made-up logs.
struct HistoryTrainingTests {
  static let itemCount = 60

  /// Users who go round the catalogue in steps of 1, with some places left out; nobody has an item twice.
  static let rounds: [[UInt32]] = (0..<700).map { user in
    var random = CounterRandom(seed: 8, stream: UInt64(user))
    var (item, list) = (random.uniform(below: itemCount), [UInt32]())
    for _ in 0..<6 + random.uniform(below: 20) {
      if random.uniform() < 0.85 { list.append(UInt32(item)) }
      item = (item + 1) % itemCount
    }
    return list
  }

  static func sequences(_ lists: [[UInt32]]) -> HistorySequences {
    var (offsets, items): ([Int], [UInt32]) = ([0], [])
    for list in lists {
      items += list
      offsets.append(items.count)
    }
    return HistorySequences(
      offsets: offsets, items: items, weights: items.map { Float($0 % 3 + 1) })
  }

  static let options = HistoryOptions(
    width: 24, states: 3, hidden: 8, dropout: 0.2, length: 7, negatives: 21, batch: 900, seed: 5)

  @Test func `parameters have the same bits with any number of threads and any kernels`() throws {
    func trained(_ threads: Int, _ bits: Int) -> HistoryBlock {
      let trainer = unsafe HistoryTrainer(
        Self.sequences(Self.rounds), itemCount: Self.itemCount, options: Self.options,
        pool: WorkerPool(threads: threads), kernels: Kernels.table(bits: bits))
      for _ in 0..<2 { _ = trainer.epoch { _ in } }
      return trainer.block
    }
    let first = trained(1, Kernels.supported[0])
    #expect(first != .drawn(Self.options.shape, itemCount: Self.itemCount, seed: 5))
    for bits in Kernels.supported {
      for threads in [1, 2, 4] { #expect(trained(threads, bits) == first, "\(bits), \(threads)") }
    }
  }

  @Test func `users' vectors have the same bits with any number of threads and any kernels`() throws
  {
    let block = HistoryBlock.drawn(Self.options.shape, itemCount: Self.itemCount, seed: 5)
    let sequences = Self.sequences(Self.rounds)
    let first = block.factors(sequences, pool: WorkerPool(threads: 1))
    for bits in Kernels.supported {
      for threads in [1, 2, 4] {
        let other = unsafe block.factors(
          sequences, pool: WorkerPool(threads: threads), kernels: Kernels.table(bits: bits))
        #expect(other == first, "\(bits), \(threads)")
      }
    }
  }

  @Test func `another seed gives other parameters`() {
    func trained(_ seed: UInt64) -> HistoryBlock {
      var options = Self.options
      options.seed = seed
      let trainer = HistoryTrainer(
        Self.sequences(Self.rounds), itemCount: Self.itemCount, options: options,
        pool: WorkerPool(threads: 2))
      _ = trainer.epoch { _ in }
      return trainer.block
    }
    #expect(trained(1) == trained(1))
    #expect(trained(1) != trained(2))
  }

  @Test func `a shuffled history loses what order is worth`() throws {
    let pool = WorkerPool(threads: 2)
    let histories = Self.rounds.map { Array($0.dropLast()) }
    var options = HistoryOptions(width: 16, dropout: 0.1, negatives: 32)
    options.hidden = 0
    let trainer = HistoryTrainer(
      Self.sequences(histories), itemCount: Self.itemCount, options: options, pool: pool)
    for _ in 0..<25 { _ = trainer.epoch { _ in } }
    let held = Self.rounds.indices.map { user in
      histories[user].isEmpty ? -1 : Int32(Self.rounds[user].last ?? 0)
    }
    func ndcg(_ lists: [[UInt32]]) throws -> Double {
      let ranks = HoldoutRanks.full(
        trainer.block.factors(Self.sequences(lists), pool: pool), holdout: held,
        leavingOut: UserItems(lists: histories), pool: pool)
      return try #require(ranks.estimate(.ndcg, k: 10)).value
    }
    let shuffled = histories.enumerated().map { user, list in
      let order = EpochOrder(count: list.count, seed: 2, epoch: user)
      return list.indices.map { list[order[$0]] }
    }
    let (own, other) = (try ndcg(histories), try ndcg(shuffled))
    #expect(own > 0.8)
    #expect(other < 0.75 * own)
  }
}
