import Formatting
package import Jobs
package import Postgres
import Ranking
import RunSupport
import Store

/// Compares the lists of a slot with those of main, by hits a user.
package struct SlotComparison: Sendable, Equatable {
  /// How sure it is that the slot differs, for a word to be said.
  static let alpha = 0.01

  /// The slot.
  package let slot: String
  /// The first day that is compared, UTC.
  package let since: String
  /// Days with lists of the slot.
  package let nights: Int
  /// Users with a list who have been in the slot all the time, and in main.
  package let users, mainUsers: Int
  /// Their hits.
  package let hits, mainHits: Int
  /// Users who were in both, and are left out.
  package let leftOut: Int
  /// Hits a user, less those of main.
  package let difference: Double
  /// An interval of it that holds with 95 % at all looks at once; nil where nothing is known.
  package let interval: ClosedRange<Double>?
  /// The p-value of no difference, valid however often it is looked at.
  package let pValue: Double

  private struct Sums: Decodable {
    let slot, since: String
    let nights, leftOut: Int
    let usersOwn, usersMain: Int
    let sumOwn, sumMain, squaresOwn, squaresMain: Double
  }

  /// Compares every slot of a job that has users now.
  ///
  /// - Parameters:
  ///   - job: name of the job.
  ///   - parameters: where the server is.
  /// - Returns: a comparison for each slot, in the order of their names.
  /// - Throws: `BatchError`.
  package static func all(
    job: String, _ parameters: ConnectionParameters
  ) throws(BatchError) -> [SlotComparison] {
    try BatchError.mapping("compare slots of job \(job)") {
      let connection = try Migrator(parameters).verifiedConnection("slots")
      return try connection.transaction(.repeatableReadReadOnly) {
        let none: Int64? = nil
        let rows: [Sums] = try connection.execute(SQL.Slots.sums, job, none, none).decode()
        return rows.map(SlotComparison.init)
      }
    }
  }

  private init(_ sums: Sums) {
    let own = AnytimeComparison.Group(
      users: sums.usersOwn, sum: sums.sumOwn, squares: sums.squaresOwn)
    let main = AnytimeComparison.Group(
      users: sums.usersMain, sum: sums.sumMain, squares: sums.squaresMain)
    let comparison = AnytimeComparison(own, main)
    (slot, since, nights, leftOut) = (sums.slot, sums.since, sums.nights, sums.leftOut)
    (users, mainUsers) = (sums.usersOwn, sums.usersMain)
    (hits, mainHits) = (Int(sums.sumOwn), Int(sums.sumMain))
    (difference, pValue) = (comparison.difference, comparison.pValue)
    interval = comparison.interval(alpha: 0.05)
  }

  /// Hits a user of the slot and of main.
  package var means: (own: Double, main: Double) {
    (Double(hits) / Double(max(users, 1)), Double(mainHits) / Double(max(mainUsers, 1)))
  }

  /// In one line whether the slot is better than main, by how much, and how sure that is.
  package var text: String {
    let verdict =
      if pValue >= Self.alpha {
        "it is not known whether \(slot) is better than main"
      } else {
        "\(slot) is \(difference > 0 ? "better" : "worse") than main"
      }
    let (own, main) = means
    var parts = [
      "\(Figures.fixed(own, 4)) and \(Figures.fixed(main, 4)) hits a user "
        + "(\(Figures.count(users)) and \(Figures.count(mainUsers)) users)"
    ]
    if main > 0 { parts[0] += ", \(Self.percent(difference / main))" }
    if main > 0, let interval {
      parts.append(
        "95 %: \(Self.percent(interval.lowerBound / main)) to "
          + Self.percent(interval.upperBound / main))
    }
    parts.append("p \(pValue < 0.0001 ? "< 0.0001" : Figures.fixed(pValue, 4))")
    parts.append("\(nights) nights since \(since)")
    if leftOut > 0 { parts.append("\(Figures.count(leftOut)) users changed and are left out") }
    return "\(verdict): \(parts.joined(separator: "; "))"
  }

  private static func percent(_ share: Double) -> String {
    (share < 0 ? "-" : "+") + Figures.fixed(abs(share) * 100, 1) + " %"
  }
}
