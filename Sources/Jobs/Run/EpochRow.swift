package import NCF

/// One row of `ncf.epochs`: an epoch of a network, or an iteration of a baseline.
package struct EpochRow: Sendable, Equatable {
  /// Phase of a network's training, or the baseline's name.
  package let phase: String
  /// Whether it belongs to the second training, on training and validation interactions together.
  package let isRefit: Bool
  /// Counted from 1; 0 is the state before any step.
  package let epoch: Int
  /// Mean loss of a sample; nan where there was none.
  package let loss: Double
  /// Hit ratio on the validation items; nan where it was not measured.
  package let hr: Double
  /// Normalised discounted cumulative gain on the validation items; nan where it was not measured.
  package let ndcg: Double
  /// Seconds of training, without validation.
  package let seconds: Double
  /// Samples trained on, positives and negatives; of a baseline, interactions.
  package let samples: Int
  /// Samples a second.
  package let samplesPerSecond: Double
  /// Whether it is the best of its phase so far.
  package let isBest: Bool

  /// A row with its figures.
  package init(
    phase: String, isRefit: Bool, epoch: Int, loss: Double, hr: Double, ndcg: Double,
    seconds: Double, samples: Int, samplesPerSecond: Double, isBest: Bool
  ) {
    (self.phase, self.isRefit, self.epoch) = (phase, isRefit, epoch)
    (self.loss, self.hr, self.ndcg) = (loss, hr, ndcg)
    (self.seconds, self.samplesPerSecond) = (seconds, samplesPerSecond)
    (self.samples, self.isBest) = (samples, isBest)
  }

  /// An epoch of a network.
  ///
  /// - Parameters:
  ///   - record: what training told.
  ///   - isRefit: whether it belongs to the second training.
  package init(_ record: EpochRecord, isRefit: Bool) {
    phase = record.phase.rawValue
    self.isRefit = isRefit
    epoch = record.epoch
    (loss, hr, ndcg) = (record.loss, record.hr, record.ndcg)
    (seconds, samplesPerSecond) = (record.seconds, record.samplesPerSecond)
    samples = record.samples
    isBest = record.isBest
  }

  /// An iteration of a baseline; `quality` is known of the last one only.
  package init(
    baseline: String, iteration: Int, seconds: Double, interactions: Int,
    quality: (hr: Double, ndcg: Double)?, isRefit: Bool
  ) {
    phase = baseline
    self.isRefit = isRefit
    epoch = iteration
    loss = .nan
    hr = quality?.hr ?? .nan
    ndcg = quality?.ndcg ?? .nan
    self.seconds = seconds
    samples = interactions
    samplesPerSecond = Double(interactions) / max(seconds, 1e-9)
    isBest = quality != nil
  }
}
