import Foundation
import Testing

@testable import Ranking

struct PairedTestTests {
  /// The upper tail of Student's distribution where it has a closed form.
  private func closedForm(_ t: Double, _ degrees: Int) -> Double {
    let square = t * t
    switch degrees {
    case 1: return 0.5 - atan(t) / Double.pi
    case 2: return 0.5 - t / (2 * (2 + square).squareRoot())
    case 3:
      let root = t / 3.0.squareRoot()
      return 0.5 - (root / (1 + square / 3) + atan(root)) / Double.pi
    default:
      let ratio = t / (4 + square).squareRoot()
      return 0.5 - 0.75 * (ratio - ratio * ratio * ratio / 3)
    }
  }

  @Test(arguments: [1, 2, 3, 4]) func `tails are those of the closed forms`(degrees: Int) {
    for t in [0.0, 0.001, 0.3, 1, 1.5, 2, 3.7, 12] {
      let tail = StudentT(degreesOfFreedom: Double(degrees)).upperTail(t)
      #expect(abs(tail - closedForm(t, degrees)) < 1e-11)
    }
  }

  @Test(arguments: [
    (5, 2.570581835636314, 0.025), (10, 1.812461122811676, 0.05), (10, 3.169272667175838, 0.005),
    (30, 2.042272456301238, 0.025), (100, 2.625890520721137, 0.005),
  ])
  func `tails are those of printed tables`(degrees: Int, t: Double, expected: Double) {
    let tail = StudentT(degreesOfFreedom: Double(degrees)).upperTail(t)
    #expect(abs(tail - expected) < 1e-9)
  }

  @Test(arguments: [0.5, 1.96, 2.5758, 4])
  func `with very many degrees of freedom it is the normal distribution`(t: Double) {
    let tail = StudentT(degreesOfFreedom: 1e8).upperTail(t)
    #expect(abs(tail - 0.5 * erfc(t / 2.0.squareRoot())) < 1e-7)
  }

  @Test func `a difference by hand`() throws {
    // Differences 1, 2, 3, 0, 4: mean 2, deviation sqrt(2.5), so t = 2 / sqrt(0.5).
    let test = try #require(PairedTest([2, 4, 6, 1, 8], [1, 2, 3, 1, 4]))
    #expect(test.meanDifference == 2)
    #expect(test.degreesOfFreedom == 4)
    #expect(abs(test.t - 2.8284271247461903) < 1e-12)
    #expect(abs(test.firstIsBetter - closedForm(test.t, 4)) < 1e-11)
    #expect(abs(test.twoSided - 2 * test.firstIsBetter) < 1e-15)
    #expect(abs(test.firstIsBetter + test.secondIsBetter - 1) < 1e-15)
    let reversed = try #require(PairedTest([1, 2, 3, 1, 4], [2, 4, 6, 1, 8]))
    #expect(reversed.t == -test.t)
    #expect(reversed.secondIsBetter == test.firstIsBetter)
  }

  @Test func `equal models don't differ, and a constant difference is certain`() throws {
    let equal = try #require(PairedTest([0.5, 0.25, 1], [0.5, 0.25, 1]))
    #expect(equal.t == 0)
    #expect(equal.twoSided == 1)
    #expect(equal.firstIsBetter == 0.5)
    let constant = try #require(PairedTest([2, 3, 4], [1, 2, 3]))
    #expect(constant.t == .infinity)
    #expect(constant.twoSided == 0)
    #expect(constant.firstIsBetter == 0)
    #expect(constant.secondIsBetter == 1)
    #expect(PairedTest([1], [2]) == nil)
  }
}
