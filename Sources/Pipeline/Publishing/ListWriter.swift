import Interactions
import Jobs
import Postgres
import Ranking
import Recommenders
import RunSupport
import Source
import Store

/// Scores users block by block and writes their lists while the next block is scored; then writes the
/// popular lists of those that are not scored.
struct ListWriter {
  /// The run.
  let context: RunContext
  /// Its number.
  let runID: Int64
  /// Who gets a list, and what is not in it.
  let serving: ServingView
  /// What is popular.
  let popular: PopularLists
  /// Length of a list.
  let k: Int
  /// What makes probabilities of the model's scores.
  let calibration: Calibration

  /// Users scored together; a multiple of the ranking's own blocks.
  private static let block = 2048

  /// Writes every user's list.
  ///
  /// - Throws: `BatchError` when interrupted; `PostgresError`.
  func copy(
    _ model: PublishedModel, into statement: String, on connection: Connection
  ) throws -> RunTables.Sent {
    var sent = RunTables.Sent()
    let rows = try connection.copyIn(statement) { writer in
      try writeScored(model, to: &writer, &sent)
      try writePopular(to: &writer, &sent)
    }
    guard rows == sent.rows else {
      throw BatchError(.software, "\(sent.rows) rows were sent, \(rows) arrived")
    }
    return sent
  }

  private func writeScored(
    _ model: PublishedModel, to writer: inout CopyWriter, _ sent: inout RunTables.Sent
  ) throws {
    let scorer = model.scorer(pool: context.pool)
    let users = serving.audience.scored
    let start = context.clock()
    for first in stride(from: 0, to: users.count, by: Self.block) {
      try context.interruption.check()
      let end = min(first + Self.block, users.count)
      let lists = topK(
        scorer, users: Array(users[first..<end]), k: k, history: serving.excluded,
        eligible: serving.catalogue.eligible, cap: serving.catalogue.cap,
        scale: calibration.scale, pool: context.pool)
      for list in 0..<lists.count {
        let range = lists.range(ofList: list)
        if !range.isEmpty { sent.lists += 1 }
        let logSum = lists.logSums.isEmpty ? nil : lists.logSums[list]
        for (place, position) in range.enumerated() {
          try write(
            lists.users[list], rank: place + 1, item: lists.items[position],
            score: calibration.probability(
              of: lists.scores[position], logSum: logSum, rank: place + 1),
            source: "model", to: &writer, &sent)
        }
      }
      context.progress(
        .publish, "scoring and writing lists", done: end, of: users.count, since: start,
        unit: "users")
    }
  }

  private func writePopular(to writer: inout CopyWriter, _ sent: inout RunTables.Sent) throws {
    for (written, user) in serving.audience.cold.enumerated() {
      if written & 0x3FF == 0 { try context.interruption.check() }
      let list = popular.list(excluding: serving.excluded(of: Int(user)))
      if !list.isEmpty { sent.lists += 1 }
      for (place, item) in list.enumerated() {
        try write(
          user, rank: place + 1, item: item, score: popular.score(of: item), source: "popular",
          to: &writer, &sent)
      }
    }
  }

  private func write(
    _ user: UInt32, rank: Int, item: UInt32, score: Float, source: String,
    to writer: inout CopyWriter, _ sent: inout RunTables.Sent
  ) throws(PostgresError) {
    try writer.beginRow(columns: 6)
    try writer.write(runID)
    sent.bytes += try writer.write(serving.users.id(of: Int(user)))
    try writer.writeInt32(Int32(rank))
    sent.bytes += try writer.write((serving.items, Int(item)))
    try writer.writeFloat(score)
    try writer.writeText(source)
    sent.bytes += 16 + source.utf8.count
    sent.rows += 1
  }
}
