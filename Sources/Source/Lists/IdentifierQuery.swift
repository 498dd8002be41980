import Interactions
import Jobs
import Postgres
import RunSupport

/// A query beside the source, which yields ids of users or of items: who should have a list, what may
/// be in one.
struct IdentifierQuery {
  private let key: String
  private let column: String
  private let kind: IdentifierKind
  private let query: String
  private let hasGroup: Bool

  /// Asks the server what the query's columns are, and checks that they can be used.
  ///
  /// - Parameters:
  ///   - text: the query.
  ///   - key: where it was given, such as `items.eligible`.
  ///   - column: the name of its ids.
  ///   - kind: the type of these ids in the source.
  ///   - hasGroup: whether it yields `group` too.
  ///   - connection: inside the transaction that reads the source.
  /// - Throws: `BatchError`, exit code 78, naming what is missing or of a wrong type;
  ///   `PostgresError`.
  init(
    _ text: String, key: String, column: String, kind: IdentifierKind, hasGroup: Bool = false,
    on connection: Connection
  ) throws {
    self.key = key
    self.column = column
    self.kind = kind
    self.hasGroup = hasGroup
    let columns = try Self.columns(of: text, key: key, column: column, kind: kind, on: connection)
    query = columns.query
    if hasGroup { _ = try columns.found.type(of: "group", in: key, advice: "by AS \"group\"") }
  }

  /// What the server says of a query's columns, once the one of the ids is of the source's type.
  ///
  /// - Throws: `BatchError`, exit code 78; `PostgresError`.
  static func columns(
    of text: String, key: String, column: String, kind: IdentifierKind, on connection: Connection
  ) throws -> (query: String, found: [ColumnDescription]) {
    let query = SourcePlan.trimmed(text)
    let statement = SQL.Pull.columns(of: query)
    let columns = try BatchError.mapping("read \(key)") { try connection.describe(statement) }
    let found = try columns.type(of: column, in: key, advice: "by AS")
    let given = IdentifierKind(typeOID: found)
    guard given == kind || (given == .integer && kind == .bigint) else {
      throw BatchError(
        .configuration,
        "\(key): the column \(column) is \(given?.rawValue ?? "of type OID \(found)"), "
          + "in the source it is \(kind.rawValue)",
        advice: "cast it to \(kind.rawValue) in \(key)")
    }
    return (query, columns)
  }

  /// Reads the ids.
  ///
  /// - Parameters:
  ///   - context: is asked whether to stop.
  ///   - connection: inside the transaction that reads the source.
  /// - Returns: each id once.
  /// - Throws: `BatchError`, exit code 65, for ids that can't be used; `PostgresError`.
  func identifiers(_ context: RunContext, on connection: Connection) throws -> Vocabulary {
    try read(context, on: connection).ids
  }

  /// Reads the ids and the group of each.
  ///
  /// - Parameters:
  ///   - context: is asked whether to stop.
  ///   - connection: inside the transaction that reads the source.
  /// - Returns: each id once, and for each the number of its group, -1 for NULL.
  /// - Throws: `BatchError`, exit code 65, for ids that can't be used or have several groups;
  ///   `PostgresError`.
  func groups(
    _ context: RunContext, on connection: Connection
  ) throws -> (ids: Vocabulary, groups: [Int32]) {
    try read(context, on: connection)
  }

  private func read(
    _ context: RunContext, on connection: Connection
  ) throws -> (ids: Vocabulary, groups: [Int32]) {
    var expressions = [SourcePlan.cast("source.\(column)", kind)]
    if hasGroup { expressions.append(SQL.Pull.group) }
    let copy = SQL.Pull.copy(query, columns: expressions)
    var ids = IdentifierColumn(kind: kind)
    var (rows, bytes, unusable) = (0, 0, 0)
    var groups: [Int32] = []
    var numbers: [String: Int32] = [:]
    try BatchError.mapping("read \(key)") {
      _ = try connection.copyOut(copy) { row in
        rows += 1
        if rows & 0x1FFF == 0 { try context.interruption.check() }
        guard try ids.read(&row, bytes: &bytes) == .usable else {
          unusable += 1
          return
        }
        let number = Int(ids.intern())
        guard hasGroup else { return }
        var group: Int32 = -1
        if let name = try row.nextText() {
          group = numbers[name] ?? Int32(numbers.count)
          numbers[name] = group
        }
        if number == groups.count {
          groups.append(group)
        } else if groups[number] != group {
          throw BatchError(
            .data, "\(key) gives an item more than one group",
            advice: "let it yield each item once")
        }
      }
    }
    guard unusable == 0 else {
      throw BatchError(
        .data, "\(key) gave \(unusable) rows of \(rows) whose \(column) is NULL or too long",
        advice: "leave them out in \(key)")
    }
    guard rows > 0 else {
      throw BatchError(
        .data, "\(key) gave no rows, so no list could be made",
        advice: "run the query in psql; relations in it need their schema")
    }
    let (vocabulary, remap) = ids.finish()
    var ordered = [Int32](repeating: -1, count: vocabulary.count)
    for (number, group) in groups.enumerated() { ordered[Int(remap[number])] = group }
    return (vocabulary, ordered)
  }
}
