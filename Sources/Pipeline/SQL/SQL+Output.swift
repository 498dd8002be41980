import Postgres

extension SQL {
  /// Statements on the relations that carry ids, which live in the job's output schema.
  struct Output {
    /// The schema, quoted.
    let schema: String
    /// The lists of all kept runs, partitioned by run.
    let parent: String
    /// The most popular items of each kept run.
    let popular: String
    /// View of the live run's lists.
    let recommendations: String
    /// View of the live run's popular items.
    let popularItems: String

    /// Quotes the names.
    init(schema: String, on connection: Connection) throws(PostgresError) {
      self.schema = try connection.quoteIdentifier(schema)
      parent = self.schema + ".recommendations_by_run"
      popular = self.schema + ".popular_by_run"
      recommendations = self.schema + ".recommendations"
      popularItems = self.schema + ".popular_items"
    }

    /// The lists of one run.
    func child(_ run: Int64) -> String { "\(schema).recommendations_run_\(run)" }

    static let schemaExists = """
      SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = $1)
      """
    /// Columns of what stands in the output schema under this program's names.
    static let columns = """
      SELECT c.relname, c.relkind, a.attname,
        pg_catalog.format_type(a.atttypid, a.atttypmod)
      FROM pg_catalog.pg_namespace AS n
      JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
      WHERE n.nspname = $1 AND a.attnum > 0 AND NOT a.attisdropped
        AND c.relname IN
          ('recommendations_by_run', 'popular_by_run', 'recommendations', 'popular_items')
      ORDER BY c.relname, a.attnum
      """
    static let viewDefinition = "SELECT pg_catalog.pg_get_viewdef(pg_catalog.to_regclass($1))"

    var createSchema: String { "CREATE SCHEMA IF NOT EXISTS \(schema)" }

    /// The parent, with the source's own types of ids.
    func createParent(user: String, item: String) -> String {
      """
      CREATE TABLE \(parent) (
        run_id bigint NOT NULL,
        user_id \(user) NOT NULL,
        rank integer NOT NULL,
        item_id \(item) NOT NULL,
        score real NOT NULL,
        source text NOT NULL,
        CONSTRAINT recommendations_by_run_pkey PRIMARY KEY (run_id, user_id, rank)
      ) PARTITION BY LIST (run_id);
      COMMENT ON TABLE \(parent) IS
        'Lists of every kept run, a partition a run; the view recommendations shows the live one';
      COMMENT ON COLUMN \(parent).run_id IS 'The run (ncf.runs) that made the list';
      COMMENT ON COLUMN \(parent).user_id IS 'The user, as in the source';
      COMMENT ON COLUMN \(parent).rank IS 'Place in the list, from 1';
      COMMENT ON COLUMN \(parent).item_id IS 'The item, as in the source';
      COMMENT ON COLUMN \(parent).score IS
        'Probability by the model that the user would take the item up; falls along the list';
      COMMENT ON COLUMN \(parent).source IS 'model: ranked for this user; popular: for everybody';
      """
    }

    func createPopular(item: String) -> String {
      """
      CREATE TABLE \(popular) (
        run_id bigint NOT NULL,
        rank integer NOT NULL,
        item_id \(item) NOT NULL,
        score real NOT NULL,
        CONSTRAINT popular_by_run_pkey PRIMARY KEY (run_id, rank)
      );
      COMMENT ON TABLE \(popular) IS
        'Most popular items of every kept run; the view popular_items shows the live one';
      COMMENT ON COLUMN \(popular).run_id IS 'The run (ncf.runs)';
      COMMENT ON COLUMN \(popular).rank IS 'Place, from 1';
      COMMENT ON COLUMN \(popular).item_id IS 'The item, as in the source';
      COMMENT ON COLUMN \(popular).score IS 'How many users have the item, in the window read';
      """
    }

    /// The run that readers of a job see; a subquery, not a join, prunes partitions as it runs.
    private func live(_ job: String) -> String {
      "(SELECT l.run_id FROM ncf.live AS l WHERE l.job = \(job) AND l.slot = 'main')"
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
      FROM \(parent) AS r
      WHERE r.run_id = \(live(job))
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
        'Probability by the model that the user would take the item up; falls along the list';
      COMMENT ON COLUMN \(recommendations).source IS
        'model: ranked for this user; popular: for everybody';
      COMMENT ON COLUMN \(recommendations).run_id IS 'The run (ncf.runs) that made the list';
      """
    }

    var commentPopularItems: String {
      """
      COMMENT ON VIEW \(popularItems) IS 'The most popular items now';
      COMMENT ON COLUMN \(popularItems).rank IS 'Place, from 1';
      COMMENT ON COLUMN \(popularItems).item_id IS 'The item, as in the source';
      COMMENT ON COLUMN \(popularItems).score IS 'How many users have the item, in the window read';
      """
    }

    // Publishing, in the order of the transaction.

    func createChild(_ run: Int64) -> String {
      """
      CREATE TABLE \(child(run)) (
        LIKE \(parent) INCLUDING COMMENTS,
        CONSTRAINT recommendations_run_\(run)_run_id_check CHECK (run_id = \(run))
      );
      COMMENT ON TABLE \(child(run)) IS 'Lists of run \(run)';
      """
    }

    func copyChild(_ run: Int64) -> String {
      """
      COPY \(child(run)) (run_id, user_id, rank, item_id, score, source)
      FROM STDIN (FORMAT binary, FREEZE)
      """
    }

    func keyChild(_ run: Int64) -> String {
      """
      ALTER TABLE \(child(run)) ADD CONSTRAINT recommendations_run_\(run)_pkey
      PRIMARY KEY (run_id, user_id, rank)
      """
    }

    func analyzeChild(_ run: Int64) -> String { "ANALYZE \(child(run))" }

    /// Rows, users (lists that have a first place) and the lowest place.
    func countChild(_ run: Int64) -> String {
      """
      SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE c.rank = 1),
        coalesce(pg_catalog.max(c.rank), 0)
      FROM \(child(run)) AS c
      """
    }

    var copyPopular: String {
      "COPY \(popular) (run_id, rank, item_id, score) FROM STDIN (FORMAT binary)"
    }

    func attach(_ run: Int64) -> String {
      "ALTER TABLE \(parent) ATTACH PARTITION \(child(run)) FOR VALUES IN (\(run))"
    }

    var analyzeParent: String { "ANALYZE \(parent)" }

    // Retention.

    /// Published runs whose lists need not be kept: $1 job, $2 how many, $3 days, $4 schema.
    static let expired = """
      WITH published AS (
        SELECT r.run_id, r.finished_at,
          pg_catalog.row_number() OVER (ORDER BY r.run_id DESC) AS place
        FROM ncf.runs AS r
        WHERE r.job = $1 AND r.status = 'published'
      )
      SELECT p.run_id
      FROM published AS p
      WHERE p.place > $2
        AND p.finished_at < pg_catalog.now() - pg_catalog.make_interval(days => $3::integer)
        AND NOT EXISTS (SELECT FROM ncf.live AS l WHERE l.run_id = p.run_id)
        AND EXISTS (
          SELECT FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          WHERE n.nspname = $4 AND c.relname = 'recommendations_run_' || p.run_id)
      ORDER BY p.run_id
      """
    var lockParent: String { "LOCK TABLE ONLY \(parent) IN ACCESS EXCLUSIVE MODE NOWAIT" }
    func lockChild(_ run: Int64) -> String {
      "LOCK TABLE \(child(run)) IN ACCESS EXCLUSIVE MODE NOWAIT"
    }
    func dropChild(_ run: Int64) -> String { "DROP TABLE \(child(run))" }
    var deletePopular: String { "DELETE FROM \(popular) WHERE run_id = $1" }

    /// One user's list, as text.
    var list: String {
      """
      SELECT r.rank, r.item_id::text, r.score, r.source, r.run_id
      FROM \(recommendations) AS r WHERE r.user_id = $1 ORDER BY r.rank
      """
    }
  }
}
