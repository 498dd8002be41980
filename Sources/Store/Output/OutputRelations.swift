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
    userType = users.rawValue
    itemType = items.rawValue
    sql = try SQL.Output(schema: job.output.schema, on: connection)
    self.connection = connection
  }

  private var expected: [(name: String, kind: String, columns: [String])] {
    [
      (
        "popular_by_run", "r",
        ["run_id bigint", "rank integer", "item_id \(itemType)", "score real"]
      ),
      ("popular_items", "v", ["rank integer", "item_id \(itemType)", "score real"]),
      (
        "similar_items", "v",
        [
          "item_id \(itemType)", "rank integer", "similar_item_id \(itemType)", "score real",
        ]
      ),
      (
        "similar_items_by_run", "p",
        [
          "run_id bigint", "item_id \(itemType)", "rank integer", "similar_item_id \(itemType)",
          "score real",
        ]
      ),
      ("user_vectors", "v", ["user_id \(userType)", "vector real[]", "run_id bigint"]),
      (
        "user_vectors_by_run", "p", ["run_id bigint", "user_id \(userType)", "vector real[]"]
      ),
      (
        "item_vectors", "v",
        ["item_id \(itemType)", "vector real[]", "eligible boolean", "run_id bigint"]
      ),
      (
        "item_vectors_by_run", "p",
        ["run_id bigint", "item_id \(itemType)", "vector real[]", "eligible boolean"]
      ),
      (
        "recommendations", "v",
        [
          "user_id \(userType)", "rank integer", "item_id \(itemType)", "score real", "source text",
          "run_id bigint",
        ]
      ),
      (
        "recommendations_by_slot", "v",
        [
          "user_id \(userType)", "rank integer", "item_id \(itemType)", "score real", "source text",
          "run_id bigint", "slot text",
        ]
      ),
      (
        "recommendations_by_run", "p",
        [
          "run_id bigint", "user_id \(userType)", "rank integer", "item_id \(itemType)",
          "score real", "source text",
        ]
      ),
    ]
  }

  /// Checks what is there and makes what is not, in one transaction.
  ///
  /// - Throws: `BatchError`, exit code 78, naming the relation that is not as it must be;
  ///   `PostgresError`.
  package func ensure() throws {
    try connection.transaction {
      let exists = try connection.execute(
        SQL.Output.schemaExists, [.text(job.output.schema)])[row: 0, column: 0]
      if exists != "t" { try connection.executeScript(sql.createSchema) }
      let present = try verified()
      if !present.contains("recommendations_by_run") {
        try connection.executeScript(sql.createParent(user: userType, item: itemType))
      }
      if !present.contains("similar_items_by_run") {
        try connection.executeScript(sql.createSimilar(item: itemType))
      }
      if !present.contains("user_vectors_by_run") {
        try connection.executeScript(sql.createUserVectorRows(user: userType))
      }
      if !present.contains("item_vectors_by_run") {
        try connection.executeScript(sql.createItemVectorRows(item: itemType))
      }
      if !present.contains("popular_by_run") {
        try connection.executeScript(sql.createPopular(item: itemType))
      }
      try ensureView(
        "recommendations", isThere: present.contains("recommendations"), at: sql.recommendations,
        create: sql.createRecommendations, comment: sql.commentRecommendations)
      try ensureView(
        "recommendations_by_slot", isThere: present.contains("recommendations_by_slot"),
        at: sql.recommendationsBySlot, create: sql.createRecommendationsBySlot,
        comment: sql.commentRecommendationsBySlot)
      try ensureView(
        "similar_items", isThere: present.contains("similar_items"), at: sql.similarItems,
        create: sql.createSimilarItems, comment: sql.commentSimilarItems)
      try ensureView(
        "popular_items", isThere: present.contains("popular_items"), at: sql.popularItems,
        create: sql.createPopularItems, comment: sql.commentPopularItems)
      try ensureView(
        "user_vectors", isThere: present.contains("user_vectors"), at: sql.userVectors,
        create: sql.createUserVectors, comment: sql.commentUserVectors)
      try ensureView(
        "item_vectors", isThere: present.contains("item_vectors"), at: sql.itemVectors,
        create: sql.createItemVectors, comment: sql.commentItemVectors)
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
    let result = try connection.execute(SQL.Output.columns, [.text(job.output.schema)])
    var found: [String: (kind: String, columns: [String])] = [:]
    for row in 0..<result.rowCount {
      let name = result[row: row, column: 0] ?? ""
      let column = "\(result[row: row, column: 2] ?? "") \(result[row: row, column: 3] ?? "")"
      found[name, default: (result[row: row, column: 1] ?? "", [])].columns.append(column)
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
      SQL.Output.foreignViews, [.text(job.output.schema), .text(job.name)])
    if foreign.rowCount > 0, let name = foreign[row: 0, column: 0] { throw self.foreign(name) }
    return Set(found.keys)
  }

  private func ensureView(
    _ name: String, isThere: Bool, at qualified: String,
    create: (_ name: String, _ job: String) -> String, comment: String
  ) throws {
    let job = try connection.quoteLiteral(job.name)
    guard isThere else {
      try connection.execute(create(qualified, job))
      try connection.executeScript(comment)
      return
    }
    // The server's own wording of the definition is compared with that of a fresh view.
    let probe = sql.schema + ".ncf_batch_probe"
    var wanted: String?
    do {
      try connection.savepoint("probe") {
        try connection.execute(create(probe, job))
        wanted = try connection.execute(
          SQL.Output.viewDefinition, [.text(probe)])[row: 0, column: 0]
        throw Undo()
      }
    } catch is Undo {}
    let found = try connection.execute(
      SQL.Output.viewDefinition, [.text(qualified)])[row: 0, column: 0]
    guard let wanted, wanted == found else {
      throw foreign(name)
    }
  }

  private func foreign(_ name: String) -> BatchError {
    BatchError(
      .configuration, "the view \(job.output.schema).\(name) is not the one that this job made",
      advice: "drop it so that the next run makes it anew; if another job made it, give this job "
        + "an output.schema of its own")
  }

  private struct Undo: Error {}
}
