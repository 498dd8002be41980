import Interactions
import Testing

/// The paper's validation: a random interaction before the last.
struct RandomValidationTests {
  private let log = table(
    (0..<200).flatMap { user in
      (0..<(user < 190 ? 5 : 2)).map { place in
        Event(
          user: UInt32(user), item: UInt32((user * 7 + place * 3) % 40),
          second: UInt32(place * 10 % 40), weight: 2)
      }
    }, users: 200, items: 40)
  private var sequences: UserSequences { UserSequences(firstEventsOf: log) }

  @Test func `the test items are those of the other split, and every item is somewhere once`() {
    let latest = HoldoutSplit(log, sequences)
    let random = HoldoutSplit(log, sequences, randomValidation: 3)
    #expect(random.test == latest.test)
    for user in 0..<200 {
      var all = random.training[user].map { Int32($0) }
      for held in [random.test[user], random.validation[user]] where held >= 0 { all.append(held) }
      #expect(all.sorted() == log.history[user].map { Int32($0) })
      #expect((random.test[user] < 0) == (user >= 190))
      #expect((random.validation[user] < 0) == (user >= 190))
    }
    #expect(random.trainingWeights.count == random.training.count)
  }

  @Test func `which one is validation follows from the seed, and all have their turn`() {
    let one = HoldoutSplit(log, sequences, randomValidation: 1)
    #expect(one == HoldoutSplit(log, sequences, randomValidation: 1))
    #expect(one.validation != HoldoutSplit(log, sequences, randomValidation: 2).validation)
    var seen = Set<Int32>()
    for seed in UInt64(0)..<60 {
      seen.insert(HoldoutSplit(log, sequences, randomValidation: seed).validation[0])
    }
    #expect(seen.count == 4)
  }
}
