import Interactions
import Jobs
import Postgres
import Ranking
import Recommenders
import RunSupport
import Store

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
  /// - Throws: `BatchError` when interrupted; `PostgresError`.
  func copy(
    _ model: PublishedModel, into statement: String, on connection: Connection
  ) throws -> RunTables.Sent {
    let k = context.job.output.similar
    guard k > 0, items.count > 0 else { return RunTables.Sent() }
    let similar = SimilarItems(
      model, itemCount: items.count, k: k, eligible: eligible, pool: context.pool)
    let start = context.clock()
    var sent = RunTables.Sent()
    _ = try connection.copyIn(statement) { writer in
      for first in stride(from: 0, to: items.count, by: Self.block) {
        try context.interruption.check()
        let end = min(first + Self.block, items.count)
        let found = similar.lists(of: first..<end)
        for list in 0..<found.count {
          let range = found.range(ofList: list)
          if !range.isEmpty { sent.lists += 1 }
          for (place, position) in range.enumerated() {
            try writer.beginRow(columns: 5)
            try writer.write(runID)
            sent.bytes += try writer.write((items, Int(found.users[list])))
            try writer.writeInt32(Int32(place + 1))
            sent.bytes += try writer.write((items, Int(found.items[position])))
            try writer.writeFloat(found.scores[position])
            sent.rows += 1
          }
        }
        context.progress(
          .publish, "finding similar items", done: end, of: items.count, since: start,
          unit: "items")
      }
      sent.bytes += sent.rows * 16
    }
    return sent
  }
}
