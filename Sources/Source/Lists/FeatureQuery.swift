import Interactions
import Jobs
import Postgres
import RunSupport

/// A query beside the source that yields content features of users or of items.
struct FeatureQuery {
  private let key: String
  private let column: String
  private let kind: IdentifierKind
  private let query: String
  private let isWeighted: Bool

  /// Asks the server what the query's columns are, and checks that they can be used.
  ///
  /// - Parameters:
  ///   - text: the query.
  ///   - key: where it was given: `items.features` or `users.features`.
  ///   - column: the name of its ids.
  ///   - kind: the type of these ids in the source.
  ///   - connection: inside the transaction that reads the source.
  /// - Throws: `BatchError`, exit code 78, naming what is missing or of a wrong type;
  ///   `PostgresError`.
  init(
    _ text: String, key: String, column: String, kind: IdentifierKind, on connection: Connection
  ) throws {
    self.key = key
    self.column = column
    self.kind = kind
    let columns = try IdentifierQuery.columns(
      of: text, key: key, column: column, kind: kind, on: connection)
    query = columns.query
    _ = try columns.found.type(of: "feature", in: key, advice: "by AS feature")
    isWeighted = columns.found.contains { $0.name == "weight" }
    if isWeighted {
      let type = try columns.found.type(of: "weight", in: key, advice: "by AS")
      guard SourcePlan.numbers.contains(type) else {
        throw BatchError(
          .configuration, "\(key): the column weight is no number (type OID \(type))",
          advice: "cast it to real in \(key), or give it another name")
      }
    }
  }

  /// Reads the features.
  ///
  /// - Parameters:
  ///   - context: is asked whether to stop.
  ///   - connection: inside the transaction that reads the source.
  /// - Returns: each id's features; rows whose feature is NULL tell none.
  /// - Throws: `BatchError`, exit code 65, for rows that can't be used; `PostgresError`.
  func read(_ context: RunContext, on connection: Connection) throws -> FeatureTable {
    var expressions = [SourcePlan.cast("source.\(column)", kind), SQL.Pull.feature]
    if isWeighted { expressions.append(SQL.Pull.weight) }
    let copy = SQL.Pull.copy(query, columns: expressions)
    var (ids, names) = (IdentifierColumn(kind: kind), IdentifierColumn(kind: .text))
    var (rows, bytes, unusable) = (0, 0, 0)
    var pairs: [(id: UInt32, feature: UInt32, weight: Float)] = []
    try BatchError.mapping("read \(key)") {
      _ = try connection.copyOut(copy) { row in
        rows += 1
        if rows & 0x1FFF == 0 { try context.interruption.check() }
        let id = try ids.read(&row, bytes: &bytes)
        let name = try names.read(&row, bytes: &bytes)
        let weight: Float? = try isWeighted ? row.nextFloat() : 1
        if id == .usable, name == .null { return }
        guard id == .usable, name == .usable, let weight, weight.isFinite else {
          unusable += 1
          return
        }
        pairs.append((ids.intern(), names.intern(), weight))
      }
    }
    guard unusable == 0 else {
      throw BatchError(
        .data,
        "\(key) gave \(unusable) rows of \(rows) whose \(column) is NULL, whose feature is longer "
          + "than \(IdentifierColumn.longest) bytes, or whose weight is not a finite number",
        advice: "leave them out in \(key)")
    }
    guard !pairs.isEmpty else {
      throw BatchError(
        .data, "\(key) gave no features", advice: "run the query in psql, or leave the key out")
    }
    let (vocabulary, idRemap) = ids.finish()
    let (features, nameRemap) = names.finish()
    var lists = [[(feature: UInt32, weight: Float)]](repeating: [], count: vocabulary.count)
    for (id, feature, weight) in pairs {
      let feature = nameRemap[Int(feature)]
      let id = Int(idRemap[Int(id)])
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
