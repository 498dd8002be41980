package import Jobs
package import Postgres
import RunSupport

/// Reads what became of a job's lists.
package struct ServedReader {
  /// The live lists beside the rival that had the most hits.
  package struct Standing: Sendable, Equatable {
    /// For how many nights running, up to the last whole day, some rival's lists would have had more.
    package var nights: Int
    /// The rival that would have had the most over these nights; empty when there are none.
    package var rival: String
    /// Its hits over these nights.
    package var hits: Int
    /// The live lists' hits, on the same users.
    package var liveHits: Int
  }

  private struct Night: Decodable {
    let day: String
    let rival: String
    let hits: Int
    let liveHits: Int
  }

  private let connection: Connection

  /// A reader on a connection.
  package init(on connection: Connection) { self.connection = connection }

  /// Compares the live lists with the best rival, night by night.
  ///
  /// A night is a whole day, UTC. Days with fewer than 100 taking users of the sample are passed over. The
  /// hits are compared on the same users; significance is not asked for.
  ///
  /// - Parameters:
  ///   - job: name of the job.
  ///   - slot: the slot.
  ///   - run: lists of earlier runs are left out; nil takes all.
  /// - Returns: how the latest nights stand.
  /// - Throws: `PostgresError`.
  package func standing(job: String, slot: String, since run: Int64? = nil) throws -> Standing {
    let rows: [Night] = try connection.execute(SQL.Served.nights, job, slot, run).decode()
    var days: [(day: String, rivals: [Night])] = []
    for row in rows {
      if days.last?.day != row.day { days.append((row.day, [])) }
      days[days.count - 1].rivals.append(row)
    }
    let below = days.prefix { $0.rivals.contains { $0.hits > $0.liveHits } }
    var sums: [String: (hits: Int, liveHits: Int)] = [:]
    for night in below.flatMap(\.rivals) {
      sums[night.rival, default: (0, 0)].hits += night.hits
      sums[night.rival, default: (0, 0)].liveHits += night.liveHits
    }
    let best = sums.max { ($0.value.hits, $1.key) < ($1.value.hits, $0.key) }
    return Standing(
      nights: below.count, rival: best?.key ?? "", hits: best?.value.hits ?? 0,
      liveHits: best?.value.liveHits ?? 0)
  }

  /// For how many nights running, up to the last one, the live lists had fewer hits than the best rival.
  ///
  /// - Parameters:
  ///   - job: name of the job.
  ///   - slot: the slot.
  ///   - run: lists of earlier runs are left out; nil takes all.
  /// - Returns: nights; a warning from `ServedFigures.warningNights` on.
  /// - Throws: `PostgresError`.
  package func servedWarnings(job: String, slot: String, since run: Int64? = nil) throws -> Int {
    try standing(job: job, slot: slot, since: run).nights
  }

  /// Collects the figures of the latest days.
  ///
  /// - Parameters:
  ///   - job: name of the job.
  ///   - slot: only this slot's; nil for all.
  ///   - days: how many days, up to the last one that was counted.
  /// - Returns: the figures; nothing in them where nothing was counted.
  /// - Throws: `PostgresError`.
  package func figures(job: String, slot: String?, days: Int) throws -> ServedFigures {
    var figures = ServedFigures()
    figures.days = try connection.execute(SQL.Served.days, job, slot, days).decode()
    figures.rivals = try connection.execute(SQL.Served.rivalDays, job, slot, days).decode()
    figures.groups = try connection.execute(SQL.Served.groupSums, job, slot, days).decode()
    figures.nightsBelow = try servedWarnings(job: job, slot: slot ?? Job.mainSlot)
    return figures
  }
}
