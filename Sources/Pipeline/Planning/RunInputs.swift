import Interactions
import Jobs
import NCF
import Postgres
import Recommenders
import RunSupport
import Source
import Store

/// What a run has before it decides how to train.
struct RunInputs {
  /// The run whose model this one may train further, or why there is none.
  private(set) var found: ParentSearch.Found
  /// What was read.
  private(set) var pulled: Dataset
  /// The stopped run whose data that is, and the training that it had begun; nil when there is none.
  private(set) var stopped: (run: Resumable, training: Resumed)?
  /// Tonight's search for a method; nil where there was none.
  private(set) var search: KeptSearch?
  /// The split by the clock; nil where each user's latest interactions are held out.
  private(set) var clock: ClockSplit?
  /// What is trained on and tested: by the clock, the part before the test.
  private(set) var tested: Dataset

  /// Reads the log; as of a stopped run's time, where that gives what it had read.
  ///
  /// - Parameters:
  ///   - context: the run.
  ///   - seen: the pointer as it was when the run began.
  /// - Throws: `BatchError`, `PostgresError`.
  init(reading context: RunContext, seen: LivePointer) throws {
    let connection = try context.connected(for: "resume") { $0 }
    if let run = try Resumable.find(context, seen: seen, on: connection) {
      let past = PastPull(watermark: run.identity.watermark, recent: run.identity.recent)
      let (found, pulled) = try Self.read(context, seen, past)
      if let training = try run.load(pulled, on: connection) {
        (self.found, self.pulled, stopped, tested) = (found, pulled, (run, training), pulled)
        return
      }
    }
    (found, pulled) = try Self.read(context, seen, nil)
    (stopped, tested) = (nil, pulled)
  }

  private static func read(
    _ context: RunContext, _ seen: LivePointer, _ past: PastPull?
  ) throws -> (ParentSearch.Found, Dataset) {
    let found = try ParentSearch(context: context, seen: seen, now: past?.watermark).run()
    let pulled = try PullStage(context: context, beginsAtSince: found.isNone, past: past).run()
    return (found, pulled)
  }

  /// The inputs of a run whose method was chosen.
  ///
  /// A method that was chosen tonight is trained in full, or as the stopped run that chose it had begun; where it chose the popular list, everybody
  /// gets that.
  func with(_ selection: MethodSelection?) -> RunInputs {
    guard let selection else { return self }
    var inputs = self
    if selection.run == nil {
      inputs.found = .none(reason: "a method was chosen tonight")
      inputs.search = KeptSearch(choice: selection.choice)
      if let training = stopped?.training, training.hasBegun, training.search != inputs.search {
        inputs.stopped = nil
      }
    }
    if selection.isPopularList {
      inputs.pulled.serving = pulled.serving.withPopularListsOnly(by: selection.popularity(pulled))
      inputs.pulled.counts.coldUsers = inputs.pulled.serving.audience.cold.count
    }
    return inputs
  }

  /// The inputs of a run that is split by the clock, where the job says so and the log has enough users.
  ///
  /// - Parameters:
  ///   - selection: the method that was chosen; nil where the job names it.
  ///   - context: the run.
  /// - Returns: the inputs with the split.
  func clocked(_ selection: MethodSelection?, _ context: RunContext) -> RunInputs {
    clocked(by: ClockSplit.chosen(self, selection, context))
  }

  /// The inputs with a split by the clock; nil holds out each user's latest interactions.
  func clocked(by clock: ClockSplit?) -> RunInputs {
    var inputs = self
    inputs.clock = clock
    inputs.tested = clock.map { pulled.before($0.cut) } ?? pulled
    return inputs
  }

  /// What a run must have that goes on from this one.
  var identity: CheckpointStore.Identity {
    stopped?.run.identity
      ?? CheckpointStore.Identity(
        watermark: pulled.times.watermark, fingerprint: pulled.fingerprint,
        recent: pulled.recent)
  }

  /// Inputs of a dry run, which goes on from no stopped one.
  init(_ found: ParentSearch.Found, _ pulled: Dataset) {
    (self.found, self.pulled, tested) = (found, pulled, pulled)
  }

  /// Refuses a log without a row that can be used, and an output schema that holds other relations.
  ///
  /// - Throws: `BatchError`, `PostgresError`.
  func refuseUnusable(_ context: RunContext) throws {
    try pulled.refuseEmpty()
    try context.connected(for: "check") { connection in
      try OutputRelations(
        context.job, users: pulled.users.kind, items: pulled.items.kind, on: connection
      ).verify()
    }
  }
}
