import Interactions
import Lanes
import Testing

@testable import NCF

@Suite struct TouchedRowsTests {
  let memory = Memory()

  @Test(arguments: [1, 2, 17, 255, 1_000])
  func everyReferenceIsInTheChainOfItsRowInOrder(count: Int) {
    var random = CounterRandom(seed: 3, stream: UInt64(count))
    // Rows with equal low bits, so that the hash table has to look further.
    let references = (0..<count).map { _ in UInt32(random.uniform(below: 40)) << 20 }
    let touched = TouchedRows(capacity: count)
    for _ in 0..<2 {
      touched.collect(memory.words(references), count: count)
      var chains: [UInt32: [Int]] = [:]
      for slot in 0..<touched.count {
        var reference = touched.first[slot]
        while reference >= 0 {
          chains[touched.rows[slot], default: []].append(Int(reference))
          reference = touched.next[Int(reference)]
        }
      }
      #expect(chains == Dictionary(grouping: references.indices) { references[$0] })
      #expect(touched.count == Set(references).count)
    }
  }

  @Test func anOwnerIsFoundForEveryInteraction() {
    let lists: [[UInt32]] = [[], [1], [], [], Array(0..<200), [], [3, 4], Array(5..<70), []]
    let positives = UserItems(lists: lists)
    let owners = InteractionOwners(positives)
    for user in lists.indices {
      for interaction in positives.range(of: user) {
        #expect(owners.user(of: interaction) == user)
      }
    }
  }

  @Test func aBatchHoldsEachPositiveWithNegativesThatAreNone() {
    let positives = Self.positives
    let source = source(positives)
    let plan = plan(groups: 1_000, groupSize: 5)
    plan.prepare(positions: 0..<1_000, of: source)
    var seen = Set<[UInt32]>()
    for group in 0..<1_000 {
      let user = Int(plan.users[group])
      seen.insert([UInt32(user), plan.items[group * 5]])
      #expect(positives.contains(user: user, item: plan.items[group * 5]))
      for place in 1..<5 {
        #expect(!positives.contains(user: user, item: plan.items[group * 5 + place]))
      }
    }
    #expect(seen.count == 1_000)
  }

  @Test func eachKnownNegativeComesOnceAnEpochOnAverageWithItsWeight() {
    let positives = Self.positives
    // Every user but the first one has turned down two items that nobody else would draw.
    let known = KnownNegatives(
      items: UserItems(lists: (0..<50).map { $0 == 0 ? [] : [100, 200] }),
      weights: (0..<98).map { $0 % 2 == 0 ? 3 : 0.5 })
    var times: [UInt32: Int] = [:]
    let plan = plan(groups: 1_000, groupSize: 5)
    for epoch in 1...20 {
      plan.prepare(positions: 0..<1_000, of: source(positives, epoch: epoch))
      let drawn = (0..<5_000).map { plan.items[$0] }
      plan.prepare(positions: 0..<1_000, of: source(positives, known: known, epoch: epoch))
      for sample in 0..<5_000 {
        let item = plan.items[sample]
        if plan.users[sample / 5] == 0 { #expect(item == drawn[sample]) }
        guard item >= 100 else { continue }
        times[item, default: 0] += 1
        #expect(plan.weights[sample] == (item == 100 ? 3 : 0.5))
        #expect(sample % 5 != 0)
      }
    }
    // 49 users and 20 epochs: 980 on average, 31 the standard deviation.
    for item in [100, 200] as [UInt32] { #expect(abs((times[item] ?? 0) - 980) < 125) }
  }

  @Test func moreKnownNegativesThanPlacesShareThem() {
    let positives = UserItems(lists: [[0]])
    let known = KnownNegatives(
      items: UserItems(lists: [Array(1..<40)]), weights: [Float](repeating: 1, count: 39))
    let plan = plan(groups: 1, groupSize: 5)
    var drawn: Set<UInt32> = []
    for epoch in 1...60 {
      plan.prepare(positions: 0..<1, of: source(positives, known: known, epoch: epoch))
      for sample in 1..<5 { drawn.insert(plan.items[sample]) }
    }
    #expect(drawn.count > 35 && drawn.isSubset(of: Set(1..<40)))
  }

  @Test func aUserWhoHasEverythingGetsNegativesThatCountForNothing() {
    let positives = UserItems(lists: [[0, 1, 2]])
    let plan = plan(groups: 3, groupSize: 3)
    plan.prepare(positions: 0..<3, of: source(positives, itemCount: 3))
    for sample in 0..<9 { #expect(plan.weights[sample] == (sample % 3 == 0 ? 1 : 0)) }
  }

  @Test(arguments: [1, 2, 3, 5], [1, 2, 40, 333])
  func everyRowIsMovedByOnePartOrSharedByAll(parts: Int, groups: Int) {
    let positives = Self.positives
    let source = source(positives)
    let plan = plan(groups: groups, groupSize: 5, parts: parts)
    plan.prepare(positions: 0..<groups, of: source)
    #expect(plan.firstGroup(ofPart: 0) == 0 && plan.firstGroup(ofPart: parts) == groups)
    var times = [Int](repeating: 0, count: plan.itemRows.count)
    for part in 0..<parts {
      let own = plan.firstGroup(ofPart: part) * 5..<plan.firstGroup(ofPart: part + 1) * 5
      for slot in plan.itemRows.slots(firstIn: own)
      where plan.itemRows.ends(slot, before: own.upperBound) {
        times[slot] += 1
        for sample in 0..<groups * 5 where plan.items[sample] == plan.itemRows.rows[slot] {
          #expect(own.contains(sample))
        }
      }
    }
    for place in 0..<plan.itemRows.sharedCount { times[Int(plan.itemRows.shared[place])] += 1 }
    #expect(times.allSatisfy { $0 == 1 })
  }

  /// Twenty of sixty items for each of fifty users.
  private static let positives = UserItems(
    lists: (0..<50).map { user in (0..<20).map { UInt32(($0 * 3 + user) % 60) } })

  private func source(
    _ positives: UserItems, itemCount: Int = 60, known: KnownNegatives? = nil, epoch: Int = 1
  ) -> EpochSource {
    EpochSource(
      sampler: NegativeSampler(.uniform, positives: positives, itemCount: itemCount),
      positives: positives, weights: [], known: known, negatives: 4,
      owners: InteractionOwners(positives), seed: 9, epoch: epoch)
  }

  private func plan(groups: Int, groupSize: Int, parts: Int = 1) -> BatchPlan {
    let layout = ParameterLayout(ModelSpec(gmfWidth: 8, tower: [16, 8]))
    return BatchPlan(
      maximumGroups: groups, groupSize: groupSize,
      tiling: Tiling(layout: layout, groups: groups, groupSize: groupSize), parts: parts)
  }
}
