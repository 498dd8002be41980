/// A kind of item that users like or don't, with the words that its titles are made of.
package enum Genre: Int, Sendable, CaseIterable {
  case drama, comedy, thriller, romance, adventure, mystery, fantasy, horror
  case spaceOpera, western, war, musical, animation, documentary, noir, sport

  /// The genre as a reader calls it.
  package var name: String {
    self == .spaceOpera ? "space opera" : String(describing: self)
  }

  /// What titles of this genre are about.
  var nouns: [String] { words.split(separator: " ").map(String.init) }

  private var words: String {
    switch self {
    case .drama: "House Daughter Letter Promise Orchard Father Winter Inheritance"
    case .comedy: "Wedding Neighbour Lodger Holiday Cook Landlady Parrot Reunion"
    case .thriller: "Witness Courier Signal Deadline Hostage Informer Ransom Cipher"
    case .romance: "Kiss Summer Dance Garden Bride Stranger Heart Serenade"
    case .adventure: "Voyage Island Map Expedition Treasure River Summit Caravan"
    case .mystery: "Clue Locket Inspector Alibi Key Portrait Riddle Visitor"
    case .fantasy: "Dragon Crown Spell Sword Wizard Throne Prophecy Oath"
    case .horror: "Crypt Cellar Doll Shadow Scream Grave Mirror Curse"
    case .spaceOpera: "Comet Starship Orbit Nebula Colony Android Moon Beacon"
    case .western: "Sheriff Saloon Stagecoach Ranch Outlaw Canyon Rifle Homestead"
    case .war: "Regiment Trench Bridge Convoy Siege Bunker Armistice Battalion"
    case .musical: "Melody Chorus Stage Orchestra Encore Piano Waltz Refrain"
    case .animation: "Rabbit Toymaker Kite Balloon Fox Lantern Puppet Cloud"
    case .documentary: "Glacier Archive Harvest Migration Railway Reef Workshop Census"
    case .noir: "Detective Alley Cigarette Blonde Bullet Rain Nightclub Double"
    case .sport: "Champion Final Marathon Boxer Goal Coach Race Underdog"
    }
  }

  /// Words that any title may have before its noun.
  static let adjectives = [
    "Last", "Silent", "Broken", "Golden", "Hidden", "Crimson", "Borrowed", "Distant", "Forgotten",
    "Second", "Restless", "Paper", "Perfect", "Burning", "Frozen", "Secret", "Wandering", "Lonely",
    "Emerald", "Final", "Stolen", "Midnight", "Gentle", "Unlikely",
  ]

  /// Places that any title may be set in.
  static let places = [
    "Ashford", "Bellmare", "Calder Bay", "Dunmore", "Eastwick", "Farrow Hill", "Glenhaven",
    "Hollowell", "Ironbridge", "Juniper Street", "Kestrel Point", "Larkspur", "Merrow",
    "Northgate", "Old Harbour", "Pinecrest", "Quarry Lane", "Ravenna", "Stonefield", "Tamarind",
    "Umber Valley", "Vesper", "Willowmere", "Yarrow",
  ]

  /// Makes the n-th title of this genre; different numbers give different titles.
  ///
  /// - Parameter number: from 0.
  /// - Returns: a few words and the genre in brackets.
  func title(_ number: Int) -> String {
    let (nouns, adjectives, places) = (nouns, Self.adjectives, Self.places)
    let short = nouns.count * (adjectives.count + places.count)
    let long = nouns.count * adjectives.count * places.count
    // A fixed scattering, so that neighbouring numbers don't share their words. The multipliers have
    // no factor in common with the numbers of titles, which are products of 2 and 3.
    let words: String
    let volume: Int
    if number < short {
      let choice = number * 241 % short
      let noun = nouns[choice % nouns.count]
      let rest = choice / nouns.count
      words =
        rest < adjectives.count
        ? "The \(adjectives[rest]) \(noun)" : "The \(noun) of \(places[rest - adjectives.count])"
      volume = 1
    } else {
      let choice = (number - short) % long * 2_741 % long
      let noun = nouns[choice % nouns.count]
      let rest = choice / nouns.count
      words =
        "The \(adjectives[rest % adjectives.count]) \(noun) of \(places[rest / adjectives.count])"
      volume = (number - short) / long + 1
    }
    return volume == 1 ? "\(words) (\(name))" : "\(words), Part \(volume) (\(name))"
  }
}
