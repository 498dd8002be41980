/// The state of a training, with what an earlier process had done of it.
///
/// A training is a row of steps, each with a name: its phases, and what they start from. Code that runs
/// them asks here first: a step that is finished gives its model, the one that was under way goes on
/// where it stood, and steps before it are never asked for.
package final class TrainingJournal {
  /// The step that makes a GMF of a factorisation.
  static let factors = "factors"

  /// What is done, and while a training that is gone on from has not come to it, what was under way.
  package private(set) var progress: TrainingProgress
  /// Whether a step is under way, so that `progress` alone is not where the training stands.
  package private(set) var isInStep = false

  /// Begins a journal.
  ///
  /// - Parameter progress: what an earlier process had done.
  package init(goingOnFrom progress: consuming TrainingProgress = TrainingProgress()) {
    self.progress = progress
  }

  /// The steps of one training among those of a run.
  ///
  /// - Parameter name: tells it from others; empty for the first.
  /// - Returns: what the code that runs that training asks.
  package func chapter(_ name: String = "") -> Chapter { Chapter(journal: self, name: name) }

  /// The steps of one training among those of a run, such as a refit's.
  package struct Chapter {
    fileprivate let journal: TrainingJournal
    fileprivate let name: String

    /// Which epochs its finished phases kept.
    package var epochs: [Phase: Int] {
      var epochs: [Phase: Int] = [:]
      for phase in Phase.allCases {
        if let epoch = journal.progress.epochs[full(phase.rawValue)] { epochs[phase] = epoch }
      }
      return epochs
    }

    private func full(_ step: String) -> String { name.isEmpty ? step : "\(name)/\(step)" }

    /// What a step gave; nil when it is not finished, or what it gave has been used up.
    func finished(_ step: String) -> (model: Model, epoch: Int)? {
      let progress = journal.progress
      guard let model = progress.models[full(step)], let epoch = progress.epochs[full(step)] else {
        return nil
      }
      return (model, epoch)
    }

    /// Where a step stood that an earlier process had begun; given once.
    func takeState(of step: String) -> PhaseState? {
      guard let current = journal.progress.current, current.step == full(step) else { return nil }
      journal.progress.current = nil
      journal.isInStep = true
      return current.state
    }

    /// Begins a step; a joint model uses up what it was joined from.
    func begin(_ step: String) {
      journal.isInStep = true
      guard step == Phase.neumf.rawValue else { return }
      dropParts()
      journal.progress.models[full(Phase.join.rawValue)] = nil
    }

    private func dropParts() {
      for part in [Phase.gmf.rawValue, Phase.mlp.rawValue, TrainingJournal.factors] {
        journal.progress.models[full(part)] = nil
      }
    }

    /// Ends a step; its observer may take a checkpoint.
    ///
    /// Parts that are joined are used up.
    func finish(
      _ step: String, _ model: Model, epoch: Int, _ observer: any TrainingObserver
    ) throws {
      journal.isInStep = false
      if step == Phase.join.rawValue { dropParts() }
      let own = full(step)
      journal.progress.models[own] = model
      journal.progress.epochs[own] = epoch
      observer.stepEnded()
      if observer.wantsCheckpoint { try observer.checkpoint(journal.progress) }
    }

    /// Offers the observer a checkpoint within a step.
    func offer(
      _ step: String, to observer: any TrainingObserver, _ state: () -> PhaseState?
    ) throws {
      guard observer.wantsCheckpoint, let state = state() else { return }
      var progress = journal.progress
      progress.current = TrainingProgress.Current(step: full(step), state: state)
      try observer.checkpoint(progress)
    }
  }
}
