import Foundation
import Interactions
import Parallelism
import Testing

@testable import NCF

/// The backward pass against finite differences, and the fast engine against the plain one.
@Suite struct GradientTests {
  static let specs = [
    ModelSpec(gmfWidth: 8, tower: [64, 32, 16, 8]),
    ModelSpec(gmfWidth: 3, tower: []),
    ModelSpec(gmfWidth: 16, tower: []),
    ModelSpec(gmfWidth: 0, tower: [16, 8]),
    ModelSpec(gmfWidth: 5, tower: [12, 7, 3]),
    ModelSpec(gmfWidth: 5, tower: [12, 7, 3], activation: .sigmoid),
    ModelSpec(gmfWidth: 4, tower: [10, 9, 5], activation: .tanh),
    ModelSpec(gmfWidth: 9, tower: [18, 17, 16, 1], activation: .identity),
    ModelSpec(gmfWidth: 0, tower: [14]),
    ModelSpec(gmfWidth: 7, tower: [32]),
  ]

  @Test(arguments: specs)
  func plainGradientAgreesWithFiniteDifferences(spec: ModelSpec) {
    var plain = PlainModel(Self.model(spec, users: 3, items: 4))
    let samples: [PlainModel.Sample] = [
      (0, 1, 1, 1), (0, 2, 0, 1), (1, 1, 0, 2.5), (2, 3, 1, 0.5), (2, 3, 0, 0),
    ]
    let gradient = plain.gradient(samples)
    let step = 1e-5
    for (position, isParameter) in plain.isParameter.enumerated() where isParameter {
      let value = plain.parameters[position]
      plain.parameters[position] = value + step
      let above = plain.loss(samples)
      plain.parameters[position] = value - step
      let below = plain.loss(samples)
      plain.parameters[position] = value
      #expect(
        abs((above - below) / (2 * step) - gradient[position]) < 1e-7, "parameter \(position)")
    }
    #expect(gradient.contains { abs($0) > 1e-3 })
  }

  @Test(arguments: specs, [1, 2])
  func aStepOfTheEngineIsThePlainGradient(spec: ModelSpec, threads: Int) throws {
    // Everyone has all items but one, so that the negatives are known without drawing them.
    let users = 60
    let items = 5
    let lists = (0..<users).map { user in
      (0..<UInt32(items)).filter { $0 != UInt32(user % items) }
    }
    let positives = UserItems(lists: lists)
    let weights = (0..<positives.count).map { Float($0 % 3) * 0.5 + 0.5 }
    let model = Self.model(spec, users: users, items: items)
    let trainer = Trainer(
      model, positives: positives, weights: weights, negatives: 3, batch: 100_000,
      phase: PhaseOptions(optimizer: .sgd, learningRate: 1, epochs: 1, patience: 1), seed: 4,
      pool: WorkerPool(threads: threads))
    var samples: [PlainModel.Sample] = []
    for user in 0..<users {
      for place in positives.range(of: user) {
        samples.append((user, Int(positives.items[place]), 1, Double(weights[place])))
        for _ in 0..<3 { samples.append((user, user % items, 0, 1)) }
      }
    }
    let before = PlainModel(model)
    let expected = before.gradient(samples)
    let figures = try trainer.run(epoch: 1)
    let after = PlainModel(trainer.model)
    #expect(abs(figures.loss - before.loss(samples)) < 1e-5)
    #expect(figures.samples == samples.count)
    for (position, isParameter) in before.isParameter.enumerated() {
      let moved = before.parameters[position] - after.parameters[position]
      let tolerance = isParameter ? 2e-6 + 1e-4 * abs(expected[position]) : 0
      #expect(abs(moved - expected[position]) <= tolerance, "parameter \(position)")
    }
  }

  /// Several batches, so that rows rest between two touches: the naive dense Adam as the oracle.
  @Test(arguments: [1, 2])
  func stepsOfDenseAdamAreThoseOfThePlainOne(threads: Int) throws {
    let spec = ModelSpec(gmfWidth: 5, tower: [12, 7, 3])
    let users = 6
    let items = 4
    let lists = (0..<users).map { user in
      (0..<UInt32(items)).filter { $0 != UInt32(user % items) }
    }
    let positives = UserItems(lists: lists)
    let model = Self.model(spec, users: users, items: items)
    let trainer = Trainer(
      model, positives: positives, negatives: 1, batch: 4,
      phase: PhaseOptions(optimizer: .denseAdam, learningRate: 0.01, epochs: 1, patience: 1),
      seed: 4, pool: WorkerPool(threads: threads))
    _ = try trainer.run(epoch: 1)

    var plain = PlainModel(model)
    var first = plain.parameters.map { _ in 0.0 }
    var second = first
    let order = EpochOrder(count: positives.count, seed: 4, epoch: 1)
    let owners = InteractionOwners(positives)
    for step in 1...positives.count / 2 {
      let samples = (2 * step - 2..<2 * step).flatMap { position -> [PlainModel.Sample] in
        let user = owners.user(of: order[position])
        return [
          (user, Int(positives.items[order[position]]), 1, 1), (user, user % items, 0, 1),
        ]
      }
      for (place, gradient) in plain.gradient(samples).enumerated() {
        first[place] = 0.9 * first[place] + 0.1 * gradient
        second[place] = 0.999 * second[place] + 0.001 * gradient * gradient
        let scale = (second[place] / (1 - pow(0.999, Double(step)))).squareRoot() + 1e-8
        plain.parameters[place] -= 0.01 * first[place] / (1 - pow(0.9, Double(step))) / scale
      }
    }
    let trained = PlainModel(trainer.model).parameters
    for (place, isParameter) in plain.isParameter.enumerated() where isParameter {
      #expect(abs(trained[place] - plain.parameters[place]) < 2e-4, "parameter \(place)")
    }
  }

  @Test(arguments: specs + ObjectiveTests.specs)
  func scoresAreThePlainLogits(spec: ModelSpec) {
    let users = 11
    let items = 300
    let model = Self.model(spec, users: users, items: items)
    let plain = PlainModel(model)
    let scorer = NeuralScorer(model, pool: WorkerPool(threads: 2))
    var scratch = scorer.makeScratch()
    let who = [UInt32](0..<UInt32(users)).reversed() + [3]
    for range in [0..<1, 0..<300, 7..<8, 120..<130, 100..<299, 128..<256] {
      var scores = [Float](repeating: .nan, count: who.count * range.count)
      var span = scores.mutableSpan
      scorer.fill(&span, users: who.span, items: range, scratch: &scratch)
      for (row, user) in who.enumerated() {
        for (column, item) in range.enumerated() {
          let expected = plain.logit(user: Int(user), item: item)
          #expect(abs(Double(scores[row * range.count + column]) - expected) < 1e-5)
        }
      }
    }
    let some = (0..<200).map { UInt32($0 * 7 % items) }
    var scores = [Float](repeating: .nan, count: some.count)
    var span = scores.mutableSpan
    scorer.fill(&span, user: 5, items: some.span, scratch: &scratch)
    for (item, score) in zip(some, scores) {
      #expect(abs(Double(score) - plain.logit(user: 5, item: Int(item))) < 1e-5)
    }
  }

  /// A model whose every parameter is far enough from zero to matter.
  static func model(_ spec: ModelSpec, users: Int, items: Int) -> Model {
    var model = Model(spec: spec, userCount: users, itemCount: items, seed: 11)
    model.users = model.users.map { $0 * 40 }
    model.items = model.items.map { $0 * 40 }
    let layout = model.layout
    for layer in layout.layers {
      for output in 0..<layer.output { model.dense[layer.bias + output] = 0.05 * Float(output % 5) }
    }
    model.dense[layout.outputBias] = -0.3
    return model
  }
}
