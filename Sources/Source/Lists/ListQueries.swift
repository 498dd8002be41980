import Interactions
package import Jobs
package import Postgres
import RunSupport

/// The queries of a job that say who gets lists, and of what.
package struct ListQueries {
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
  package init(_ job: Job, _ plan: SourcePlan, on connection: Connection) throws {
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
