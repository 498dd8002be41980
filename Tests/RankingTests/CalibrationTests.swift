import Testing

@testable import Ranking

struct CalibrationTests {
  /// Scores on a grid, each taken as often as the curve says.
  private func samples(slope: Double, offset: Double) -> [Calibration.Sample] {
    let curve = Calibration(slope: slope, offset: offset)
    return stride(from: -3.0, through: 3, by: 0.25).flatMap { score in
      let p = Double(curve.probability(of: Float(score)))
      return [
        Calibration.Sample(score: score, isTaken: true, weight: 1000 * p),
        Calibration.Sample(score: score, isTaken: false, weight: 1000 * (1 - p)),
      ]
    }
  }

  @Test(arguments: [(1.0, 0.0), (2.5, -4), (0.3, -7), (8, 1)])
  func aCurveThatIsThereIsFound(slope: Double, offset: Double) throws {
    let found = try #require(Calibration(samples(slope: slope, offset: offset)))
    // Probabilities are single precision.
    let (slopeError, offsetError): (Double, Double) = (
      abs(found.slope - slope), abs(found.offset - offset)
    )
    #expect(slopeError < 0.001 * slope)
    #expect(offsetError < 0.005)
  }

  @Test func whatIsTakenIsExpectedAsOftenAsItIs() throws {
    var samples: [Calibration.Sample] = []
    for place in 0..<500 {
      let score = Double((place * 37) % 100) / 10
      let isTaken = place % 50 == 0 || place % 37 == 0
      samples.append(Calibration.Sample(score: score, isTaken: isTaken, weight: 3))
    }
    let found = try #require(Calibration(samples))
    var (expected, taken) = (0.0, 0.0)
    for sample in samples {
      expected += sample.weight * Double(found.probability(of: Float(sample.score)))
      if sample.isTaken { taken += sample.weight }
    }
    let difference: Double = abs(expected - taken)
    #expect(difference < 0.001 * taken)
  }

  @Test func scoresThatTellEverythingApartHaveAFiniteAnswer() throws {
    let found = try #require(
      Calibration(
        (0..<40).map {
          .init(score: Double($0), isTaken: $0 >= 30, weight: 1)
        }))
    #expect(found.slope.isFinite && found.offset.isFinite)
    #expect(found.probability(of: 35) > 0.9 && found.probability(of: 5) < 0.1)
  }

  @Test func aModelThatKnowsNothingOrTheContraryKeepsItsOrder() throws {
    for samples in [samples(slope: 1, offset: -2), samples(slope: 1e-12, offset: -2)] {
      let turned = samples.map {
        Calibration.Sample(score: -$0.score, isTaken: $0.isTaken, weight: $0.weight)
      }
      let found = try #require(Calibration(turned))
      #expect(found.slope > 0)
      #expect(found.probability(of: 1) > found.probability(of: 0))
      #expect(abs(found.probability(of: 1) - found.probability(of: -1)) < 0.01)
    }
  }

  @Test func withoutBothKindsThereIsNone() {
    #expect(Calibration([]) == nil)
    #expect(Calibration([.init(score: 1, isTaken: true, weight: 1)]) == nil)
    #expect(Calibration([.init(score: 1, isTaken: false, weight: 1)]) == nil)
    #expect(
      Calibration([
        .init(score: .infinity, isTaken: true, weight: 1),
        .init(score: 0, isTaken: false, weight: 1),
      ]) == nil)
  }
}
