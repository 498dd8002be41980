import Foundation
import Interactions
import Lanes
import Parallelism
import Testing

@testable import NCF

/// Every shape with every objective: formulas against finite differences, the engine against both.
@Suite struct ObjectiveTests {
  static let shared = [
    ModelSpec(gmfWidth: 6, tower: [12, 7, 3], sharedEmbeddings: true),
    ModelSpec(gmfWidth: 8, tower: [16], sharedEmbeddings: true),
    ModelSpec(gmfWidth: 8, tower: [16, 8], fusion: .sum, sharedEmbeddings: true),
    ModelSpec(
      gmfWidth: 5, tower: [10, 5], activation: .sigmoid, fusion: .sum, sharedEmbeddings: true),
    ModelSpec(
      gmfWidth: 9, tower: [18, 9], activation: .tanh, fusion: .sum, sharedEmbeddings: true),
  ]
  static let specs =
    shared + [
      .matrixFactorization(width: 5, link: .logistic), .matrixFactorization(width: 8),
      ModelSpec(gmfWidth: 5, tower: [12, 7, 3], link: .probit),
      ModelSpec(gmfWidth: 5, tower: [12, 7, 3], activation: .tanh, link: .identity),
      ModelSpec(gmfWidth: 0, tower: [16, 8, 4, 4, 2]),
      ModelSpec(gmfWidth: 0, tower: [16, 8], outputsAreOne: true),
      ModelSpec(gmfWidth: 7, tower: [32]), ModelSpec(gmfWidth: 8, tower: [64, 32, 16, 8]),
    ]

  /// Shapes and objectives that go together.
  static let cases = specs.flatMap { spec in
    Objective.allCases.filter { objective in
      var options = options
      options.objective = objective
      return options.problems(with: spec).isEmpty
    }.map { (spec, $0) }
  }

  static let phase = PhaseOptions(optimizer: .sgd, learningRate: 1, epochs: 1, patience: 1)
  static var options: TrainingOptions {
    var options = TrainingOptions(
      pretrain: .none, alpha: 0.5, negatives: 3, batch: 100_000, pretraining: phase, joint: phase,
      seed: 4)
    options.l2Embeddings = 0.02
    options.l2Tower = 0.03
    return options
  }

  @Test(arguments: cases)
  func plainGradientAgreesWithFiniteDifferences(spec: ModelSpec, objective: Objective) {
    var plain = PlainModel(GradientTests.model(spec, users: 3, items: 4))
    let samples: [PlainModel.Sample] = [
      (0, 1, 1, 1.5), (0, 2, 0, 1), (0, 3, 0, 1), (2, 3, 1, 0.5), (2, 0, 0, 1), (2, 0, 0, 0),
    ]
    let aim = Self.aim(objective, groupSize: 3)
    let gradient = plain.gradient(samples, aim)
    let step = 1e-5
    for (position, isParameter) in plain.isParameter.enumerated() where isParameter {
      let value = plain.parameters[position]
      plain.parameters[position] = value + step
      let above = plain.loss(samples, aim)
      plain.parameters[position] = value - step
      let below = plain.loss(samples, aim)
      plain.parameters[position] = value
      #expect(
        abs((above - below) / (2 * step) - gradient[position]) < 1e-7, "parameter \(position)")
    }
    #expect(gradient.contains { abs($0) > 1e-3 })
  }

  @Test(arguments: cases, [1, 2])
  func aStepOfTheEngineIsThePlainGradient(
    pair: (spec: ModelSpec, objective: Objective), threads: Int
  ) throws {
    let (users, items) = (60, 5)
    // Everyone has all items but one, so that the negatives are known without drawing them.
    let positives = UserItems(
      lists: (0..<users).map { user in (0..<UInt32(items)).filter { $0 != UInt32(user % items) } })
    let weights = (0..<positives.count).map { Float($0 % 3) * 0.5 + 0.5 }
    let model = GradientTests.model(pair.spec, users: users, items: items)
    var options = Self.options
    options.objective = pair.objective
    let trainer = Trainer(
      model, positives: positives, weights: weights, options: options, phase: Self.phase, seed: 4,
      pool: WorkerPool(threads: threads))
    var samples: [PlainModel.Sample] = []
    for user in 0..<users {
      for place in positives.range(of: user) {
        samples.append((user, Int(positives.items[place]), 1, Double(weights[place])))
        for _ in 0..<3 { samples.append((user, user % items, 0, 1)) }
      }
    }
    let before = PlainModel(model)
    let expected = before.gradient(samples, Self.aim(pair.objective, groupSize: 4))
    var withoutL2 = PlainModel.Aim()
    withoutL2.objective = pair.objective
    withoutL2.groupSize = 4
    let figures = try trainer.run(epoch: 1)
    let after = PlainModel(trainer.model)
    #expect(abs(figures.loss - before.loss(samples, withoutL2)) < 1e-5)
    for (position, isParameter) in before.isParameter.enumerated() {
      let moved = before.parameters[position] - after.parameters[position]
      let tolerance = isParameter ? 3e-6 + 2e-4 * abs(expected[position]) : 0
      #expect(abs(moved - expected[position]) <= tolerance, "parameter \(position)")
    }
  }

  /// The same masks come with the same seed: the engine's own loss, moved a little at a parameter.
  @Test(arguments: [
    ModelSpec(gmfWidth: 5, tower: [12, 7, 3], activation: .tanh),
    ModelSpec(gmfWidth: 5, tower: [12, 6], activation: .sigmoid),
    ModelSpec(gmfWidth: 7, tower: [32]),
    ModelSpec(
      gmfWidth: 8, tower: [16, 8], activation: .tanh, fusion: .sum, sharedEmbeddings: true),
  ])
  func theGradientWithDropoutAgreesWithFiniteDifferences(spec: ModelSpec) throws {
    let positives = UserItems(
      lists: (0..<8).map { user in (0..<3).map { UInt32((user + $0) % 9) } })
    var options = Self.options
    (options.l2Embeddings, options.l2Tower, options.dropout) = (0, 0, 0.4)
    func step(_ model: Model) throws -> (loss: Double, after: Model) {
      let trainer = Trainer(
        model, positives: positives, options: options, phase: Self.phase, seed: 4,
        pool: WorkerPool(threads: 1))
      return (try trainer.run(epoch: 1).loss, trainer.model)
    }
    let model = GradientTests.model(spec, users: 8, items: 9)
    let after = try step(model).after
    let width: Float = 0.01
    for part: WritableKeyPath<Model, [Float]> in [\.users, \.dense] {
      let values = model[keyPath: part]
      for position in stride(from: 0, to: values.count, by: 3) where values[position] != 0 {
        var (above, below) = (model, model)
        above[keyPath: part][position] += width
        below[keyPath: part][position] -= width
        let slope = try (step(above).loss - step(below).loss) / Double(2 * width)
        let moved = Double(values[position] - after[keyPath: part][position])
        #expect(abs(slope - moved) < 2e-4)
      }
    }
  }

  @Test func adagradTakesItsPublishedSteps() {
    let memory = Memory()
    let start = (0..<16).map { Float($0) * 0.1 - 0.7 }
    let parameters = memory.floats(start)
    let sums = memory.floats(count: 16)
    var expected = start.map(Double.init)
    var squares = [Double](repeating: 0, count: 16)
    for step in 1...5 {
      let gradient = (0..<16).map { Float(($0 * step) % 7) * 0.3 - 0.9 }
      OptimizerKernels.adagrad(
        parameters, sums, gradient: memory.floats(gradient), count: 16, learningRate: 0.1)
      for place in 0..<16 {
        squares[place] += Double(gradient[place]) * Double(gradient[place])
        expected[place] -= 0.1 * Double(gradient[place]) / (squares[place].squareRoot() + 1e-10)
      }
    }
    for place in 0..<16 { #expect(abs(Double(parameters[place]) - expected[place]) < 1e-5) }
  }

  static func aim(_ objective: Objective, groupSize: Int) -> PlainModel.Aim {
    var aim = PlainModel.Aim()
    aim.objective = objective
    aim.groupSize = groupSize
    aim.l2Embeddings = Double(options.l2Embeddings)
    aim.l2Tower = Double(options.l2Tower)
    return aim
  }
}
