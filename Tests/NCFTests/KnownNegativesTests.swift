import Interactions
import NCF
import Parallelism
import Testing

/// What users have spoken against, in training.
@Suite struct KnownNegativesTests {
  @Test(arguments: [Objective.log, .bpr])
  func knownNegativesScoreLowerAndTheSameWithAnyNumberOfThreads(objective: Objective) throws {
    let positives = DeterminismTests.tastes.split.training
    // Each user turns down one item that the user does not have.
    let lists = (0..<300).map { user in
      [
        (0..<UInt32(200)).first { !positives.contains(user: user, item: ($0 + UInt32(user)) % 200) }
          .map { ($0 + UInt32(user)) % 200 } ?? 0
      ]
    }
    let known = KnownNegatives(
      items: UserItems(lists: lists), weights: [Float](repeating: 20, count: 300))
    let phase = PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 5, patience: 5)
    var options = TrainingOptions(
      pretrain: .none, alpha: 0.5, negatives: 4, batch: 500, pretraining: phase, joint: phase,
      seed: 2)
    options.objective = objective
    func model(_ known: KnownNegatives?, threads: Int) throws -> Model {
      let trainer = Trainer(
        Model(spec: ModelSpec(gmfWidth: 8, tower: []), userCount: 300, itemCount: 200, seed: 1),
        positives: positives, known: known, options: options, phase: phase, seed: 2,
        pool: WorkerPool(threads: threads))
      for epoch in 1...5 { _ = try trainer.run(epoch: epoch) }
      return trainer.model
    }
    let trained = try model(known, threads: 1)
    #expect(try model(known, threads: 3) == trained)
    let pool = WorkerPool(threads: 1)
    func meanScore(_ model: Model) -> Float {
      let scorer = NeuralScorer(model, pool: pool)
      var scratch = scorer.makeScratch()
      var score: [Float] = [0]
      return (0..<300).reduce(0) { sum, user in
        let items = lists[user]
        var span = score.mutableSpan
        scorer.fill(&span, user: user, items: items.span, scratch: &scratch)
        return sum + score[0] / 300
      }
    }
    #expect(meanScore(trained) < meanScore(try model(nil, threads: 1)) - 0.05)
  }
}
