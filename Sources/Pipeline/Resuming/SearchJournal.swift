import Jobs
import NCF
import Recommenders
import RunSupport
import Store

/// Keeps the finished trials of a search, so that another run can take them over.
///
/// They are written beside the search, once an interval, when the run is asked to stop, and with the choice
/// in the end.
final class SearchJournal: SearchMemory {
  /// The search so far.
  private(set) var kept: KeptSearch
  private let context: RunContext
  private let writer: CheckpointWriter
  private let interval: Double
  private var next: Double
  private var places: [String: Int]

  /// Begins a journal.
  ///
  /// - Parameters:
  ///   - inputs: what was read, and the stopped run whose search goes on.
  ///   - context: the run.
  init(_ inputs: RunInputs, _ context: RunContext) {
    kept = inputs.stopped?.training.search ?? KeptSearch()
    places = Dictionary(uniqueKeysWithValues: kept.trials.enumerated().map { ($1.key, $0) })
    self.context = context
    writer = CheckpointWriter(context: context, identity: inputs.identity)
    interval = context.configured.nightly.checkpoint.seconds
    next = context.clock() + interval
  }

  /// One in how many users the trials learn; nil before that is decided.
  var oneIn: Int? {
    get { kept.oneIn }
    set { kept.oneIn = newValue }
  }

  /// Finds a trial that was finished.
  func trial(_ key: String) -> FinishedTrial? { places[key].map { kept.trials[$0].trial } }

  /// Keeps a finished trial.
  func keep(_ trial: FinishedTrial, key: String) {
    places[key] = kept.trials.count
    kept.trials.append(KeptSearch.Entry(key: key, trial: trial))
    if context.clock() >= next, !writer.isBusy { write() }
  }

  /// Ends the search.
  ///
  /// - Parameter choice: what was chosen.
  func end(with choice: MethodChoice) {
    kept = KeptSearch(choice: choice)
    write()
    writer.wait(seconds: RunJournal.stopBudget)
  }

  /// Leaves the trials of a search that did not end to another run.
  func leave() {
    guard !kept.trials.isEmpty else { return }
    write()
    writer.wait(seconds: RunJournal.stopBudget)
    if let text = writer.written {
      context.notice("what was learnt is kept, for the next run to go on from: \(text)")
    }
  }

  private func write() {
    guard context.resumes, context.runID != nil else { return }
    next = context.clock() + max(interval, 20 * writer.seconds)
    writer.write(kept.text) { [kept] in
      try TrainingProgress().file([], search: kept)
    }
  }
}
