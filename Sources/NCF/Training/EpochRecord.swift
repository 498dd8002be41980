/// One epoch of a network, or one iteration of a baseline: a row of `ncf.epochs`.
///
/// In JSON a figure that was not measured is left out.
package struct EpochRecord: Sendable, Equatable, Codable {
  /// Phase of a network's training, or the baseline's name.
  package var phase: String
  /// Whether it belongs to the second training, on training and validation interactions together.
  package let isRefit: Bool
  /// Counted from 1; 0 is the state before any step.
  package let epoch: Int
  private let measuredLoss, measuredHR, measuredNDCG: Double?
  /// Seconds of training, without validation.
  package let seconds: Double
  /// Samples trained on, positives and negatives; of a baseline, interactions.
  package let samples: Int
  /// Samples a second.
  package let samplesPerSecond: Double
  /// Whether it is the best of its phase so far.
  package let isBest: Bool

  private enum CodingKeys: String, CodingKey {
    case phase, isRefit, epoch, seconds, samples, samplesPerSecond, isBest
    case measuredLoss = "loss"
    case measuredHR = "hr"
    case measuredNDCG = "ndcg"
  }

  /// Mean loss of a sample; nan where there was none.
  package var loss: Double { measuredLoss ?? .nan }
  /// Hit ratio on the validation items; nan where it was not measured.
  package var hr: Double { measuredHR ?? .nan }
  /// Normalised discounted cumulative gain on the validation items; nan where it was not measured.
  package var ndcg: Double { measuredNDCG ?? .nan }

  /// An epoch, or an iteration.
  ///
  /// - Parameters:
  ///   - phase: name of the phase or of the baseline.
  ///   - epoch: counted from 1; 0 is the state before any step.
  ///   - loss: nan for none.
  ///   - quality: on validation; nil or nan where it was not measured.
  ///   - seconds: its duration.
  ///   - samples: trained on.
  ///   - isBest: whether it is the best so far.
  ///   - isRefit: whether it belongs to the second training.
  package init(
    _ phase: String, _ epoch: Int, loss: Double = .nan, _ quality: (hr: Double, ndcg: Double)?,
    seconds: Double, samples: Int, isBest: Bool, isRefit: Bool = false
  ) {
    func number(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
    (self.phase, self.epoch, self.isBest, self.isRefit) = (phase, epoch, isBest, isRefit)
    (measuredLoss, measuredHR, measuredNDCG) = (
      number(loss), number(quality?.hr), number(quality?.ndcg)
    )
    (self.seconds, self.samples) = (seconds, samples)
    samplesPerSecond = Double(samples) / max(seconds, 1e-9)
  }
}
