import Interactions

/// A made-up world of users with tastes and items with titles, and the log of what they did.
///
/// Everything follows from the seed. A user likes a few genres, much more than the others; an item
/// belongs to one genre, often touches a second one, and within its genres is chosen by its
/// popularity, which falls off like a power law. Users differ in how active they are. The log is
/// computed user by user and never kept, so it can be of any length; the days after the first ones
/// continue it, with the same tastes and without changing what was before.
package struct PlantedWorld: Sendable {
  /// How many users there are.
  package let userCount: Int
  /// How many items there are.
  package let itemCount: Int
  /// How many events a user has on average in the first days.
  package let eventsPerUser: Double
  /// How many days the log spans before it is continued.
  package let days: Int
  /// When the log begins, in seconds since 1970 UTC.
  package let beginning: Int
  /// What everything follows from.
  package let seed: UInt64

  /// Each item's genre.
  private let genres: [Genre]
  /// The genre that each item touches beside its own; often the same.
  private let touched: [Genre]
  /// Each item's number among the items of its genre, which chooses its title.
  private let numbers: [Int]
  /// What each genre offers, in the order of `Genre.allCases`.
  private let shelves: [Shelf]

  /// The streams of the seed, to which a user's or an item's number is added.
  private enum Stream {
    static let items: UInt64 = 1 << 60
    static let users: UInt64 = 2 << 60
    static let events: UInt64 = 3 << 60
    static let times: UInt64 = 4 << 60
  }

  /// Plants a world.
  ///
  /// - Parameters:
  ///   - users: how many users.
  ///   - items: how many items.
  ///   - eventsPerUser: the mean over users in the first days; above 0.
  ///   - days: how many days the log spans, 1 or more.
  ///   - endingAt: when the last of these days ends, in seconds since 1970 UTC.
  ///   - seed: the same seed gives the same world.
  package init(
    users: Int, items: Int, eventsPerUser: Double, days: Int, endingAt: Int, seed: UInt64
  ) {
    precondition(users >= 0 && items >= 1 && days >= 1, "a world needs an item and a day")
    precondition(eventsPerUser > 0, "users without events")
    userCount = users
    itemCount = items
    (self.eventsPerUser, self.days, self.seed) = (eventsPerUser, days, seed)
    beginning = endingAt - days * 86_400

    var genres: [Genre] = []
    var touched: [Genre] = []
    var numbers: [Int] = []
    var shelves = [Shelf](repeating: Shelf(), count: Genre.allCases.count)
    genres.reserveCapacity(items)
    numbers.reserveCapacity(items)
    for item in 0..<items {
      var random = CounterRandom(seed: seed, stream: Stream.items + UInt64(item))
      // The minimum of two draws makes the first genres the bigger ones.
      let first = min(
        random.uniform(below: Genre.allCases.count), random.uniform(below: Genre.allCases.count))
      let second = random.uniform(below: Genre.allCases.count)
      let popularity = Self.popularity(&random)
      genres.append(Genre.allCases[first])
      touched.append(Genre.allCases[second])
      numbers.append(shelves[first].owned)
      shelves[first].owned += 1
      shelves[first].add(UInt32(item), weight: popularity)
      if second != first { shelves[second].add(UInt32(item), weight: popularity * 0.15) }
    }
    (self.genres, self.touched, self.numbers, self.shelves) = (genres, touched, numbers, shelves)
  }

  /// Returns an item's genre.
  ///
  /// - Parameter item: in `0..<itemCount`.
  /// - Returns: the genre that the item's title names.
  package func genre(ofItem item: Int) -> Genre { genres[item] }

  /// Returns an item's title, which no other item has.
  ///
  /// - Parameter item: in `0..<itemCount`.
  /// - Returns: a few words and the genre in brackets.
  package func title(ofItem item: Int) -> String { genres[item].title(numbers[item]) }

  /// Returns what a catalogue would say of an item: its genre, the genre that it touches, if that is
  /// another one, and a studio, which tells nothing of who likes it.
  ///
  /// - Parameter item: in `0..<itemCount`.
  /// - Returns: two or three words of a kind and a name.
  package func features(ofItem item: Int) -> [String] {
    let (own, other) = (genres[item], touched[item])
    return ["genre \(own.name)"] + (own == other ? [] : ["touches \(other.name)"])
      + ["studio \(mixed(seed &+ UInt64(item)) % 12)"]
  }

  /// Returns what a user would say when signing up: the two dearest genres, and a country, which tells
  /// nothing.
  ///
  /// - Parameter user: in `0..<userCount`.
  /// - Returns: three words of a kind and a name.
  package func features(ofUser user: Int) -> [String] {
    favourites(ofUser: user).prefix(2).map { "likes \($0.name)" }
      + ["country \(mixed(seed ^ UInt64(user)) % 8)"]
  }

  /// Computes which genres a user likes.
  ///
  /// - Parameter user: in `0..<userCount`.
  /// - Returns: the favourite genres, the dearest first.
  package func favourites(ofUser user: Int) -> [Genre] {
    person(user).favourites.map { Genre.allCases[$0] }
  }

  /// Reports events user by user, and in order of time within a user.
  ///
  /// - Parameters:
  ///   - range: which days, from 0; those from `self.days` on continue the log.
  ///   - users: which users; all when `nil`.
  ///   - body: gets the user, the item and the time in seconds since 1970 UTC.
  /// - Throws: what `body` throws, which ends the report.
  package func events<Failure: Error>(
    days range: Range<Int>, users: Range<Int>? = nil,
    _ body: (_ user: Int, _ item: Int, _ second: Int) throws(Failure) -> Void
  ) throws(Failure) {
    let window = beginning + range.lowerBound * 86_400..<beginning + range.upperBound * 86_400
    var taken = [Bool](repeating: false, count: itemCount)
    var times: [Int] = []
    var items: [UInt32] = []
    for user in users ?? 0..<userCount {
      let person = person(user)
      moments(of: person, user: user, days: range.upperBound, into: &times)
      // The items before the window are drawn too: nobody takes the same one again soon.
      var random = CounterRandom(seed: seed, stream: Stream.events + UInt64(user))
      items.removeAll(keepingCapacity: true)
      for second in times where second < window.upperBound {
        let item = choose(for: person, taken: taken, &random)
        if !taken[Int(item)] {
          taken[Int(item)] = true
          items.append(item)
        }
        if second >= window.lowerBound { try body(user, Int(item), second) }
      }
      for item in items { taken[Int(item)] = false }
    }
  }

  /// Draws how popular an item is: the n-th most popular one is so about in proportion to n^-0.69.
  private static func popularity(_ random: inout CounterRandom) -> Double {
    // The exponent is 1/2 + 1/8 + 1/16, by roots alone, which are the same bits on every system.
    let half = (1 - random.uniform()).squareRoot()
    let eighth = half.squareRoot().squareRoot()
    return 1 / (half * eighth * eighth.squareRoot())
  }
}

extension PlantedWorld {
  /// What moves a user.
  private struct Person {
    /// Genres, the dearest first.
    var favourites: [Int] = []
    /// How many events there are in the first days.
    var activity = 0.0
    /// The first second of the user's life in this world.
    var arrival = 0
  }

  private func person(_ user: Int) -> Person {
    var random = CounterRandom(seed: seed, stream: Stream.users + UInt64(user))
    var person = Person()
    while person.favourites.count < 3 {
      let genre = random.uniform(below: Genre.allCases.count)
      if !person.favourites.contains(genre) { person.favourites.append(genre) }
    }
    // An exponential draw, with a floor: a few users do ten times what most do, some hardly anything.
    let spread = Self.exponential(&random)
    person.activity = eventsPerUser * (0.25 + 0.75 * spread)
    // Half of the users were there from the beginning, the others came over most of the time.
    let share = max(0, random.uniform() - 0.5) * 2
    person.arrival = beginning + Int(share * 0.8 * Double(days * 86_400))
    return person
  }

  /// Computes the times of a user's events up to the end of a day, ascending.
  private func moments(of person: Person, user: Int, days: Int, into times: inout [Int]) {
    times.removeAll(keepingCapacity: true)
    var random = CounterRandom(seed: seed, stream: Stream.times + UInt64(user))
    let end = beginning + self.days * 86_400
    for _ in 0..<Self.count(mean: person.activity, &random) {
      times.append(person.arrival + random.uniform(below: end - person.arrival))
    }
    times.sort()
    guard days > self.days else { return }
    let perDay = person.activity * 86_400 / Double(end - person.arrival)
    for day in self.days..<days {
      // A stream a day: what comes on a day doesn't depend on how many days are asked for.
      var random = CounterRandom(
        seed: mixed(seed &+ UInt64(day)), stream: Stream.times + UInt64(user))
      let first = times.count
      for _ in 0..<Self.count(mean: perDay, &random) {
        times.append(beginning + day * 86_400 + random.uniform(below: 86_400))
      }
      times[first...].sort()
    }
  }

  /// Chooses a user's next item: by taste, then by popularity, rarely one that was taken before.
  private func choose(
    for person: Person, taken: [Bool], _ random: inout CounterRandom
  ) -> UInt32 {
    var item: UInt32 = 0
    for _ in 0..<12 {
      let mood = random.uniform()
      let favourite = [0.55, 0.78, 0.88].firstIndex { mood < $0 }
      let genre =
        favourite.map { person.favourites[$0] } ?? random.uniform(below: shelves.count)
      if let chosen = shelves[genre].draw(&random) {
        item = chosen
      } else {
        item = UInt32(random.uniform(below: itemCount))
      }
      if !taken[Int(item)] { break }
    }
    return item
  }

  /// Draws a whole number with a mean: the events of a process with a steady rate.
  private static func count(mean: Double, _ random: inout CounterRandom) -> Int {
    // Waiting times are added up until the mean is passed; that is exact at any mean and needs no
    // more draws than there will be events.
    var passed = exponential(&random)
    var count = 0
    while passed < mean {
      count += 1
      passed += exponential(&random)
    }
    return count
  }

  /// Draws from the exponential distribution with mean 1, without a logarithm, after von Neumann.
  private static func exponential(_ random: inout CounterRandom) -> Double {
    var whole = 0.0
    while true {
      let first = random.uniform()
      var previous = first
      var falls = true
      while true {
        let next = random.uniform()
        if next >= previous { break }
        previous = next
        falls.toggle()
      }
      if falls { return whole + first }
      whole += 1
    }
  }
}

/// The items of a genre, to be drawn by popularity.
private struct Shelf: Sendable {
  /// How many items have this as their first genre.
  var owned = 0
  private var items: [UInt32] = []
  /// The sum of the weights up to and with each item.
  private var sums: [Double] = []

  mutating func add(_ item: UInt32, weight: Double) {
    items.append(item)
    sums.append((sums.last ?? 0) + weight)
  }

  /// Draws an item; `nil` from an empty shelf.
  func draw(_ random: inout CounterRandom) -> UInt32? {
    guard let total = sums.last else { return nil }
    let wanted = random.uniform() * total
    return items[lowerBound(in: 0..<sums.count - 1) { sums[$0] <= wanted }]
  }
}
