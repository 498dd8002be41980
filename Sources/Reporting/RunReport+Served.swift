import Formatting
import Jobs

/// What became of the lists, as JSON.
extension RunReport {
  static func json(_ served: ServedFigures) -> JSON {
    [
      "nights_below": served.nightsBelow, "days": served.days.map(json),
      "rivals": served.rivals.map(json), "rivals_note": ServedFigures.rivalsNote,
      "groups": served.groups.map(json),
    ]
  }

  /// The last whole day in a line for each slot.
  static func served(_ served: ServedFigures) -> [String] {
    guard let day = served.lastWholeDay else { return [] }
    let days = served.days.filter { $0.day == day && $0.takingUsers > 0 }
    return days.map(\.slot).distinct.map { slot in
      let own = days.filter { $0.slot == slot }
      let (hits, taking) = own.reduce((0, 0)) { ($0.0 + $1.hits, $0.1 + $1.takingUsers) }
      let expected = own.compactMap(\.expectedHits).reduce(0, +)
      return "  served \(day), \(slot): \(Figures.count(hits)) hits, "
        + "\(Figures.fixed(expected, 1)) expected, of \(Figures.count(taking)) users that took a new item"
    }
  }

  private static func json(_ day: ServedFigures.Day) -> JSON {
    [
      "day": day.day, "slot": day.slot, "source": day.source, "listed_users": day.listedUsers,
      "taking_users": day.takingUsers, "hits": day.hits, "ndcg": day.ndcg,
      "expected_hits": day.expectedHits, "shown_users": day.shownUsers,
      "shown_hits": day.shownHits, "provisional": day.isProvisional, "whole": day.isWhole,
    ]
  }

  private static func json(_ rival: ServedFigures.Rival) -> JSON {
    [
      "day": rival.day, "slot": rival.slot, "rival": rival.rival,
      "taking_users": rival.takingUsers, "hits": rival.hits, "live_hits": rival.liveHits,
      "whole": rival.isWhole,
    ]
  }

  private static func json(_ group: ServedFigures.Group) -> JSON {
    [
      "dimension": group.dimension, "at_least": group.atLeast, "taking_users": group.takingUsers,
      "hits": group.hits, "expected_hits": group.expectedHits,
    ]
  }
}
