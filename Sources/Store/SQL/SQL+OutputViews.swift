import Jobs
import RunSupport

/// Views that readers read, in the job's output schema.
extension SQL.Output {
  /// The run that readers of a job see; a subquery, not a join, prunes partitions as it runs.
  func live(_ job: String) -> String {
    "(SELECT l.run_id FROM ncf.live AS l WHERE l.job = \(job) AND l.slot = '\(Job.mainSlot)')"
  }

  /// The view of the lists.
  ///
  /// - Parameters:
  ///   - name: its name, quoted.
  ///   - job: the job's name as a literal.
  /// - Returns: the statement.
  func createRecommendations(as name: String, job: String) -> String {
    """
    CREATE VIEW \(name) AS
    SELECT r.user_id, r.rank, r.item_id, r.score, r.source, r.run_id
    FROM \(lists.name) AS r
    WHERE r.run_id = \(live(job))
    """
  }

  /// The view of each user's list in the slot that is theirs.
  ///
  /// Two parts, so that a reader of everything scans main's lists alone when no other slot is live.
  /// Positions are compared here rather than by `ncf.slot_of`, which asks for each row.
  ///
  /// - Parameters:
  ///   - name: its name, quoted.
  ///   - job: the job's name as a literal.
  /// - Returns: the statement.
  func createRecommendationsBySlot(as name: String, job: String) -> String {
    let isWithin = """
      ncf.slot_position(r.user_id::text, \(job)) >= b.lower_bound
        AND ncf.slot_position(r.user_id::text, \(job)) < b.upper_bound
      """
    return """
      CREATE VIEW \(name) AS
      SELECT r.user_id, r.rank, r.item_id, r.score, r.source, r.run_id,
        '\(Job.mainSlot)'::text AS slot
      FROM \(lists.name) AS r
      WHERE r.run_id = \(live(job)) AND NOT EXISTS (
        SELECT FROM ncf.slot_bounds AS b WHERE b.job = \(job) AND \(isWithin))
      UNION ALL
      SELECT r.user_id, r.rank, r.item_id, r.score, r.source, r.run_id, b.slot
      FROM ncf.slot_bounds AS b
      JOIN \(lists.name) AS r ON r.run_id = b.run_id
      WHERE b.job = \(job) AND \(isWithin)
      """
  }

  /// The view of similar items.
  ///
  /// - Parameters:
  ///   - name: its name, quoted.
  ///   - job: the job's name as a literal.
  /// - Returns: the statement.
  func createSimilarItems(as name: String, job: String) -> String {
    """
    CREATE VIEW \(name) AS
    SELECT s.item_id, s.rank, s.similar_item_id, s.score
    FROM \(similar.name) AS s
    WHERE s.run_id = \(live(job))
    """
  }

  /// The view of popular items.
  ///
  /// - Parameters:
  ///   - name: its name, quoted.
  ///   - job: the job's name as a literal.
  /// - Returns: the statement.
  func createPopularItems(as name: String, job: String) -> String {
    """
    CREATE VIEW \(name) AS
    SELECT p.rank, p.item_id, p.score
    FROM \(popular) AS p
    WHERE p.run_id = \(live(job))
    """
  }

  var commentRecommendations: String {
    """
    COMMENT ON VIEW \(recommendations) IS 'What each user is recommended now: the live run''s lists';
    COMMENT ON COLUMN \(recommendations).user_id IS 'The user, as in the source';
    COMMENT ON COLUMN \(recommendations).rank IS 'Place in the list, from 1';
    COMMENT ON COLUMN \(recommendations).item_id IS 'The item, as in the source';
    COMMENT ON COLUMN \(recommendations).score IS
      '\(Self.scoreMeaning)';
    COMMENT ON COLUMN \(recommendations).source IS
      'model: ranked for this user; popular: for everybody';
    COMMENT ON COLUMN \(recommendations).run_id IS 'The run (ncf.runs) that made the list';
    """
  }

  var commentRecommendationsBySlot: String {
    """
    COMMENT ON VIEW \(recommendationsBySlot) IS
      'What each user is recommended now in the slot that ncf.slot_shares gives them';
    COMMENT ON COLUMN \(recommendationsBySlot).user_id IS 'The user, as in the source';
    COMMENT ON COLUMN \(recommendationsBySlot).rank IS 'Place in the list, from 1';
    COMMENT ON COLUMN \(recommendationsBySlot).item_id IS 'The item, as in the source';
    COMMENT ON COLUMN \(recommendationsBySlot).score IS
      '\(Self.scoreMeaning)';
    COMMENT ON COLUMN \(recommendationsBySlot).source IS
      'model: ranked for this user; popular: for everybody';
    COMMENT ON COLUMN \(recommendationsBySlot).run_id IS
      'The run (ncf.runs) that made the list';
    COMMENT ON COLUMN \(recommendationsBySlot).slot IS 'The slot whose list it is';
    """
  }

  var commentSimilarItems: String {
    """
    COMMENT ON VIEW \(similarItems) IS 'The items most like each item, by the live run''s model';
    COMMENT ON COLUMN \(similarItems).item_id IS 'The item, as in the source';
    COMMENT ON COLUMN \(similarItems).rank IS 'Place in the item''s list, from 1';
    COMMENT ON COLUMN \(similarItems).similar_item_id IS
      'An item like it that may be recommended, as in the source';
    COMMENT ON COLUMN \(similarItems).score IS '\(Self.similarityMeaning)';
    """
  }

  var commentPopularItems: String {
    """
    COMMENT ON VIEW \(popularItems) IS 'The most popular items now';
    COMMENT ON COLUMN \(popularItems).rank IS 'Place, from 1';
    COMMENT ON COLUMN \(popularItems).item_id IS 'The item, as in the source';
    COMMENT ON COLUMN \(popularItems).score IS
      'How many users have the item, each by the age of the last event (popular in the job)';
    """
  }
}
