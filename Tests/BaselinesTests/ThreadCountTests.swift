import Baselines
import Interactions
import Parallelism
import Testing

/// Baselines give the same bits with any number of threads, on a log that has work for several: more
/// users than two of the largest blocks that work is shared out in, and more items than one.
struct ThreadCountTests {
  private static let itemCount = 700
  private static let positives = UserItems(
    lists: (0..<4_500).map { user in
      var random = CounterRandom(seed: 5, stream: UInt64(user))
      let own = Set((0..<12).map { _ in UInt32(random.uniform(below: itemCount)) })
      return own.sorted()
    })
  private static let weights = (0..<positives.count).map { Float($0 % 7 + 1) / 4 }
  private static let threads = [1, 2, 3, 4]

  private static let methods: [any FactorizationOptions] = [
    ALSOptions(factors: 8, iterations: 2), EALSOptions(factors: 4, iterations: 2),
    EASEOptions(factors: 8, iterations: 2), BPROptions(factors: 4, iterations: 1),
    MFOptions(factors: 4, iterations: 1),
  ]

  @Test(arguments: methods.indices, [false, true])
  func `factorisations give the same bits`(method: Int, weighted: Bool) throws {
    let factors = try Self.threads.map { threads in
      try Self.methods[method].factorize(
        Self.positives, weights: weighted ? Self.weights : [], itemCount: Self.itemCount,
        pool: WorkerPool(threads: threads)
      ) { _ in }
    }
    #expect(factors[0].users.contains { $0 != 0 })
    for other in factors.dropFirst() { #expect(other == factors[0]) }
  }

  @Test(arguments: [false, true])
  func `item neighbours are the same bits`(weighted: Bool) {
    let models = Self.threads.map { threads in
      ItemKNN(
        positives: Self.positives, weights: weighted ? Self.weights : [],
        itemCount: Self.itemCount, options: KNNOptions(neighbours: 5, shrinkage: 3),
        pool: WorkerPool(threads: threads))
    }
    for other in models.dropFirst() {
      #expect(other.items == models[0].items && other.similarities == models[0].similarities)
      #expect(other.offsets == models[0].offsets)
    }
  }
}
