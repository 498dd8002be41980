import Baselines
import Jobs
import Postgres
import TestSupport

/// A shop whose lists have been live for some time.
extension Shop {
  /// A job that is quick to train, and whose lists depend on the user.
  func quickJob(_ change: (inout Job) -> Void = { _ in }) -> Job {
    job {
      $0.method = .baseline(.itemknn)
      change(&$0)
    }
  }

  /// Puts everything that the job did back by some hours, as if it had been done then, and forgets what was
  /// counted.
  func age(hours: Int) throws {
    for statement in [
      "UPDATE ncf.live_moves SET moved_at = moved_at - interval '\(hours) hours'",
      "UPDATE ncf.runs SET watermark = watermark - interval '\(hours) hours'",
      """
      UPDATE ncf.runs SET started_at = started_at - interval '\(hours) hours',
        finished_at = finished_at - interval '\(hours) hours'
      """,
      "TRUNCATE ncf.served, ncf.served_tenths, ncf.served_groups, ncf.served_rivals, ncf.served_users",
      "UPDATE ncf.slot_share_changes SET changed_at = changed_at - interval '\(hours) hours'",
    ] { try connection.execute(statement) }
  }

  /// Has some users take the item at a place of a run's list, some hours and minutes ago.
  func take(
    rank: Int, of run: Int, users: ClosedRange<Int>, hours: Int, minutes: Int = 0
  ) throws {
    try add(
      """
      SELECT user_id, item_id,
        date_trunc('hour', now()) - interval '\(hours) hours' + interval '\(minutes) minutes'
      FROM ncf.recommendations_by_run
      WHERE run_id = \(run) AND rank = \(rank) AND user_id BETWEEN \(users.lowerBound)
        AND \(users.upperBound)
      """)
  }

  /// All counts, in order.
  func counts(ofGenerationsBelow end: Int = .max) throws -> String {
    try ["served", "served_tenths", "served_groups", "served_rivals"].map { table in
      try query(
        """
        SELECT (to_jsonb(t) - 'counted_to' - 'provisional')::text FROM ncf.\(table) AS t
        WHERE t.generation < \(end) ORDER BY 1
        """)
    }.joined(separator: "\n")
  }
}
