import Jobs
import Postgres
import RunSupport

/// A table cut into ranges of its blocks, so that several connections can read it side by side.
///
/// All of them see the snapshot that this one's transaction exported. The last range has no end, so
/// every row of the snapshot is in exactly one.
struct SourceParts {
  /// What `SET TRANSACTION SNAPSHOT` takes.
  let snapshot: String
  /// A condition for each part, on the table as `t`.
  let conditions: [String]

  /// Cuts the source; nil when there is nothing to cut.
  ///
  /// - Parameters:
  ///   - source: the job's source.
  ///   - count: parts; 1 cuts nothing.
  ///   - connection: inside the transaction that exports its snapshot, open until all have read.
  /// - Throws: `BatchError`, exit code 78, for a source that has no blocks; `PostgresError`.
  init?(_ source: Job.Source, of count: Int, on connection: Connection) throws {
    guard count > 1 else { return nil }
    guard case .table(let name, _) = source.relation else {
      throw BatchError(
        .configuration, "source.connections is \(count), but the source is a query",
        advice: "only a table can be read in parts: give source.table, or source.connections 1")
    }
    // This session waits, in its transaction, until all parts are read.
    try connection.execute(
      SQL.Session.setLocal, ["idle_in_transaction_session_timeout", "0"])
    let relation = try SourcePlan.resolve(name, on: connection)
    guard let found = try connection.execute(SQL.Pull.blocks, [.text(relation)]).first else {
      throw BatchError(
        .configuration, "source.connections is \(count), but \(name) is not a plain table",
        advice: "a view or a partitioned table can't be read in parts: set source.connections to 1")
    }
    let blocks: Int = try found.decode("blocks")
    snapshot = try found.decode("snapshot")
    conditions = (0..<count).map { part in
      SQL.Pull.part(
        from: blocks * part / count, to: part == count - 1 ? nil : blocks * (part + 1) / count)
    }
  }
}
