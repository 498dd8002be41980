import Interactions
import Jobs
import Postgres
import Ranking
import Recommenders
import RunSupport
import Source
import Store

/// Makes everybody's list: of users who are scored block by block, then the popular lists of the others.
struct ListMaker {
  /// The run.
  let context: RunContext
  /// Who gets a list, and what is not in it.
  let serving: ServingView
  /// Length of a list.
  let k: Int
  /// What scores are multiplied by in the lists' sums; nil without sums.
  var scale: Float?

  /// Users scored together; a multiple of the ranking's own blocks.
  private static let block = 2048

  /// Makes the lists of users who are scored.
  ///
  /// - Parameters:
  ///   - model: with rows for the newcomers.
  ///   - body: takes the lists of some users.
  /// - Throws: `BatchError` when interrupted; what `body` throws.
  func scored(_ model: PublishedModel, _ body: (RecommendationLists) throws -> Void) throws {
    let scorer = model.scorer(pool: context.pool)
    let users = serving.audience.scored
    let start = context.clock()
    for first in stride(from: 0, to: users.count, by: Self.block) {
      try context.interruption.check()
      let end = min(first + Self.block, users.count)
      try body(
        topK(
          scorer, users: Array(users[first..<end]), k: k, history: serving.excluded,
          eligible: serving.catalogue.eligible, cap: serving.catalogue.cap, scale: scale,
          pool: context.pool))
      context.progress(
        .publish, "scoring and writing lists", done: end, of: users.count, since: start,
        unit: "users")
    }
  }

  /// Makes the popular lists.
  ///
  /// - Parameters:
  ///   - popular: what is popular.
  ///   - body: takes a user's list.
  /// - Throws: `BatchError` when interrupted; what `body` throws.
  func cold(_ popular: PopularLists, _ body: (UInt32, [UInt32]) throws -> Void) throws {
    for (made, user) in serving.audience.cold.enumerated() {
      if made & 0x3FF == 0 { try context.interruption.check() }
      try body(user, popular.list(excluding: serving.excluded(of: Int(user))))
    }
  }
}

/// Writes everybody's list, while the next block of users is scored.
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

  private var maker: ListMaker {
    ListMaker(context: context, serving: serving, k: k, scale: calibration.scale)
  }

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
    try maker.scored(model) { lists in
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
    }
  }

  private func writePopular(to writer: inout CopyWriter, _ sent: inout RunTables.Sent) throws {
    try maker.cold(popular) { user, list in
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
