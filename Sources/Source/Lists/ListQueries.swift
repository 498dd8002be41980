import Interactions
package import Jobs
package import Postgres
import RunSupport

/// The queries of a job that say who gets lists, and of what.
package struct ListQueries {
  private let users: ListQuery?
  private let eligible: ListQuery?
  private let group: ListQuery?
  private let userFeatures: ListQuery?
  private let itemFeatures: ListQuery?
  private let maxPerGroup: Int

  /// Checks the queries that the job has, before anything is read.
  ///
  /// - Parameters:
  ///   - job: what `nightly.yaml` says.
  ///   - plan: knows the types of the source's ids.
  ///   - connection: inside the transaction that reads the source.
  /// - Throws: `BatchError`, exit code 78; `PostgresError`.
  package init(_ job: Job, _ plan: SourcePlan, on connection: Connection) throws {
    func query(
      _ text: String?, _ key: String, ofUsers: Bool, _ content: ListQuery.Content = .ids
    ) throws -> ListQuery? {
      try text.map {
        try ListQuery(
          $0, key: key, column: ofUsers ? "user_id" : "item_id",
          kind: ofUsers ? plan.userKind : plan.itemKind, content, on: connection)
      }
    }
    users = try query(job.users.query, "users.query", ofUsers: true)
    eligible = try query(job.items.eligible, "items.eligible", ofUsers: false)
    group = try query(job.items.group, "items.group", ofUsers: false, .groups)
    userFeatures = try query(job.users.features, "users.features", ofUsers: true, .features)
    itemFeatures = try query(job.items.features, "items.features", ofUsers: false, .features)
    maxPerGroup = job.items.maxPerGroup ?? .max
    // It is run where lists are counted, but what is wrong with it is told before anything is read.
    if let impressions = job.served.impressions {
      try ImpressionsQuery.verify(impressions, plan, on: connection)
    }
  }

  /// Reads the rows of all of them.
  ///
  /// - Parameters:
  ///   - context: is asked whether to stop.
  ///   - connection: inside the transaction that reads the source.
  /// - Returns: the rows; nil for those that the job has no query for.
  /// - Throws: `BatchError`, exit code 65; `PostgresError`.
  func read(_ context: RunContext, on connection: Connection) throws -> ListRows {
    ListRows(
      asked: try users?.identifiers(context, on: connection).ids,
      userFeatures: try userFeatures?.features(context, on: connection),
      itemFeatures: try itemFeatures?.features(context, on: connection),
      rules: CatalogueRules(
        ids: try eligible?.identifiers(context, on: connection).ids,
        grouped: try group?.identifiers(context, on: connection), maxPerGroup: maxPerGroup))
  }
}

/// What the queries beside the source gave.
struct ListRows {
  /// Users who should have a list; nil for everybody in the log.
  var asked: Vocabulary?
  /// The features of users; nil without such a query.
  var userFeatures: FeatureTable?
  /// The features of items; nil without such a query.
  var itemFeatures: FeatureTable?
  /// What may be listed.
  var rules = CatalogueRules()
}
