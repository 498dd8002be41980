import Interactions
import Parallelism
import Testing

@testable import NCF

/// Trainings that stop between two batches and go on in another process.
@Suite struct ResumptionTests {
  private struct Stop: Error {}

  /// What came of a training: the model, the epochs it chose, and what it told of.
  private struct Told: Equatable, CustomTestStringConvertible {
    var model: Model
    var epochs: [Phase: Int]
    var records: [String]

    /// Without the model's thousands of numbers.
    var testDescription: String { "\(epochs) \(records), \(model.dense.prefix(2))" }
  }

  /// A way to train, from whatever a journal knows.
  struct Course: Sendable, CustomTestStringConvertible {
    var name: String
    var spec = ModelSpec(gmfWidth: 8, tower: [16, 8])
    var options: TrainingOptions
    var hasFactors = false
    /// What its users and items have beside their ids.
    var features: ContentFeatures?
    /// Epochs of each phase, for a refit.
    var fixed: [Phase: Int]?
    /// A phase of its own from a model that is there.
    var goesOn: Phase?

    var testDescription: String { name }

    init(_ name: String, _ change: (inout Course) -> Void = { _ in }) {
      self.name = name
      options = FactorStartTests.options
      options.pretrain = .parts
      // Ten groups a batch: an epoch has several windows of batches, whatever the threads.
      options.batch = 50
      options.joint.optimizer = .adam
      change(&self)
    }
  }

  static let courses = [
    Course("parts"),
    Course("patience") {
      $0.options.pretraining.epochs = 6
      $0.options.pretraining.patience = 1
      $0.options.joint.patience = 1
    },
    Course("mean over epochs, dropout, decay") {
      $0.options.averaging = 0.5
      $0.options.dropout = 0.2
      $0.options.joint.decay = 0.5
      $0.options.l2Embeddings = 0.001
    },
    Course("factors") {
      $0.options.pretrain = .factors
      $0.options.joint.optimizer = .sgd
      $0.hasFactors = true
    },
    Course("chosen share") { $0.options.alpha = nil },
    Course("chosen share, factors") {
      $0.options.alpha = nil
      $0.options.pretrain = .factors
      $0.hasFactors = true
    },
    Course("adagrad, pairs") {
      $0.options.pretrain = .none
      $0.options.pretraining.optimizer = .adagrad
      $0.options.objective = .bpr
      $0.options.sampling = .popularity(power: 0.5)
    },
    Course("dense Adam, one part") {
      $0.spec = ModelSpec(gmfWidth: 8, tower: [])
      $0.options.pretraining.optimizer = .denseAdam
    },
    Course("refit") {
      $0.options.averaging = 0.5
      $0.fixed = [.gmf: 2, .mlp: 1, .neumf: 2]
    },
    Course("fine-tune") { $0.goesOn = .finetune },
    Course("features") {
      $0.features = Self.features
      $0.options.averaging = 0.5
      $0.options.ownDropout = 0.3
    },
    Course("features, factors") {
      $0.features = Self.features
      $0.options.pretrain = .factors
      $0.hasFactors = true
    },
  ]

  /// Two of each user and one of each item, the last of them without.
  private static let features: ContentFeatures = {
    var users = [[UInt32]](repeating: [], count: 300)
    var items = [[UInt32]](repeating: [], count: 200)
    for user in UInt32(0)..<299 { users[Int(user)] = [user % 4, 4 + user % 3] }
    for item in UInt32(0)..<199 { items[Int(item)] = [item % 5] }
    return ContentFeatures(
      users: FeatureLists(featureCount: 7, lists: users),
      items: FeatureLists(featureCount: 5, lists: items))
  }()

  /// Trains; the journal's `keep` gets the state and the records told of until then.
  private static func train(
    _ course: Course, threads: Int, after progress: TrainingProgress = TrainingProgress(),
    _ told: [String] = [],
    keep: @escaping (TrainingProgress, [String]) throws -> Void = { _, _ in }
  ) throws -> Told {
    var records = told
    let journal = TrainingJournal(goingOnFrom: progress)
    let split = FactorStartTests.tastes.split
    let pool = WorkerPool(threads: threads)
    let run = TrainingRun(
      positives: split.training, userCount: 300, itemCount: 200, options: course.options,
      pool: pool, clock: { 0 },
      observer: TrainingWatcher(
        judge: { scorer in
          // Any figures that follow from the parameters will do.
          let model = scorer.probe
          return (hr: model, ndcg: model)
        }, epoch: { records.append("\($0)") }, keep: { try keep($0, records) }),
      factors: course.hasFactors ? { FactorStartTests.factors(biases: false) } : nil,
      features: course.features, chapter: journal.chapter())
    if let phase = course.goesOn {
      let start = Model(spec: course.spec, userCount: 300, itemCount: 200, seed: 3)
      let model = try run.goOn(
        from: start, phase, course.options.pretraining, isValidated: true)
      return Told(model: model, epochs: [:], records: records)
    }
    if let fixed = course.fixed {
      let model = try run.refit(course.spec, epochs: fixed)
      return Told(model: model, epochs: fixed, records: records)
    }
    let trained = try run.train(course.spec)
    return Told(model: trained.model, epochs: trained.epochs, records: records)
  }

  /// The bytes of a state, as they are stored.
  private static func stored(
    _ progress: TrainingProgress, features: ContentFeatures? = nil
  ) throws -> TrainingProgress {
    var file: [UInt8] = []
    progress.file(words: ["rows": "[]"]).forEachPiece(of: 10_000) { piece in
      for index in piece.indices { file.append(piece[index]) }
    }
    let read = try TrainingProgress(
      SafeTensors(decoding: file), userCount: 300, itemCount: 200, features: features)
    #expect(read == progress)
    return read
  }

  @Test("It comes to the same bits wherever it was stopped", arguments: courses)
  func anywhere(course: Course) throws {
    var count = 0
    let whole = try Self.train(course, threads: 2) { _, _ in count += 1 }
    #expect(count > 5)
    for moment in Set([1, 2, 3, count / 3, count / 2, count - 1, count]).sorted() {
      var left: (TrainingProgress, [String])?
      #expect(throws: Stop.self) {
        var passed = 0
        _ = try Self.train(course, threads: 1) { progress, records in
          passed += 1
          guard passed == moment else { return }
          left = (progress, records)
          throw Stop()
        }
      }
      let (progress, records) = try #require(left)
      let resumed = try Self.train(
        course, threads: 3, after: Self.stored(progress, features: course.features), records)
      #expect(resumed == whole, "stopped at \(moment) of \(count): \(progress.text)")
    }
  }

  @Test("It comes to the same bits when it is stopped again and again", arguments: courses)
  func againAndAgain(course: Course) throws {
    let whole = try Self.train(course, threads: 2)
    var (progress, records) = (TrainingProgress(), [String]())
    var stops = 0
    while true {
      do {
        var passed = 0
        let told = try Self.train(
          course, threads: 1 + stops % 3, after: progress, records
        ) {
          passed += 1
          guard passed == 2 else { return }
          (progress, records) = (try Self.stored($0, features: course.features), $1)
          throw Stop()
        }
        #expect(told == whole)
        break
      } catch is Stop {
        stops += 1
      }
    }
    #expect(stops > 2)
  }

  @Test("Models that later steps need no more are not kept")
  func small() throws {
    func kept(_ course: Course) throws -> [Set<String>] {
      var kept: [Set<String>] = []
      _ = try Self.train(course, threads: 1) { progress, _ in
        let now = Set(progress.models.keys)
        if kept.last != now { kept.append(now) }
      }
      return kept
    }
    #expect(try kept(Course("parts")) == [[], ["gmf"], ["gmf", "mlp"], [], ["neumf"]])
    let chosen = Course("chosen share") { $0.options.alpha = nil }
    #expect(try kept(chosen) == [[], ["gmf"], ["gmf", "mlp"], ["join"], [], ["neumf"]])
  }

  @Test("What is of another training is refused")
  func foreign() throws {
    let course = Course("dense Adam, one part") {
      $0.spec = ModelSpec(gmfWidth: 8, tower: [])
    }
    var last: TrainingProgress?
    _ = try Self.train(course, threads: 1) { progress, _ in
      if progress.current != nil { last = progress }
    }
    let state = try #require(last?.current?.state)
    func trainer(_ optimizer: Optimizer, batch: Int, width: Int = 8) -> Trainer {
      Trainer(
        Model(
          spec: ModelSpec(gmfWidth: width, tower: []), userCount: 300, itemCount: 200, seed: 1),
        positives: FactorStartTests.tastes.split.training, negatives: 4, batch: batch,
        phase: PhaseOptions(optimizer: optimizer, learningRate: 0.01, epochs: 9, patience: 9),
        seed: 1, pool: WorkerPool(threads: 1))
    }
    try trainer(.adam, batch: 50).restore(state.trainer)
    for other in [
      trainer(.sgd, batch: 50), trainer(.adam, batch: 45), trainer(.adam, batch: 50, width: 16),
    ] {
      #expect(throws: CheckpointError.self) { try other.restore(state.trainer) }
    }
    let file = try #require(last).file(words: [:])
    #expect(throws: CheckpointError.self) {
      _ = try TrainingProgress(file, userCount: 299, itemCount: 200)
    }
    #expect(throws: CheckpointError.self) {
      _ = try TrainingProgress(file, userCount: 300, itemCount: 200, features: Self.features)
    }
    #expect(throws: CheckpointError.self) {
      _ = try TrainingProgress(
        SafeTensors(
          tensors: file.tensors.filter { !$0.name.hasPrefix("best/") }, metadata: file.metadata),
        userCount: 300, itemCount: 200)
    }
  }
}

extension NeuralScorer {
  /// A figure that follows from every score of a few users.
  fileprivate var probe: Double {
    var scratch = makeScratch()
    let users = [UInt32](0..<20)
    var block = [Float](repeating: 0, count: 20 * 200)
    var span = block.mutableSpan
    fill(&span, users: users.span, items: 0..<200, scratch: &scratch)
    // Not monotone, so that the best epoch is not always the last.
    return block.enumerated().reduce(0) {
      $0 + Double($1.element) * (($1.offset % 7) == 3 ? -5 : 1)
    }
    .truncatingRemainder(dividingBy: 1)
  }
}
