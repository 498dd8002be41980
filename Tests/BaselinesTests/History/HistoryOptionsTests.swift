import Interactions
import Parallelism
import Testing

@testable import Baselines

/// How validation and earlier fits guide the history block.
struct HistoryOptionsTests {
  private static let itemCount = HistoryTrainingTests.itemCount
  private let pool = WorkerPool(threads: 2)

  private static let log: TrainingLog = {
    let lists = HistoryTrainingTests.rounds
    let offsets = lists.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
    let events = UserSequences(
      offsets: offsets, items: Array(lists.joined()),
      seconds: lists.flatMap { list in list.indices.map { UInt32($0 + 1) } })
    return TrainingLog(
      positives: UserItems(lists: lists), itemCount: itemCount, events: events)
  }()

  private static let options = HistoryOptions(
    width: 8, dropout: 0, ials: ALSOptions(factors: 4, regularization: 1, iterations: 2), seed: 3)

  private func fit(_ options: HistoryOptions, _ guide: FitGuide) throws -> FittedHistory {
    var passes: [Int] = []
    let fitted = try options.fit(Self.log, pool: pool, guide: guide) { passes.append($0) }
    guard case .history(let history) = fitted else { throw Mismatch() }
    #expect(passes == Array(passes.indices).map { $0 + 1 })
    return history
  }

  private struct Mismatch: Error {}

  @Test func `validation chooses the epoch, and training ends some epochs after it`() throws {
    var judged: [Int] = []
    let guide = FitGuide(judge: { fitted in
      guard case .history(let history) = fitted else { throw Mismatch() }
      judged.append(history.epochs)
      return history.epochs == 3 ? 1 : 0.5
    })
    let chosen = try fit(Self.options.alone, guide)
    #expect(chosen.epochs == 3)
    #expect(judged == Array(1...8))
    var fixed = Self.options.alone
    fixed.epochs = 3
    #expect(try fit(fixed, FitGuide()).block == chosen.block)
  }

  @Test func `validation chooses the share of the factorisation`() throws {
    var shares: [Float] = []
    let guide = FitGuide(judge: { fitted in
      guard case .history(let history) = fitted else { throw Mismatch() }
      if history.beside == nil { return 1 / Double(history.epochs) }
      shares.append(history.share)
      return history.share == 0.2 ? 1 : 0.5
    })
    let chosen = try fit(Self.options, guide)
    #expect(shares == HistoryOptions.shares)
    #expect(chosen.share == 0.2 && chosen.epochs == 1)
    let own = chosen.block.factors(
      try HistorySequences(Self.log, repeats: false), pool: pool)
    let beside = try #require(chosen.beside)
    #expect(
      chosen.factors == MatrixFactors(summing: [own, beside], weights: [1, 0.2]))
    #expect(chosen.factors.width == 12)
  }

  @Test func `an earlier fit is moved on or repeated`() throws {
    var first = Self.options
    first.epochs = 2
    let earlier = try fit(first, FitGuide())
    #expect(earlier.share == HistoryOptions.plainShare)
    let moved = try fit(Self.options, FitGuide(earlier: .moved(earlier)))
    #expect(moved.block == earlier.block && moved.factors == earlier.factors)
    let repeated = try fit(Self.options, FitGuide(earlier: .repeated(earlier)))
    #expect(repeated.epochs == 2 && repeated.block == earlier.block)
    #expect(repeated.share == earlier.share)
  }

  @Test func `a share of 0 ranks as the block alone`() throws {
    let guide = FitGuide(judge: { fitted in
      guard case .history(let history) = fitted else { throw Mismatch() }
      return history.share == 0 ? 1 : 0
    })
    var options = Self.options
    options.epochs = 1
    let joined = try fit(options, guide)
    let alone = try fit(options.alone, FitGuide())
    func order(_ factors: MatrixFactors, _ user: Int) -> [Int] {
      (0..<Self.itemCount).sorted {
        factors.score(user: user, item: $0) > factors.score(user: user, item: $1)
      }
    }
    for user in 0..<20 {
      #expect(order(joined.factors, user).prefix(10) == order(alone.factors, user).prefix(10))
    }
  }

  @Test func `what is learnt has the form that is told before, within the memory that is told`()
    throws
  {
    guard case .factors(let width) = Self.options.form else { throw Mismatch() }
    #expect(width == 8 + 4 + 2)
    var odd = Self.options
    (odd.width, odd.hidden) = (9, 3)
    #expect(odd.shape == HistoryShape(width: 16, states: 3, hidden: 8))
    #expect(
      odd.fittingMemory(Self.log.sizes, threads: 2)
        > Self.options.alone.fittingMemory(
          Self.log.sizes, threads: 2))
  }
}
