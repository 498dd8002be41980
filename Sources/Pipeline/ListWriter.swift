import Interactions
import Postgres
import Ranking

/// Scores users block by block and writes their lists while the next block is scored.
struct ListWriter {
  /// The run.
  let context: RunContext
  /// Its number.
  let runID: Int64
  /// What was pulled.
  let pulled: Pulled
  /// Items that a user is not shown.
  let history: UserItems
  /// Length of a list.
  let k: Int

  /// Users scored together; a multiple of the ranking's own blocks.
  private static let block = 2048

  /// Writes every user's list.
  ///
  /// - Returns: rows sent, users with at least one row, bytes of their fields.
  /// - Throws: `BatchError` when interrupted; `PostgresError`.
  func copy(
    _ model: PublishedModel, into statement: String, on connection: Connection
  ) throws -> (rows: Int, users: Int, bytes: Int) {
    let scorer = model.scorer(pool: context.pool)
    let count = pulled.table.userCount
    let start = context.clock()
    var (users, bytes) = (0, 0)
    let rows = try connection.copyIn(statement) { writer in
      var sent = 0
      for first in stride(from: 0, to: count, by: Self.block) {
        try context.interruption.check()
        let end = min(first + Self.block, count)
        let lists = topK(
          scorer, users: (first..<end).map { UInt32($0) }, k: k, history: history,
          pool: context.pool)
        for list in 0..<lists.count {
          let range = lists.range(ofList: list)
          if !range.isEmpty { users += 1 }
          for (place, position) in range.enumerated() {
            try writer.beginRow(columns: 6)
            try writer.write(runID)
            bytes += try writer.write(pulled.users, at: Int(lists.users[list]))
            try writer.writeInt32(Int32(place + 1))
            bytes += try writer.write(pulled.items, at: Int(lists.items[position]))
            try writer.writeFloat(scorer.published(lists.scores[position]))
            try writer.writeText("model")
            sent += 1
          }
        }
        context.progress(
          .publish, "scoring and writing lists", done: end, of: count, since: start,
          unit: "users")
      }
      bytes += sent * 21
    }
    return (rows, users, bytes)
  }
}

extension CopyWriter {
  /// Writes an id in its own type.
  ///
  /// - Returns: bytes of the field.
  /// - Throws: `PostgresError`.
  @discardableResult
  mutating func write(_ vocabulary: Vocabulary, at index: Int) throws(PostgresError) -> Int {
    switch vocabulary.identifiers {
    case .integers(let values):
      if vocabulary.kind == .integer {
        try writeInt32(Int32(truncatingIfNeeded: values[index]))
        return 4
      }
      try write(values[index])
      return 8
    case .uuids(let values):
      try writeUUID(values[index])
      return 16
    case .texts(let values):
      try writeText(values[index])
      return values[index].utf8.count
    }
  }
}
