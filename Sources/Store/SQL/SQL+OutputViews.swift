import Jobs
import RunSupport

/// Views that readers read, in the job's output schema.
extension SQL.Output {
  /// The run that readers of a job see; a subquery, not a join, prunes partitions as it runs.
  static func live(_ job: String) -> String {
    "(SELECT l.run_id FROM ncf.live AS l WHERE l.job = \(job) AND l.slot = '\(Job.mainSlot)')"
  }

  /// Each user's list in the slot that is theirs, from the relation of all lists.
  ///
  /// Two parts, so that a reader of everything scans main's lists alone when no other slot is live.
  /// Positions are compared here rather than by `ncf.slot_of`, which asks for each row.
  static func bySlot(_ lists: String) -> (_ job: String) -> String {
    { job in
      let isWithin = """
        ncf.slot_position(r.user_id::text, \(job)) >= b.lower_bound
          AND ncf.slot_position(r.user_id::text, \(job)) < b.upper_bound
        """
      return """
        SELECT r.user_id, r.rank, r.item_id, r.score, r.source, r.run_id,
          '\(Job.mainSlot)'::text AS slot
        FROM \(lists) AS r
        WHERE r.run_id = \(live(job)) AND NOT EXISTS (
          SELECT FROM ncf.slot_bounds AS b WHERE b.job = \(job) AND \(isWithin))
        UNION ALL
        SELECT r.user_id, r.rank, r.item_id, r.score, r.source, r.run_id, b.slot
        FROM ncf.slot_bounds AS b
        JOIN \(lists) AS r ON r.run_id = b.run_id
        WHERE b.job = \(job) AND \(isWithin)
        """
    }
  }
}
