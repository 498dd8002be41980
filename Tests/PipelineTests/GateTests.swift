import Baselines
import Testing

@testable import Jobs
@testable import Pipeline

struct GateTests {
  /// A night after others that may be published.
  private let good = Gate.Figures(
    isFinite: true, challenger: [0.5, 0.6, 0.4, 0.5], itemPop: [0.1, 0.2, 0.1, 0.2],
    live: [0.5, 0.6, 0.4, 0.5], coverage: 0.3, liveCoverage: 0.4, users: 100, rows: 1000,
    liveUsers: 100, liveRows: 1000)

  private func reasons(
    _ limits: Job.GateLimits = Job.GateLimits(), _ change: (inout Gate.Figures) -> Void
  ) -> [String] {
    var figures = good
    change(&figures)
    if case .refuse(let reasons) = Gate.decide(figures, limits: limits) { return reasons }
    return []
  }

  @Test func aModelAsGoodAsTheLiveOneIsPublished() {
    #expect(Gate.decide(good, limits: Job.GateLimits()) == .publish)
  }

  @Test func theFirstNightNeedsOnlyToBeatItemPop() {
    let first = reasons {
      ($0.live, $0.liveCoverage, $0.liveUsers, $0.liveRows) = (nil, nil, nil, nil)
    }
    #expect(first.isEmpty)
    let equal = reasons {
      ($0.live, $0.liveCoverage, $0.liveUsers, $0.liveRows) = (nil, nil, nil, nil)
      $0.itemPop = $0.challenger
    }
    #expect(equal.count == 1 && equal[0].contains("ItemPop"))
  }

  @Test func laterNightsMayEqualItemPopButNotFallBelow() {
    #expect(reasons { $0.itemPop = $0.challenger }.isEmpty)
    #expect(
      reasons {
        $0.itemPop = [1, 0.6, 0.5, 0.6]
      }.count == 1)
  }

  @Test func aJobThatPublishesItemPopIsNotHeldAgainstIt() {
    let first = reasons {
      ($0.live, $0.liveCoverage, $0.liveUsers, $0.liveRows) = (nil, nil, nil, nil)
      $0.itemPop = nil
    }
    #expect(first.isEmpty)
  }

  @Test func lossesThatAreNotFiniteAreRefused() {
    #expect(reasons { $0.isFinite = false } == ["a loss or a parameter is not a finite number"])
  }

  @Test func beingWorseThanTheLiveModelNeedsBothSizeAndSignificance() {
    let live = (0..<200).map { 0.5 + 0.001 * Double($0 % 7) }
    let popular = [Double](repeating: 0, count: 200)
    // Every user 10 % worse: significant and beyond the tolerance.
    let clear = reasons {
      ($0.live, $0.challenger, $0.itemPop) = (live, live.map { $0 * 0.9 }, popular)
    }
    #expect(clear.count == 1 && clear[0].contains("live model"))
    #expect(clear.first?.hasSuffix("by more than 2.0 % (p < .001)") == true)
    // Every user 1 % worse: significant, but within the tolerance.
    #expect(
      reasons {
        ($0.live, $0.challenger, $0.itemPop) = (live, live.map { $0 * 0.99 }, popular)
      }.isEmpty)
    // One user much worse, the others the same: beyond the tolerance, but chance explains it.
    #expect(
      reasons {
        ($0.live, $0.itemPop) = ([1, 0.1, 0.2, 0.3], [0, 0, 0, 0])
        $0.challenger = [0.5, 0.1, 0.2, 0.3]
      }.isEmpty)
  }

  @Test func aPopularListThatWasChosenNeedNotBeAboveItemPop() {
    #expect(
      reasons {
        ($0.challenger, $0.itemPop, $0.live) = ([0.1, 0.1], [0.2, 0.1], nil)
        $0.isPopularList = true
      }.isEmpty)
  }

  @Test func listsOfAFewItemsAreRefused() {
    #expect(reasons { $0.coverage = 0.19 }.count == 1)
    #expect(reasons { $0.coverage = 0.2 }.isEmpty)
  }

  @Test func shrinkingTooMuchIsRefusedForUsersAndForRows() {
    #expect(reasons { ($0.users, $0.rows) = (80, 800) }.isEmpty)
    #expect(reasons { $0.users = 79 } == ["users fell from 100 to 79"])
    #expect(reasons { $0.rows = 799 } == ["rows to publish fell from 1000 to 799"])
    #expect(reasons(Job.GateLimits(maxShrink: 0.5)) { $0.users = 60 }.isEmpty)
    // The numbers of a few users say little.
    #expect(reasons { ($0.liveUsers, $0.users, $0.rows) = (99, 10, 100) }.isEmpty)
  }

  @Test func nothingMeasuredIsRefused() {
    let reasons = reasons {
      ($0.challenger, $0.itemPop, $0.live) = ([], [], nil)
    }
    #expect(reasons.count == 1 && reasons[0].contains("nothing was measured"))
  }
}
