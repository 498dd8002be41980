import Foundation
import Testing

@testable import Ranking

struct ScoreCurveTests {
  /// Numbers on a grid, each taken as often as the curve says.
  private func samples(slope: Double, offset: Double) -> [ScoreCurve.Sample] {
    let curve = ScoreCurve(slope: slope, offset: offset)
    return stride(from: -3.0, through: 3, by: 0.25).flatMap { x in
      let p = curve.probability(x)
      return [
        ScoreCurve.Sample(x: x, isTaken: true, weight: 1000 * p),
        ScoreCurve.Sample(x: x, isTaken: false, weight: 1000 * (1 - p)),
      ]
    }
  }

  @Test(arguments: [(1.0, 0.0), (2.5, -4), (0.3, -7), (8, 1)])
  func aCurveThatIsThereIsFound(slope: Double, offset: Double) throws {
    let found = try #require(ScoreCurve(samples(slope: slope, offset: offset)))
    let (slopeError, offsetError): (Double, Double) = (
      abs(found.slope - slope), abs(found.offset - offset)
    )
    #expect(slopeError < 0.0001 * slope)
    #expect(offsetError < 0.0005)
  }

  @Test func whatIsTakenIsExpectedAsOftenAsItIs() throws {
    var samples: [ScoreCurve.Sample] = []
    for place in 0..<500 {
      let x = Double((place * 37) % 100) / 10
      let isTaken = place % 50 == 0 || place % 37 == 0
      samples.append(ScoreCurve.Sample(x: x, isTaken: isTaken, weight: 3))
    }
    let found = try #require(ScoreCurve(samples))
    var (expected, taken) = (0.0, 0.0)
    for sample in samples {
      expected += sample.weight * found.probability(sample.x)
      if sample.isTaken { taken += sample.weight }
    }
    let difference: Double = abs(expected - taken)
    #expect(difference < 0.001 * taken)
  }

  @Test func numbersThatTellEverythingApartHaveAFiniteAnswer() throws {
    let found = try #require(
      ScoreCurve((0..<40).map { .init(x: Double($0), isTaken: $0 >= 30, weight: 1) }))
    #expect(found.slope.isFinite && found.offset.isFinite)
    #expect(found.probability(35) > 0.9 && found.probability(5) < 0.1)
  }

  @Test func whatSaysNothingOrTheContraryKeepsItsOrder() throws {
    for samples in [samples(slope: 1, offset: -2), samples(slope: 1e-12, offset: -2)] {
      let turned = samples.map {
        ScoreCurve.Sample(x: -$0.x, isTaken: $0.isTaken, weight: $0.weight)
      }
      let found = try #require(ScoreCurve(turned))
      #expect(found.slope > 0)
      #expect(found.probability(1) > found.probability(0))
      #expect(abs(found.probability(1) - found.probability(-1)) < 0.01)
    }
  }

  @Test func withoutBothKindsThereIsNone() {
    #expect(ScoreCurve([]) == nil)
    #expect(ScoreCurve([.init(x: 1, isTaken: true, weight: 1)]) == nil)
    #expect(ScoreCurve([.init(x: 1, isTaken: false, weight: 1)]) == nil)
    #expect(
      ScoreCurve([
        .init(x: .infinity, isTaken: true, weight: 1), .init(x: 0, isTaken: false, weight: 1),
      ]) == nil)
  }

  @Test func aPriorOfAsManyUsersIsMetHalfWay() throws {
    let truth = ScoreCurve(slope: 1.2, offset: -2.2)
    let samples = samples(slope: truth.slope, offset: truth.offset)
    let prior = ScoreCurve(slope: 1, offset: -2)
    for (strength, share) in [(1.0, 0.5), (3, 0.25), (1e-6, 1), (1e6, 0)] {
      let found = try #require(ScoreCurve(samples, prior: .init(prior, strength: strength)))
      #expect(abs(found.slope - (1 + 0.2 * share)) < 0.02)
      #expect(abs(found.offset - (-2 - 0.2 * share)) < 0.02)
    }
  }

  @Test func aPriorStandsWhereNothingIsTakenOrNobodyIsTested() throws {
    let prior = ScoreCurve(slope: 1, offset: -5)
    #expect(ScoreCurve([], prior: .init(prior, strength: 100)) == prior)
    let none = (0..<50).map { ScoreCurve.Sample(x: Double($0 % 5), isTaken: false) }
    let found = try #require(ScoreCurve(none, prior: .init(prior, strength: 100)))
    #expect(abs(found.probability(2) / prior.probability(2) - 1) < 0.02)
    #expect(found.probability(2) < prior.probability(2))
  }
}
