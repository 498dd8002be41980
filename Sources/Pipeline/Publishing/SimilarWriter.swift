import Interactions
import Jobs
import Postgres
import Ranking
import Recommenders
import RunSupport

/// Writes for each item the items most like it.
struct SimilarWriter {
  /// The run.
  let context: RunContext
  /// Its number.
  let runID: Int64
  /// The items' ids.
  let items: Vocabulary
  /// Which items may be listed; nil when all may.
  let eligible: [Bool]?

  /// Items whose lists are made together.
  private static let block = 2048

  /// Writes every item's list.
  ///
  /// - Returns: rows sent, items with at least one row, bytes of their fields.
  /// - Throws: `BatchError` when interrupted; `PostgresError`.
  func copy(
    _ model: PublishedModel, into statement: String, on connection: Connection
  ) throws -> (rows: Int, lists: Int, bytes: Int) {
    let k = context.job.output.similar
    guard k > 0, items.count > 0 else { return (0, 0, 0) }
    let similar = SimilarItems(
      model, itemCount: items.count, k: k, eligible: eligible, pool: context.pool)
    let start = context.clock()
    var (lists, bytes) = (0, 0)
    let rows = try connection.copyIn(statement) { writer in
      var sent = 0
      for first in stride(from: 0, to: items.count, by: Self.block) {
        try context.interruption.check()
        let end = min(first + Self.block, items.count)
        let found = similar.lists(of: first..<end)
        for list in 0..<found.count {
          let range = found.range(ofList: list)
          if !range.isEmpty { lists += 1 }
          for (place, position) in range.enumerated() {
            try writer.beginRow(columns: 5)
            try writer.write(runID)
            bytes += try writer.write(items, at: Int(found.users[list]))
            try writer.writeInt32(Int32(place + 1))
            bytes += try writer.write(items, at: Int(found.items[position]))
            try writer.writeFloat(found.scores[position])
            sent += 1
          }
        }
        context.progress(
          .publish, "finding similar items", done: end, of: items.count, since: start,
          unit: "items")
      }
      bytes += sent * 16
    }
    return (rows, lists, bytes)
  }
}
