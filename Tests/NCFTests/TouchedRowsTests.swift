import Interactions
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
    let lists: [[UInt32]] = (0..<50).map { user in (0..<20).map { UInt32(($0 * 3 + user) % 60) } }
    let positives = UserItems(lists: lists)
    let source = EpochSource(
      sampler: UniformNegativeSampler(positives: positives, itemCount: 60), weights: [],
      owners: InteractionOwners(positives), seed: 9, epoch: 1)
    let plan = BatchPlan(maximumGroups: 1_000, groupSize: 5)
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

  @Test func aUserWhoHasEverythingGetsNegativesThatCountForNothing() {
    let positives = UserItems(lists: [[0, 1, 2]])
    let source = EpochSource(
      sampler: UniformNegativeSampler(positives: positives, itemCount: 3), weights: [],
      owners: InteractionOwners(positives), seed: 9, epoch: 1)
    let plan = BatchPlan(maximumGroups: 3, groupSize: 3)
    plan.prepare(positions: 0..<3, of: source)
    for sample in 0..<9 { #expect(plan.weights[sample] == (sample % 3 == 0 ? 1 : 0)) }
  }
}
