import Interactions
import NCF
import Parallelism
import Ranking
import Testing

/// Same data, spec and seed: the same bits, however many threads work.
@Suite struct DeterminismTests {
  static let tastes = PlantedTastes(users: 300, items: 200, eventsPerUser: 30, seed: 5)

  @Test(arguments: [Optimizer.adam, .denseAdam, .sgd, .adagrad], [64, 256, 5_000])
  func trainingGivesTheSameBitsWithAnyNumberOfThreads(optimizer: Optimizer, batch: Int) throws {
    let spec = ModelSpec(gmfWidth: 8, tower: [64, 32, 16, 8])
    let models = try [1, 2, 4].map { threads in
      let trainer = Trainer(
        Model(spec: spec, userCount: 300, itemCount: 200, seed: 1),
        positives: Self.tastes.split.training, negatives: 4, batch: batch,
        phase: PhaseOptions(optimizer: optimizer, learningRate: 0.01, epochs: 2, patience: 2),
        seed: 2, pool: WorkerPool(threads: threads))
      let losses = try (1...2).map { try trainer.run(epoch: $0).loss }
      return (trainer.model, losses)
    }
    for (model, losses) in models.dropFirst() {
      #expect(model == models[0].0)
      #expect(losses == models[0].1)
    }
    #expect(models[0].1[1] < models[0].1[0])
  }

  @Test(arguments: Objective.allCases)
  func dropoutAndPopularNegativesAreTheSameWithAnyNumberOfThreads(objective: Objective) throws {
    let phase = PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 2, patience: 2)
    var options = TrainingOptions(
      pretrain: .none, alpha: 0.5, negatives: 4, batch: 1_000, pretraining: phase, joint: phase,
      seed: 2)
    options.objective = objective
    options.sampling = .popularity(power: 0.75)
    options.dropout = 0.3
    options.l2Embeddings = 0.001
    options.l2Tower = 0.001
    let models = try [1, 2, 4].map { threads in
      let trainer = Trainer(
        Model(
          spec: ModelSpec(gmfWidth: 8, tower: [64, 32, 16, 8]), userCount: 300, itemCount: 200,
          seed: 1),
        positives: Self.tastes.split.training, options: options, phase: phase, seed: 2,
        pool: WorkerPool(threads: threads))
      for epoch in 1...2 { _ = try trainer.run(epoch: epoch) }
      return trainer.model
    }
    #expect(models[1] == models[0] && models[2] == models[0])
  }

  @Test func listsAndRanksAreTheSameWithAnyNumberOfThreads() {
    let split = Self.tastes.split
    let spec = ModelSpec(gmfWidth: 8, tower: [64, 32, 16, 8])
    let model = Model(spec: spec, userCount: 300, itemCount: 200, seed: 1)
    let results = [1, 2, 4].map { threads in
      let pool = WorkerPool(threads: threads)
      let scorer = NeuralScorer(model, pool: pool)
      let lists = topK(
        scorer, users: Array(0..<300), k: 10, history: Self.tastes.table.history, pool: pool)
      let ranks = HoldoutRanks.full(
        scorer, holdout: split.test, leavingOut: split.beforeTest, pool: pool)
      return (lists, ranks)
    }
    for (lists, ranks) in results.dropFirst() {
      #expect(lists == results[0].0)
      #expect(ranks == results[0].1)
    }
  }

  @Test func aScoreIsTheSameWhateverIsScoredWithIt() {
    let model = Model(
      spec: ModelSpec(gmfWidth: 20, tower: [24, 12, 6]), userCount: 30, itemCount: 70, seed: 1)
    let scorer = NeuralScorer(model)
    var scratch = scorer.makeScratch()
    let users = [UInt32](0..<30)
    var block = [Float](repeating: .nan, count: 30 * 70)
    var span = block.mutableSpan
    scorer.fill(&span, users: users.span, items: 0..<70, scratch: &scratch)
    let items = [UInt32](0..<70).reversed() + [3]
    for user in 0..<30 {
      var row = [Float](repeating: .nan, count: items.count)
      var span = row.mutableSpan
      scorer.fill(&span, user: user, items: items.span, scratch: &scratch)
      #expect(row == items.map { block[user * 70 + Int($0)] })
    }
  }

  @Test func anotherSeedGivesAnotherModel() throws {
    let models = try [UInt64(1), 2].map { seed in
      let trainer = Trainer(
        Model(
          spec: ModelSpec(gmfWidth: 8, tower: []), userCount: 300, itemCount: 200, seed: 1),
        positives: Self.tastes.split.training, negatives: 4, batch: 256,
        phase: PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 1, patience: 1),
        seed: seed, pool: WorkerPool(threads: 1))
      _ = try trainer.run(epoch: 1)
      return trainer.model
    }
    #expect(models[0] != models[1])
  }
}
