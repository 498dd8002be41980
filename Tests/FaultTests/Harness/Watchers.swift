import Dispatch
import Foundation
import Postgres
import Synchronization
import TestSupport

/// Readers who look at the live lists all the while, each in a way of their own.
///
/// What they hold against the promise: every read is one whole published run, whichever reader looks
/// and whenever; and the pointer's generation never goes back. A reader that has to wait for more
/// than ten seconds counts as broken, too. That a server is down is no broken promise.
final class Watchers: Sendable {
  /// How a reader reads.
  enum Manner: String, CaseIterable {
    /// A statement at a time, each with a snapshot of its own.
    case readCommitted
    /// Two reads in one snapshot, which must be the same.
    case repeatableRead
    /// Through a view that somebody made on the first day, by a statement prepared once.
    case dayOneView
  }

  private struct Seen {
    var reads = 0
    var isOver = false
    var digests: [String: String] = [:]
    var broken: [String] = []
  }

  private let seen = Mutex(Seen())
  private let group = DispatchGroup()
  private let parameters: ConnectionParameters

  /// Starts the readers, and waits until each has read once.
  init(_ shop: FaultShop) throws {
    parameters = shop.database.parameters
    for manner in Manner.allCases {
      group.enter()
      Thread.detachNewThread { [self] in
        watch(manner)
        group.leave()
      }
    }
    try Breath.until("every reader has read") {
      seen.withLock { $0.reads >= 2 * Manner.allCases.count }
    }
  }

  /// Ends the readers and says what they have seen.
  func finish(_ trial: Trial) {
    seen.withLock { $0.isOver = true }
    group.wait()
    let (broken, reads) = seen.withLock { ($0.broken, $0.reads) }
    trial.keeps(
      broken.isEmpty,
      "of \(reads) reads \(broken.count) were wrong:\n\(broken.prefix(5).joined(separator: "\n"))")
  }

  /// Has readers look on while a fault is tried.
  static func during(_ trial: Trial, _ shop: FaultShop, _ body: () throws -> Void) throws {
    let watchers = try Watchers(shop)
    defer { watchers.finish(trial) }
    try body()
  }

  private var isOver: Bool { seen.withLock { $0.isOver } }

  private func watch(_ manner: Manner) {
    var generation: Int64 = 0
    while !isOver {
      do {
        let connection = try Connection(parameters, applicationName: "faults/reader")
        try connection.execute("SET lock_timeout = '10s'")
        let view = manner == .dayOneView ? "app.day_one" : "ncf.recommendations"
        try connection.execute("PREPARE look AS \(Self.look(view))")
        while !isOver {
          try read(manner, on: connection, &generation)
          Breath.milliseconds(4)
        }
      } catch {
        // No server, or one that is coming back: libpq says so itself, without a code.
        let server = error as? PostgresError
        if server == nil || (server?.sqlState != nil && server?.kind != .connection) {
          seen.withLock { $0.broken.append("\(manner): \(error)") }
        }
        Breath.milliseconds(20)
      }
    }
  }

  private func read(
    _ manner: Manner, on connection: Connection, _ generation: inout Int64
  ) throws {
    guard manner == .repeatableRead else {
      let statement = manner == .dayOneView ? "EXECUTE look" : Self.look("ncf.recommendations")
      return note(try connection.execute(statement), manner, &generation)
    }
    try connection.transaction(.repeatableReadReadOnly) {
      let first = try connection.execute(Self.look("ncf.recommendations"))
      note(first, manner, &generation)
      Breath.milliseconds(15)
      let second = try connection.execute(Self.look("ncf.recommendations"))
      note(second, manner, &generation)
      let isSame = (0..<first.columnNames.count).allSatisfy {
        first[row: 0, column: $0] == second[row: 0, column: $0]
      }
      if !isSame {
        seen.withLock { $0.broken.append("two reads in one snapshot differ") }
      }
    }
  }

  /// Compares a read with all others of the same run.
  private func note(_ result: QueryResult, _ manner: Manner, _ generation: inout Int64) {
    func text(_ column: Int) -> String { result[row: 0, column: column] ?? "-" }
    let now = Int64(text(0)) ?? -1
    let (run, digest) = (text(1), "\(text(4)) rows, \(text(6))")
    let before = generation
    generation = max(generation, now)
    seen.withLock { seen in
      seen.reads += 1
      let known = seen.digests[run] ?? digest
      seen.digests[run] = known
      let isWhole =
        result.rowCount == 1 && text(2) == "published" && text(3) == run && text(5) == "1"
        && text(4) == "\(FaultShop.users * FaultShop.k)" && known == digest
      if !isWhole {
        let fields = (0..<result.columnNames.count).map(text).joined(separator: " ")
        seen.broken.append("\(manner): \(fields); of run \(run) others saw \(known)")
      }
      if now < before {
        seen.broken.append("\(manner): the generation went from \(before) back to \(now)")
      }
    }
  }

  /// Pointer, run, its status, and all that readers see, in one statement.
  private static func look(_ view: String) -> String {
    """
    SELECT l.generation, l.run_id, r.status, v.run, v.total, v.runs,
      v.digest || ' ' || s.digest || ' ' || p.digest
    FROM ncf.live AS l
    JOIN ncf.runs AS r ON r.run_id = l.run_id
    CROSS JOIN (SELECT min(run_id) AS run, count(*) AS total, count(DISTINCT run_id) AS runs,
      md5(string_agg(concat_ws(',', user_id, rank, item_id, score, source), ';'
        ORDER BY user_id, rank)) AS digest FROM \(view)) AS v
    CROSS JOIN (SELECT md5(string_agg(concat_ws(',', item_id, rank, similar_item_id, score), ';'
      ORDER BY item_id, rank)) AS digest FROM ncf.similar_items) AS s
    CROSS JOIN (SELECT md5(string_agg(concat_ws(',', rank, item_id, score), ';' ORDER BY rank))
      AS digest FROM ncf.popular_items) AS p
    WHERE l.job = 'shop' AND l.slot = 'main'
    """
  }
}
