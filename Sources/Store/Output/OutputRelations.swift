package import Interactions
package import Jobs
package import Postgres
import RunSupport

/// The relations of a job's output schema: made when missing, refused when they are not what the job
/// needs.
package struct OutputRelations {
  private let job: Job
  private let userType: String
  private let itemType: String
  private let sql: SQL.Output
  private let connection: Connection

  /// The relations for a job whose source has ids of these types.
  package init(
    _ job: Job, users: IdentifierKind, items: IdentifierKind, on connection: Connection
  ) throws(PostgresError) {
    self.job = job
    (userType, itemType) = (users.rawValue, items.rawValue)
    sql = try SQL.Output(schema: job.output.schema, on: connection)
    self.connection = connection
  }

  /// What must stand under this program's names, in the order that it is checked.
  private var expected: [(name: String, kind: String, columns: [String])] {
    func columns(_ columns: [SQL.Output.Column]) -> [String] {
      columns.map { $0.definition(user: userType, item: itemType) }
    }
    return [sql.popular, sql.similar, sql.userVectorRows, sql.itemVectorRows, sql.lists].flatMap {
      let table = ($0.table, $0.isPartitioned ? "p" : "r", columns($0.columns))
      let views = $0.views.map { ($0.name, "v", columns($0.columns)) }
      return $0.isPartitioned ? views + [table] : [table] + views
    }
  }

  /// Checks what is there and makes what is not, in one transaction.
  ///
  /// - Throws: `BatchError`, exit code 78, naming the relation that is not as it must be;
  ///   `PostgresError`.
  package func ensure() throws {
    try connection.transaction {
      if try !connection.execute(SQL.Output.schemaExists, job.output.schema).value() {
        try connection.executeScript(sql.createSchema)
      }
      let present = try verified()
      for parent in sql.relations where !present.contains(parent.table) {
        try connection.executeScript(sql.create(parent, user: userType, item: itemType))
      }
      for view in sql.relations.flatMap(\.views) {
        try ensure(view, isThere: present.contains(view.name))
      }
    }
  }

  /// Checks what is there; changes nothing.
  ///
  /// Of a view the columns and that it is of this job: its whole definition is compared in `ensure()`.
  ///
  /// - Throws: `BatchError`, exit code 78; `PostgresError`.
  package func verify() throws { _ = try verified() }

  /// Names of the relations that are there, each with the columns it must have.
  private func verified() throws -> Set<String> {
    let expected = expected
    var found: [String: (kind: String, columns: [String])] = [:]
    for row in try connection.execute(
      SQL.Output.columns, job.output.schema, Self.array(expected.map(\.name)))
    {
      let name: String = try row.decode("name")
      let kind: String = try row.decode("kind")
      found[name, default: (kind, [])].columns.append(try row.decode("column"))
    }
    for relation in expected {
      guard let there = found[relation.name] else { continue }
      guard there.kind == relation.kind, there.columns == relation.columns else {
        let isWrong = zip(there.columns, relation.columns).first { $0 != $1 }
        let difference =
          isWrong.map { "it has \($0), needed is \($1)" }
          ?? "it has \(there.columns.count) columns, needed are \(relation.columns.count)"
        throw BatchError(
          .configuration,
          "\(job.output.schema).\(relation.name) is not what this job publishes: \(difference)",
          advice: "give the job an output.schema of its own, or drop the relation so that the next "
            + "run makes it anew")
      }
    }
    let foreign = try connection.execute(
      SQL.Output.foreignViews,
      job.output.schema, job.name, Self.array(sql.relations.flatMap(\.views).map(\.name)))
    if let first = foreign.first { throw self.foreign(try first.decode("name")) }
    return Set(found.keys)
  }

  /// Names without characters that an array's text would have to quote.
  private static func array(_ names: [String]) -> String {
    "{\(names.joined(separator: ","))}"
  }

  private func ensure(_ view: SQL.Output.View, isThere: Bool) throws {
    let job = try connection.quoteLiteral(job.name)
    guard isThere else {
      try connection.execute(sql.create(view, as: sql.qualified(view), job: job))
      try connection.executeScript(sql.comment(view))
      return
    }
    // The server's own wording of the definition is compared with that of a fresh view.
    let probe = sql.schema + ".ncf_batch_probe"
    var wanted: String?
    do {
      try connection.savepoint("probe") {
        try connection.execute(sql.create(view, as: probe, job: job))
        wanted = try definition(of: probe)
        throw Undo()
      }
    } catch is Undo {}
    guard let wanted, try wanted == definition(of: sql.qualified(view)) else {
      throw foreign(view.name)
    }
  }

  private func definition(of view: String) throws -> String? {
    try connection.execute(SQL.Output.viewDefinition, view).valueIfPresent()
  }

  private func foreign(_ name: String) -> BatchError {
    BatchError(
      .configuration, "the view \(job.output.schema).\(name) is not the one that this job made",
      advice: "drop it so that the next run makes it anew; if another job made it, give this job "
        + "an output.schema of its own")
  }

  private struct Undo: Error {}
}
