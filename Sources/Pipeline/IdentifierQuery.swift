import Interactions
import Postgres
import Ranking

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

/// The queries of a job that say who gets lists, and of what.
struct ListQueries {
  private let users: IdentifierQuery?
  private let eligible: IdentifierQuery?
  private let group: IdentifierQuery?
  private let userFeatures: FeatureQuery?
  private let itemFeatures: FeatureQuery?
  private let maxPerGroup: Int

  /// Checks the queries that the job has, before anything is read.
  ///
  /// - Parameters:
  ///   - job: what `nightly.yaml` says.
  ///   - plan: knows the types of the source's ids.
  ///   - connection: inside the transaction that reads the source.
  /// - Throws: `BatchError`, exit code 78; `PostgresError`.
  init(_ job: Job, _ plan: SourcePlan, on connection: Connection) throws {
    users = try job.users.query.map {
      try IdentifierQuery(
        $0, key: "users.query", column: "user_id", kind: plan.userKind, on: connection)
    }
    eligible = try job.items.eligible.map {
      try IdentifierQuery(
        $0, key: "items.eligible", column: "item_id", kind: plan.itemKind, on: connection)
    }
    group = try job.items.group.map {
      try IdentifierQuery(
        $0, key: "items.group", column: "item_id", kind: plan.itemKind, hasGroup: true,
        on: connection)
    }
    userFeatures = try job.users.features.map {
      try FeatureQuery(
        $0, key: "users.features", column: "user_id", kind: plan.userKind, on: connection)
    }
    itemFeatures = try job.items.features.map {
      try FeatureQuery(
        $0, key: "items.features", column: "item_id", kind: plan.itemKind, on: connection)
    }
    maxPerGroup = job.items.maxPerGroup ?? .max
  }

  /// Who should have a list; nil for everybody in the log.
  ///
  /// - Throws: `BatchError`, exit code 65; `PostgresError`.
  func askedUsers(_ context: RunContext, on connection: Connection) throws -> Vocabulary? {
    try users?.identifiers(context, on: connection)
  }

  /// The features of users, and of items; nil for those that the job has no query for.
  ///
  /// - Throws: `BatchError`, exit code 65; `PostgresError`.
  func features(
    _ context: RunContext, on connection: Connection
  ) throws -> (users: FeatureTable?, items: FeatureTable?) {
    (
      try userFeatures?.read(context, on: connection),
      try itemFeatures?.read(context, on: connection)
    )
  }

  /// What may be listed.
  ///
  /// - Parameters:
  ///   - context: is asked whether to stop.
  ///   - connection: inside the transaction that read the source.
  /// - Returns: the rules.
  /// - Throws: `BatchError`, exit code 65; `PostgresError`.
  func rules(_ context: RunContext, on connection: Connection) throws -> CatalogueRules {
    CatalogueRules(
      ids: try eligible?.identifiers(context, on: connection),
      grouped: try group?.groups(context, on: connection), maxPerGroup: maxPerGroup)
  }
}

/// What may be listed, by ids: rules for whichever items there are.
struct CatalogueRules {
  /// What may be listed; nil when all may.
  fileprivate let ids: Vocabulary?
  /// The group of each of some items.
  fileprivate let grouped: (ids: Vocabulary, groups: [Int32])?
  fileprivate let maxPerGroup: Int

  /// For each of some items whether it may be listed; nil when all may.
  func eligible(_ items: Vocabulary) -> [Bool]? { ids.map { items.places(in: $0).map { $0 >= 0 } } }

  /// The catalogue of some items.
  func catalogue(of items: Vocabulary) -> Catalogue {
    let cap = grouped.map { grouped in
      GroupCap(
        groups: items.places(in: grouped.ids).map { $0 < 0 ? -1 : grouped.groups[Int($0)] },
        most: maxPerGroup)
    }
    return Catalogue(itemCount: items.count, eligible: eligible(items), cap: cap)
  }

  /// Refuses rules by which no item that can be ranked may be listed.
  ///
  /// - Parameter items: what can be ranked.
  /// - Throws: `BatchError`, exit code 65.
  func requireAny(of items: Vocabulary) throws(BatchError) {
    guard let ids, items.count > 0, eligible(items)?.contains(true) == false else { return }
    throw BatchError(
      .data, "items.eligible gave \(ids.count) items, and the log knows none of them",
      advice: "compare their ids with those of the source")
  }
}
