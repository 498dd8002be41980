import Interactions
import Lanes
import Parallelism
import Testing

@testable import Baselines

/// The history block against the equations in double precision.
struct HistoryGradientTests {
  static let itemCount = 13

  /// Five users with 2 to 14 positions, some of which are no target, with weights.
  static let sequences: HistorySequences = {
    var random = CounterRandom(seed: 9, stream: 1)
    var (offsets, items, weights): ([Int], [UInt32], [Float]) = ([0], [], [])
    for count in [2, 14, 5, 1, 9] {
      for place in 0..<count {
        items.append(UInt32(random.uniform(below: itemCount)))
        weights.append(place % 4 == 3 ? 0 : Float(1 + random.uniform(below: 3)) / 2)
      }
      offsets.append(items.count)
    }
    return HistorySequences(offsets: offsets, items: items, weights: weights)
  }()

  struct Case: CustomTestStringConvertible {
    var width = 8
    var states = 3
    var hidden = 0
    var dropout: Float = 0
    var length = 200
    var negatives = 5

    var testDescription: String {
      "width \(width), \(states) states, hidden \(hidden), dropout \(dropout), length \(length), "
        + "\(negatives) negatives"
    }

    var options: HistoryOptions {
      HistoryOptions(
        width: width, states: states, hidden: hidden, dropout: dropout, length: length,
        negatives: negatives, seed: 4)
    }
  }

  static let cases = [
    Case(), Case(states: 1), Case(width: 24, states: 2), Case(hidden: 8), Case(dropout: 0.3),
    Case(hidden: 16, length: 3), Case(states: 2, length: 1), Case(negatives: 256),
  ]

  /// A block whose numbers are all apart from 0, so that every gradient is.
  static func block(_ options: HistoryOptions) -> HistoryBlock {
    var block = HistoryBlock.drawn(options.shape, itemCount: itemCount, seed: 3)
    var random = CounterRandom(seed: 3, stream: 99)
    for place in block.shared.indices { block.shared[place] += Float(0.2 * random.gaussian()) }
    for place in block.inputs.indices { block.inputs[place] = Float(random.gaussian()) }
    for item in 0..<itemCount {
      for column in 0...options.width {
        block.outputs[item * options.shape.outputWidth + column] = Float(0.5 * random.gaussian())
      }
    }
    return block
  }

  @Test("Loss and gradients are those of the equations", arguments: cases)
  func finiteDifferences(_ own: Case) {
    let (options, start) = (own.options, Self.block(own.options))
    let trainer = HistoryTrainer(
      Self.sequences, itemCount: Self.itemCount, options: options, pool: WorkerPool(threads: 2),
      start: start)
    let (loss, gradient, negatives) = trainer.probe(epoch: 2)
    #expect(negatives.count == min(own.negatives, Self.itemCount - 1))
    #expect(Set(negatives).count == negatives.count)
    let plan = HistoryEpochPlan(
      Self.sequences, length: own.length, batch: 1_000, seed: options.seed, epoch: 2)
    #expect(plan.batches.count == 1)
    let frozen = PlainHistory(start)
    let dropout = HistoryDropout(own.dropout, seed: options.seed)
    func value(_ plain: PlainHistory) -> Double {
      plain.loss(
        plan.chunks, of: Self.sequences, negatives: negatives, frozen: frozen,
        factors: own.dropout == 0
          ? nil
          : { position in
            let factors = Storage<Float>(count: options.shape.stateWidth)
            dropout.fill(
              factors.buffer, count: options.shape.stateWidth, epoch: 2,
              position: UInt32(position))
            return factors.array.map(Double.init)
          })
    }
    #expect(abs(loss - value(frozen)) < 1e-5)
    let step = 1e-4
    func check(_ path: WritableKeyPath<PlainHistory, [Double]>, _ found: [Float], _ what: String) {
      for place in found.indices {
        var (up, down) = (frozen, frozen)
        up[keyPath: path][place] += step
        down[keyPath: path][place] -= step
        let slope = (value(up) - value(down)) / (2 * step)
        #expect(abs(slope - Double(found[place])) < 2e-5, "\(what) \(place)")
      }
    }
    check(\.shared, gradient.shared, "shared")
    check(\.inputs, gradient.inputs, "input")
    // Behind a bias are zeros that have no meaning, and whose gradient nothing moves.
    let pitch = options.shape.outputWidth
    for item in 0..<Self.itemCount {
      for column in options.width + 1..<pitch {
        #expect(gradient.outputs[item * pitch + column] == 0)
      }
    }
    check(\.outputs, gradient.outputs, "output")
  }

  @Test("Users' vectors are those of the equations", arguments: cases)
  func vectors(_ own: Case) {
    let block = Self.block(own.options)
    let factors = block.factors(Self.sequences, pool: WorkerPool(threads: 2))
    let plain = PlainHistory(block)
    for user in 0..<Self.sequences.userCount {
      let range = Self.sequences.offsets[user]..<Self.sequences.offsets[user + 1]
      let r = plain.vector(plain.states(Array(Self.sequences.items[range])))
      for item in 0..<Self.itemCount {
        let expected = plain.score(r, UInt32(item))
        #expect(abs(factors.score(user: user, item: item) - expected) < 1e-4)
      }
    }
  }

  @Test func `a user without a position has the biases alone`() {
    let block = Self.block(Case(hidden: 8).options)
    let none = HistorySequences(offsets: [0, 0], items: [], weights: [])
    let factors = block.factors(none, pool: WorkerPool(threads: 1))
    #expect(factors.users == [Float](repeating: 0, count: 8))
    #expect(factors.itemBiases[3] == block.outputs[3 * block.shape.outputWidth + 8])
  }

  @Test func `chunks have the loss of one long scan`() {
    let losses = [1, 2, 3, 7, 200].map { length in
      let options = Case(hidden: 8, length: length).options
      let trainer = HistoryTrainer(
        Self.sequences, itemCount: Self.itemCount, options: options, pool: WorkerPool(threads: 1),
        start: Self.block(options))
      return trainer.probe(epoch: 1).loss
    }
    #expect(losses[0] > 1)
    for loss in losses { #expect(abs(loss - losses[4]) < 1e-6) }
  }

  @Test func `what comes at a target or after it changes no bit of its loss`() {
    let options = Case(hidden: 8, dropout: 0.2).options
    let items: [UInt32] = [4, 2, 9, 1, 7, 3, 8]
    /// The loss of the target at position 3, after which other items follow.
    func loss(_ items: [UInt32]) -> Double {
      let sequences = HistorySequences(
        offsets: [0, items.count], items: items,
        weights: items.indices.map { $0 == 3 ? 1 : 0 })
      return HistoryTrainer(
        sequences, itemCount: Self.itemCount, options: options, pool: WorkerPool(threads: 1),
        start: Self.block(options)
      ).probe(epoch: 1).loss
    }
    #expect(loss(items) == loss([4, 2, 9, 1, 11, 12, 0]))
    #expect(loss(items) == loss([4, 2, 9, 1, 9, 9, 9]))
    #expect(loss(items) != loss([4, 2, 10, 1, 7, 3, 8]))
    #expect(loss(items) != loss([5, 2, 9, 1, 7, 3, 8]))
  }
}
