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
    if context.request.isBackfill { return known }
    return known.isOutgrown(by: inputs.pulled, context.job.evaluation) ? nil : known
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
