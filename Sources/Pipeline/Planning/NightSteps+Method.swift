import Jobs
import Recommenders
import RunSupport
import Source
import Store

/// The steps that choose the method.
extension NightSteps {
  /// Searches for the method, unless a choice is taken over, and records the choice.
  ///
  /// A stopped run's search goes on where it was.
  ///
  /// - Parameters:
  ///   - known: the choice of an earlier run.
  ///   - inputs: what was read, and the stopped run.
  /// - Returns: the choice; nil where the job names its method.
  /// - Throws: `BatchError` when interrupted; `PostgresError`.
  func choosing(_ known: MethodSelection?, _ inputs: RunInputs) throws -> MethodSelection? {
    guard context.configured.method == .auto else { return nil }
    let chosen = try takenOver(known, inputs) ?? searched(inputs)
    if let (record, progress) = recorded {
      try record.choice(try chosen.choice.json(), searchedBy: chosen.run ?? record.runID)
      progress.choice = try context.connected(for: "choice") {
        try ChoiceReader(on: $0).chosen(for: record.runID)
      }
    }
    return chosen
  }

  /// The choice of an earlier run; nil where a search is due or goes on.
  private func takenOver(_ known: MethodSelection?, _ inputs: RunInputs) -> MethodSelection? {
    guard let known, inputs.stopped?.training.search == nil else { return nil }
    return known.kept(for: inputs.pulled, context)
  }

  private func searched(_ inputs: RunInputs) throws -> MethodSelection {
    let journal = SearchJournal(inputs, context)
    if let stopped = inputs.stopped?.training, let search = stopped.search {
      try record?.resumed(stopped.run)
      context.notice("goes on from run \(stopped.run): \(search.text)")
    }
    do {
      return try MethodSelection(searching: inputs.pulled, journal, context)
    } catch {
      journal.leave()
      throw error
    }
  }
}

extension MethodSelection {
  /// The choice, unless the log has outgrown it; that is told.
  ///
  /// - Parameters:
  ///   - pulled: what was read.
  ///   - context: the run.
  /// - Returns: nil where a search is due.
  func kept(for pulled: Dataset, _ context: RunContext) -> MethodSelection? {
    guard !context.request.isBackfill, isOutgrown(by: pulled, context.configured.evaluation) else {
      return self
    }
    context.notice(
      "twice as many users can be judged as for the choice\(run.map { " of run \($0)" } ?? ""): the "
        + "method is searched for again")
    return nil
  }
}
