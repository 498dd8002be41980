import RunSupport

/// Statements on users' and items' vectors, which are kept by run as lists are.
extension SQL.Output {
  /// The parent of users' vectors, with the source's own type of ids.
  func createUserVectorRows(user: String) -> String {
    """
    CREATE TABLE \(userVectorRows.name) (
      run_id bigint NOT NULL,
      user_id \(user) NOT NULL,
      vector real[] NOT NULL,
      CONSTRAINT user_vectors_by_run_pkey PRIMARY KEY (run_id, user_id)
    ) PARTITION BY LIST (run_id);
    COMMENT ON TABLE \(userVectorRows.name) IS
      'Users'' vectors of every kept run, a partition a run; the view user_vectors shows the live one';
    COMMENT ON COLUMN \(userVectorRows.name).run_id IS '\(Self.vectorRunMeaning)';
    COMMENT ON COLUMN \(userVectorRows.name).user_id IS 'The user, as in the source';
    COMMENT ON COLUMN \(userVectorRows.name).vector IS '\(Self.vectorMeaning)';
    """
  }

  /// The parent of items' vectors, with the source's own type of ids.
  func createItemVectorRows(item: String) -> String {
    """
    CREATE TABLE \(itemVectorRows.name) (
      run_id bigint NOT NULL,
      item_id \(item) NOT NULL,
      vector real[] NOT NULL,
      eligible boolean NOT NULL,
      CONSTRAINT item_vectors_by_run_pkey PRIMARY KEY (run_id, item_id)
    ) PARTITION BY LIST (run_id);
    COMMENT ON TABLE \(itemVectorRows.name) IS
      'Items'' vectors of every kept run, a partition a run; the view item_vectors shows the live one';
    COMMENT ON COLUMN \(itemVectorRows.name).run_id IS '\(Self.vectorRunMeaning)';
    COMMENT ON COLUMN \(itemVectorRows.name).item_id IS 'The item, as in the source';
    COMMENT ON COLUMN \(itemVectorRows.name).vector IS '\(Self.vectorMeaning)';
    COMMENT ON COLUMN \(itemVectorRows.name).eligible IS '\(Self.eligibleMeaning)';
    """
  }

  private static let vectorRunMeaning =
    "The run (ncf.runs) whose model it is of; vectors of different runs don''t go together"
  private static let vectorMeaning = """
    Its dot product with a vector of the other kind is the part of the model''s score that is one: all \
    of it for a matrix factorisation, what the tower and the bias leave for a network
    """
  private static let eligibleMeaning = "Whether the item may be recommended (items.eligible)"

  /// Fills a run's table of users' vectors by binary COPY, in the transaction that created it.
  package func copyUserVectors(_ run: Int64) -> String {
    """
    COPY \(child(run, of: userVectorRows)) (run_id, user_id, vector)
    FROM STDIN (FORMAT binary, FREEZE)
    """
  }

  /// Fills a run's table of items' vectors by binary COPY, in the transaction that created it.
  package func copyItemVectors(_ run: Int64) -> String {
    """
    COPY \(child(run, of: itemVectorRows)) (run_id, item_id, vector, eligible)
    FROM STDIN (FORMAT binary, FREEZE)
    """
  }

  /// The view of users' vectors.
  ///
  /// - Parameters:
  ///   - name: its name, quoted.
  ///   - job: the job's name as a literal.
  /// - Returns: the statement.
  func createUserVectors(as name: String, job: String) -> String {
    """
    CREATE VIEW \(name) AS
    SELECT v.user_id, v.vector, v.run_id
    FROM \(userVectorRows.name) AS v
    WHERE v.run_id = \(live(job))
    """
  }

  /// The view of items' vectors.
  ///
  /// - Parameters:
  ///   - name: its name, quoted.
  ///   - job: the job's name as a literal.
  /// - Returns: the statement.
  func createItemVectors(as name: String, job: String) -> String {
    """
    CREATE VIEW \(name) AS
    SELECT v.item_id, v.vector, v.eligible, v.run_id
    FROM \(itemVectorRows.name) AS v
    WHERE v.run_id = \(live(job))
    """
  }

  var commentUserVectors: String {
    """
    COMMENT ON VIEW \(userVectors) IS
      'A vector for each user that the live run''s model scored; empty unless output.vectors';
    COMMENT ON COLUMN \(userVectors).user_id IS 'The user, as in the source';
    COMMENT ON COLUMN \(userVectors).vector IS '\(Self.vectorMeaning)';
    COMMENT ON COLUMN \(userVectors).run_id IS '\(Self.vectorRunMeaning)';
    """
  }

  var commentItemVectors: String {
    """
    COMMENT ON VIEW \(itemVectors) IS
      'A vector for each item, by the live run''s model; empty unless output.vectors';
    COMMENT ON COLUMN \(itemVectors).item_id IS 'The item, as in the source';
    COMMENT ON COLUMN \(itemVectors).vector IS '\(Self.vectorMeaning)';
    COMMENT ON COLUMN \(itemVectors).eligible IS '\(Self.eligibleMeaning)';
    COMMENT ON COLUMN \(itemVectors).run_id IS '\(Self.vectorRunMeaning)';
    """
  }
}
