import Testing

@testable import Interactions
@testable import Store

struct NewItemFinderTests {
  private struct Event {
    var user: Int
    var item: UInt32
    var second: UInt32
  }

  private static func sequences(_ events: [Event], users: Int) -> UserSequences {
    var offsets = [0]
    var (items, seconds): ([UInt32], [UInt32]) = ([], [])
    for user in 0..<users {
      // Of one second in the order of their items.
      let own = events.filter { $0.user == user }
        .sorted { ($0.second, $0.item) < ($1.second, $1.item) }
      items += own.map(\.item)
      seconds += own.map(\.second)
      offsets.append(items.count)
    }
    return UserSequences(offsets: offsets, items: items, seconds: seconds)
  }

  private static func found(
    _ events: [Event], users: Int, items: Int, _ spans: [ServedSpan]
  ) throws -> [NewItemFinder.Found] {
    var all: [NewItemFinder.Found] = []
    try NewItemFinder(sequences(events, users: users), itemCount: items, spans: spans)
      .forEach { all.append($0) }
    return all
  }

  /// The definition, word by word.
  private static func slowly(
    _ events: [Event], users: Int, _ spans: [ServedSpan]
  ) -> [NewItemFinder.Found] {
    var all: [NewItemFinder.Found] = []
    for user in 0..<users {
      let own = events.filter { $0.user == user }
        .sorted { ($0.second, $0.item) < ($1.second, $1.item) }
      for span in spans {
        let first = own.enumerated().first { place, event in
          event.second >= span.begins && event.second < span.ends
            && !own[..<place].contains {
              $0.item == event.item && $0.second >= span.readmittedBefore
            }
        }?.element
        guard let first else { continue }
        let history = Set(own.filter { $0.second < span.published }.map(\.item)).count
        let born = events.filter { $0.item == first.item }.map(\.second).min() ?? 0
        let days = born < span.published ? Int32((span.published - born) / 86_400) : -1
        all.append(
          .init(
            span: span.span, user: user, item: first.item, second: first.second,
            history: [0, 1, 2, 3, 5, 10, 20, 50, 100].last { $0 <= history } ?? 0,
            itemAge: [-1, 0, 1, 7, 28, 90, 365].last { $0 <= days } ?? -1))
      }
    }
    return all
  }

  @Test(arguments: 1...20) func itFindsWhatTheDefinitionSays(seed: UInt64) throws {
    var random = CounterRandom(seed: seed, stream: 0)
    let day: UInt32 = 86_400
    let events = (0..<400).map { _ in
      Event(
        user: random.uniform(below: 12), item: UInt32(random.uniform(below: 15)),
        second: UInt32(random.uniform(below: 40)) * (day / 4))
    }
    let spans = (0..<6).map { number -> ServedSpan in
      let begins = UInt32(4 + number) * day
      return ServedSpan(
        span: number, begins: begins, ends: begins + day,
        published: begins - (number.isMultiple(of: 2) ? 0 : day / 2),
        readmittedBefore: number > 3 ? begins - 2 * day : 0)
    }
    let found = try Self.found(events, users: 12, items: 15, spans)
    #expect(!found.isEmpty)
    #expect(found == Self.slowly(events, users: 12, spans))
  }

  @Test func anItemThatTheUserHadIsNotNewUntilItIsReadmitted() throws {
    let events = [Event(user: 0, item: 1, second: 100), Event(user: 0, item: 1, second: 1_000)]
    let span = ServedSpan(span: 0, begins: 900, ends: 2_000, published: 900)
    #expect(try Self.found(events, users: 1, items: 2, [span]).isEmpty)
    let again = ServedSpan(
      span: 0, begins: 900, ends: 2_000, published: 900, readmittedBefore: 101)
    #expect(try Self.found(events, users: 1, items: 2, [again]).map(\.item) == [1])
  }

  @Test func aRepeatUnderTheSameListIsNotNewOnTheNextDay() throws {
    let events = [Event(user: 0, item: 1, second: 1_000), Event(user: 0, item: 1, second: 2_500)]
    let spans = [
      ServedSpan(span: 0, begins: 900, ends: 2_000, published: 900),
      ServedSpan(span: 1, begins: 2_000, ends: 3_000, published: 900),
    ]
    #expect(try Self.found(events, users: 1, items: 2, spans).map(\.span) == [0])
  }
}
