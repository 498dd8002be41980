/// Parts that were trained before, so that models which share a part don't train it twice.
///
/// A part alone, and the same part as pre-training of a joint model [13], start from the same seed and
/// go the same way. Belongs to one division of one log: make another one for other positives.
package final class TrainedParts {
  /// Everything that decides how a part comes out.
  private struct Key: Equatable {
    var spec: ModelSpec
    var options: TrainingOptions
    /// How many epochs of a refit; nil where validation chooses.
    var epochs: Int?
  }

  /// A trained part and how it came about.
  struct Part {
    /// The model of the epoch that was kept.
    let model: Model
    /// Which epoch that is.
    let epoch: Int
    /// What was told of each epoch.
    let records: [EpochRecord]
    /// How long it took.
    let seconds: Double
  }

  private var kept: [(key: Key, part: Part, isCounted: Bool)] = []
  private let capacity: Int

  /// Seconds that parts took which were known before `beginModel()`, each part once.
  package private(set) var secondsSaved = 0.0

  /// Knows nothing yet, and keeps the newest parts: 2 for each trained model of a refit.
  package init(capacity: Int = 6) { self.capacity = capacity }

  /// Begins to count what is saved from here on.
  package func beginModel() {
    secondsSaved = 0
    for place in kept.indices { kept[place].isCounted = false }
  }

  /// Gives a part that is known, or trains it and keeps it.
  func part(
    _ spec: ModelSpec, _ options: TrainingOptions, epochs: Int?, train: () throws -> Part
  ) rethrows -> Part {
    var alone = options
    // What doesn't touch a part by itself.
    (alone.pretrain, alone.alpha, alone.joint) = (.none, 0, alone.pretraining)
    alone.refit = false
    alone.leaveOutTower(lackingIn: spec)
    let key = Key(spec: spec, options: alone, epochs: epochs)
    if let place = kept.firstIndex(where: { $0.key == key }) {
      var known = kept.remove(at: place)
      if !known.isCounted { secondsSaved += known.part.seconds }
      known.isCounted = true
      kept.append(known)
      return known.part
    }
    let part = try train()
    kept.append((key, part, isCounted: true))
    if kept.count > capacity { kept.removeFirst() }
    return part
  }
}
