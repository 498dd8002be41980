import Interactions
import Jobs
import Postgres
import RunSupport

/// A query beside the source, which yields ids of users or of items, and what belongs to them.
struct ListQuery {
  /// What a query yields beside the ids.
  enum Content {
    case ids, groups, features
  }

  private let key: String
  private let column: String
  private let kind: IdentifierKind
  private let content: Content
  private let isWeighted: Bool
  private let copy: String

  /// Asks the server what the query's columns are, and checks that they can be used.
  ///
  /// - Parameters:
  ///   - text: the query.
  ///   - key: where it was given, such as `items.eligible`.
  ///   - column: the name of its ids.
  ///   - kind: the type of these ids in the source.
  ///   - content: what it yields beside them.
  ///   - connection: inside the transaction that reads the source.
  /// - Throws: `BatchError`, exit code 78, naming what is missing or of a wrong type;
  ///   `PostgresError`.
  init(
    _ text: String, key: String, column: String, kind: IdentifierKind, _ content: Content,
    on connection: Connection
  ) throws {
    (self.key, self.column, self.kind, self.content) = (key, column, kind, content)
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
    var expressions = [SourcePlan.cast("source.\(column)", kind)]
    switch content {
    case .ids: break
    case .groups:
      _ = try columns.type(of: "group", in: key, advice: "by AS \"group\"")
      expressions.append(SQL.Pull.group)
    case .features:
      _ = try columns.type(of: "feature", in: key, advice: "by AS feature")
      expressions.append(SQL.Pull.feature)
    }
    isWeighted = content == .features && columns.contains { $0.name == "weight" }
    if isWeighted {
      let type = try columns.type(of: "weight", in: key, advice: "by AS")
      guard SourcePlan.numbers.contains(type) else {
        throw BatchError(
          .configuration, "\(key): the column weight is no number (type OID \(type))",
          advice: "cast it to real in \(key), or give it another name")
      }
      expressions.append(SQL.Pull.weight)
    }
    copy = SQL.Pull.copy(query, columns: expressions)
  }

  /// Reads the rows; a row that `take` answers with false can't be used.
  private func read(
    _ context: RunContext, on connection: Connection, flaw: String,
    _ take: (inout CopyRow, inout IdentifierColumn) throws -> Bool
  ) throws -> (ids: IdentifierColumn, rows: Int) {
    var ids = IdentifierColumn(kind: kind)
    var (rows, unusable) = (0, 0)
    try BatchError.mapping("read \(key)") {
      _ = try connection.copyOut(copy) { row in
        rows += 1
        if rows & 0x1FFF == 0 { try context.interruption.check() }
        if try !take(&row, &ids) { unusable += 1 }
      }
    }
    guard unusable == 0 else {
      throw BatchError(
        .data, "\(key) gave \(unusable) rows of \(rows) whose \(column) is NULL\(flaw)",
        advice: "leave them out in \(key)")
    }
    return (ids, rows)
  }

  /// Reads the ids and the group of each.
  ///
  /// - Parameters:
  ///   - context: is asked whether to stop.
  ///   - connection: inside the transaction that reads the source.
  /// - Returns: each id once, and for each the number of its group, -1 for NULL; no groups without
  ///   such a column.
  /// - Throws: `BatchError`, exit code 65, for ids that can't be used or have several groups;
  ///   `PostgresError`.
  func identifiers(
    _ context: RunContext, on connection: Connection
  ) throws -> (ids: Vocabulary, groups: [Int32]) {
    var (bytes, groups): (Int, [Int32]) = (0, [])
    var numbers: [String: Int32] = [:]
    let (ids, rows) = try read(context, on: connection, flaw: " or too long") { row, ids in
      guard try ids.read(&row, bytes: &bytes) == .usable else { return false }
      let number = Int(ids.intern())
      guard content == .groups else { return true }
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
      return true
    }
    guard rows > 0 else {
      throw BatchError(
        .data, "\(key) gave no rows, so no list could be made",
        advice: "run the query in psql; relations in it need their schema")
    }
    let (vocabulary, map) = ids.finish()
    var ordered = [Int32](repeating: -1, count: vocabulary.count)
    for (number, group) in groups.enumerated() { ordered[Int(map.values[number])] = group }
    return (vocabulary, ordered)
  }

  /// Reads the features.
  ///
  /// - Parameters:
  ///   - context: is asked whether to stop.
  ///   - connection: inside the transaction that reads the source.
  /// - Returns: each id's features; rows whose feature is NULL tell none.
  /// - Throws: `BatchError`, exit code 65, for rows that can't be used; `PostgresError`.
  func features(_ context: RunContext, on connection: Connection) throws -> FeatureTable {
    var (bytes, names) = (0, IdentifierColumn(kind: .text))
    var pairs: [(id: UInt32, feature: UInt32, weight: Float)] = []
    let flaw =
      ", whose feature is longer than \(IdentifierColumn.longest) bytes, or whose weight is not a "
      + "finite number"
    let (ids, rows) = try read(context, on: connection, flaw: flaw) { row, ids in
      let id = try ids.read(&row, bytes: &bytes)
      let name = try names.read(&row, bytes: &bytes)
      let weight: Float? = try isWeighted ? row.nextFloat() : 1
      if id == .usable, name == .null { return true }
      guard id == .usable, name == .usable, let weight, weight.isFinite else { return false }
      pairs.append((ids.intern(), names.intern(), weight))
      return true
    }
    guard !pairs.isEmpty else {
      throw BatchError(
        .data, "\(key) gave no features", advice: "run the query in psql, or leave the key out")
    }
    let (vocabulary, idMap) = ids.finish()
    let (features, nameMap) = names.finish()
    var lists = [[(feature: UInt32, weight: Float)]](repeating: [], count: vocabulary.count)
    for (id, feature, weight) in pairs {
      let feature = UInt32(nameMap.values[Int(feature)])
      let id = Int(idMap.values[Int(id)])
      if let place = lists[id].firstIndex(where: { $0.feature == feature }) {
        // A pair that comes twice is one; where weights are given they add up.
        if isWeighted { lists[id][place].weight += weight }
      } else {
        lists[id].append((feature, weight))
      }
    }
    return FeatureTable(
      ids: vocabulary, names: features, rows: rows,
      lists: lists.map { $0.sorted { $0.feature < $1.feature } })
  }
}
