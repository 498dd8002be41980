package import Jobs
package import Postgres
package import RunSupport
import Source
import Store

/// Fills a table of interactions from a file, for `ncf-batch load`.
///
/// The table has `(user_id bigint, item_id bigint, event_type text, value real, occurred_at
/// timestamptz)` and is made when it is missing, its schema too. All in one transaction: a bad line
/// leaves nothing behind.
package struct Loader {
  /// What the lines of a file look like.
  package enum Format: String, Sendable, CaseIterable {
    /// `user::item::rating::seconds`, MovieLens' `ratings.dat`; the rating becomes `value`.
    case movielens
    /// `user`, `item`, `seconds`, separated by tabs.
    case tsv
  }

  private let parameters: ConnectionParameters
  private let interruption: Interruption

  /// A loader into a database.
  ///
  /// - Parameters:
  ///   - parameters: where to connect.
  ///   - interruption: polled while rows are sent.
  package init(_ parameters: ConnectionParameters, interruption: Interruption = Interruption()) {
    (self.parameters, self.interruption) = (parameters, interruption)
  }

  /// Loads a file.
  ///
  /// - Parameters:
  ///   - path: plain or gzipped.
  ///   - format: of its lines; times are seconds since 1970 UTC.
  ///   - table: with its schema, as one would type it in SQL.
  ///   - replace: empties the table first; otherwise rows are added.
  ///   - progress: called now and then with the rows sent so far.
  /// - Returns: rows loaded.
  /// - Throws: `BatchError`; 65 names file and line, 74 is a file that can't be read.
  package func load(
    _ path: String, format: Format, table: String, replace: Bool,
    progress: (Int) -> Void = { _ in }
  ) throws(BatchError) -> Int {
    try BatchError.mapping("load \(path)") {
      // Before connecting: a file that isn't there is the commoner mistake.
      var lines = try GzipLines(path: path)
      return try interruption.watching(
        Connection(parameters, applicationName: "ncf-batch/load")
      ) { connection in
        try connection.transaction {
          let target = try prepare(table, replace: replace, on: connection)
          let rows = try connection.copyIn(target) { writer in
            try send(&lines, path: path, format: format, to: &writer, progress: progress)
          }
          guard rows > 0 else {
            throw BatchError(.data, "\(path) has no lines", advice: "give the right file")
          }
          return rows
        }
      }
    }
  }

  /// Sends every line of a file as a row.
  ///
  /// - Throws: `BatchError` at the first line that can't be used; `PostgresError`.
  func send(
    _ lines: inout GzipLines, path: String, format: Format, to writer: inout CopyWriter,
    progress: (Int) -> Void
  ) throws {
    var fields = LineFields(separator: format == .movielens ? [0x3A, 0x3A] : [0x09])
    let hasRating = format == .movielens
    let kind = Array((format == .movielens ? "rating" : "interaction").utf8)
    var rows = 0
    var bad: String?
    while try lines.next({ line in
      fields.restart()
      guard let user = fields.integer(in: line), let item = fields.integer(in: line) else {
        bad = "user and item must be whole numbers"
        return
      }
      var value: Float?
      if hasRating {
        guard let rating = fields.decimal(in: line) else {
          bad = "the rating must be a number"
          return
        }
        value = rating
      }
      guard let seconds = fields.integer(in: line), fields.isAtEnd,
        (0...253_402_300_799).contains(seconds)
      else {
        bad = "the last field must be a time in seconds since 1970"
        return
      }
      try writer.beginRow(columns: 5)
      try writer.write(user)
      try writer.write(item)
      try writer.writeText(kind.span)
      if let value { try writer.writeFloat(value) } else { try writer.writeNull() }
      try writer.writeTimestamp(seconds * 1_000_000)
      rows += 1
    }) {
      if let bad {
        throw BatchError(
          .data, "\(path):\(lines.line): \(bad)",
          advice: "lines must be \(format.form); nothing was loaded")
      }
      if rows & 0xFFFF == 0 {
        try interruption.check()
        progress(rows)
      }
    }
    progress(rows)
  }

  /// Makes or empties the table; returns the COPY statement.
  private func prepare(
    _ table: String, replace: Bool, on connection: Connection
  ) throws -> String {
    let parts = try connection.execute(SQL.Session.parseName, table).row()
    guard try parts.decode("parts") == 2 else {
      throw BatchError(
        .usage, "\(table) is not the name of a table with its schema",
        advice: "write it like app.events")
    }
    let schema: String = try parts.decode("schema")
    let target = SQL.Load(
      schema: try connection.quoteIdentifier(schema),
      name: try connection.quoteIdentifier(parts.decode("name")))
    let found = try connection.execute(SQL.Session.resolveRelation, target.table)
    var isFresh = replace
    if found.isEmpty {
      if try !connection.execute(SQL.Output.schemaExists, schema).value() {
        try connection.execute(target.createSchema)
      }
      try connection.execute(target.create)
      isFresh = true
    } else if replace {
      try connection.execute(target.empty)
    }
    return target.copy(freeze: isFresh)
  }
}

extension Loader.Format {
  /// What a line looks like, for messages.
  var form: String {
    switch self {
    case .movielens: "user::item::rating::seconds"
    case .tsv: "user, item and seconds, separated by tabs"
    }
  }
}
