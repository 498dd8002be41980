package import Interactions
package import Jobs
package import Postgres
import RunSupport

/// How the source is read: the statement, and what its columns are.
package struct SourcePlan {
  /// Type of the user's id.
  package let userKind: IdentifierKind
  /// Type of the item's id.
  package let itemKind: IdentifierKind
  /// What event types mean; rows carry theirs where any is named.
  let types: EventTypes
  /// Whether rows carry a value.
  let hasValue: Bool
  /// The source as a query.
  package let query: String
  /// What is read of each row.
  let expressions: [String]

  /// Asks the server what the source's columns are, and checks that they can be used.
  ///
  /// - Parameters:
  ///   - job: its source, and which types exclude.
  ///   - connection: inside the transaction that will read it.
  /// - Throws: `BatchError`, exit code 78, naming what is missing or of a wrong type;
  ///   `PostgresError`.
  package init(_ job: Job, on connection: Connection) throws {
    let source = job.source
    query = try Self.query(source.relation, on: connection)
    let columns = try connection.describe(SQL.Pull.columns(of: query))
    userKind = try Self.identifier("user_id", columns)
    itemKind = try Self.identifier("item_id", columns)
    let time = try Self.type(of: "occurred_at", columns)
    guard Self.times.contains(time) else {
      throw Self.wrongType(
        "occurred_at", columns, wanted: "timestamptz, timestamp (taken as UTC) or date")
    }
    types = EventTypes(job)
    hasValue = source.minValue != nil
    var expressions = [
      Self.cast(SQL.Pull.user, userKind), Self.cast(SQL.Pull.item, itemKind), SQL.Pull.time,
    ]
    if types.isRead {
      _ = try Self.type(
        of: "event_type", columns,
        neededBy: source.events != nil ? "source.events" : "exclude.events")
      expressions.append(
        SQL.Pull.eventType(try types.names.map { try connection.quoteLiteral($0) }))
    }
    if hasValue {
      let value = try Self.type(of: "value", columns, neededBy: "source.min_value")
      guard Self.numbers.contains(value) else {
        throw Self.wrongType("value", columns, wanted: "a number")
      }
      expressions.append(SQL.Pull.value)
    }
    self.expressions = expressions
  }

  /// The COPY statement for a stretch of time.
  ///
  /// - Parameters:
  ///   - lower: first moment, as the server wrote it; nil for no bound.
  ///   - upper: first moment that is too late; nil for no bound.
  ///   - part: a condition that a part of a table meets; nil reads all of the source.
  ///   - connection: quotes the bounds.
  /// - Returns: the statement.
  /// - Throws: `PostgresError`.
  func copy(
    lower: String?, upper: String?, part: String? = nil, on connection: Connection
  ) throws -> String {
    SQL.Pull.copy(
      part.map { "\(query) WHERE \($0)" } ?? query, expressions: expressions,
      lower: try lower.map { try connection.quoteLiteral($0) },
      upper: try upper.map { try connection.quoteLiteral($0) })
  }

  /// The source as a query.
  package static func query(
    _ relation: Job.Source.Relation, on connection: Connection
  ) throws -> String {
    switch relation {
    case .query(let text): return trimmed(text)
    case .table(let name, let columns):
      let relation = try resolve(name, on: connection)
      var named = [
        ("user_id", columns.user), ("item_id", columns.item), ("occurred_at", columns.time),
      ]
      if let event = columns.event { named.append(("event_type", event)) }
      if let value = columns.value { named.append(("value", value)) }
      return SQL.Pull.query(
        table: relation,
        columns: try named.map { (name: $0.0, column: try connection.quoteIdentifier($0.1)) })
    }
  }

  /// A query without what may end it.
  package static func trimmed(_ text: String) -> String {
    var query = Substring(text)
    while let last = query.last, last == ";" || last.isWhitespace { query.removeLast() }
    return String(query)
  }

  /// The relation's quoted name, from the catalog.
  static func resolve(_ name: String, on connection: Connection) throws -> String {
    let missing = BatchError(
      .configuration, "source.table: there is no relation \(name)",
      advice: "write it with its schema, such as app.events; the search path is empty")
    let found: QueryResult
    do {
      found = try connection.execute(SQL.Session.resolveRelation, name)
    } catch {
      // Not even the form of a name: the same to the reader as one that isn't there.
      throw error.sqlState == "42601" || error.sqlState == "42602" ? missing : error
    }
    guard let relation = try found.valueIfPresent(String.self) else { throw missing }
    return relation
  }

  /// timestamptz, timestamp, date.
  static let times: Set<UInt32> = [1184, 1114, 1082]
  static let numbers: Set<UInt32> = [20, 21, 23, 700, 701, 1700]

  private static func type(
    of name: String, _ columns: [ColumnDescription], neededBy key: String? = nil
  ) throws(BatchError) -> UInt32 {
    try columns.type(
      of: name, in: "the source", neededBy: key, advice: "by AS or source.columns")
  }

  private static func identifier(
    _ name: String, _ columns: [ColumnDescription]
  ) throws(BatchError) -> IdentifierKind {
    guard let kind = IdentifierKind(typeOID: try type(of: name, columns)) else {
      throw wrongType(name, columns, wanted: "bigint, integer, uuid or text")
    }
    return kind
  }

  private static func wrongType(
    _ name: String, _ columns: [ColumnDescription], wanted: String
  ) -> BatchError {
    let oid = columns.first { $0.name == name }?.typeOID ?? 0
    return BatchError(
      .configuration, "the source's column \(name) has a type that can't be used (OID \(oid))",
      advice: "cast it to \(wanted) in source.query")
  }

  static func cast(_ expression: String, _ kind: IdentifierKind) -> String {
    switch kind {
    case .bigint, .integer: expression + "::bigint"
    case .uuid: expression + "::uuid"
    case .text: expression + "::text"
    }
  }
}

extension [ColumnDescription] {
  /// The type of the one column of a name.
  ///
  /// - Throws: `BatchError`, exit code 78, when there is none, or more than one.
  func type(
    of name: String, in query: String, neededBy key: String? = nil, advice: String
  ) throws(BatchError) -> UInt32 {
    let found = filter { $0.name == name }
    guard let column = found.first else {
      let names = map(\.name).joined(separator: ", ")
      throw BatchError(
        .configuration,
        "\(query) has no column \(name)" + (key.map { ", which \($0) needs" } ?? ""),
        advice: "give one of its columns (\(names)) that name, \(advice)")
    }
    guard found.count == 1 else {
      throw BatchError(
        .configuration, "\(query) has \(found.count) columns named \(name)",
        advice: "give one of them another name")
    }
    return column.typeOID
  }
}
