package import Postgres
package import RunSupport

extension SQL {
  /// Statements on the relations that carry ids, which live in the job's output schema.
  package struct Output {
    /// A relation that has a partition for each kept run.
    package struct Parent {
      /// Its name, qualified and quoted.
      package let name: String
      /// What its partitions' names begin with; the run's number follows.
      let prefix: String
      /// What makes its rows unique.
      let key: String
      /// What its rows are counted by: those that have it at 1 are lists, and the most says how long.
      let measure: String
      /// What a partition holds, in words.
      let what: String
    }

    /// The schema, quoted.
    let schema: String
    /// The lists of all kept runs, partitioned by run.
    package let lists: Parent
    /// The similar items of all kept runs, partitioned by run.
    package let similar: Parent
    /// The users' vectors of kept runs, partitioned by run.
    package let userVectorRows: Parent
    /// The items' vectors of kept runs, partitioned by run.
    package let itemVectorRows: Parent
    /// The most popular items of each kept run.
    package let popular: String
    /// View of the live run's lists.
    package let recommendations: String
    /// View of each user's list in the slot that the user belongs to.
    let recommendationsBySlot: String
    /// View of the live run's similar items.
    package let similarItems: String
    /// View of the live run's popular items.
    package let popularItems: String
    /// View of the live run's users' vectors.
    package let userVectors: String
    /// View of the live run's items' vectors.
    package let itemVectors: String

    /// Quotes the names.
    package init(schema: String, on connection: Connection) throws(PostgresError) {
      self.schema = try connection.quoteIdentifier(schema)
      lists = Parent(
        name: self.schema + ".recommendations_by_run", prefix: "recommendations_run_",
        key: "run_id, user_id, rank", measure: "c.rank", what: "Lists")
      similar = Parent(
        name: self.schema + ".similar_items_by_run", prefix: "similar_items_run_",
        key: "run_id, item_id, rank", measure: "c.rank", what: "Similar items")
      userVectorRows = Parent(
        name: self.schema + ".user_vectors_by_run", prefix: "user_vectors_run_",
        key: "run_id, user_id", measure: "pg_catalog.array_ndims(c.vector)", what: "Users'' vectors"
      )
      itemVectorRows = Parent(
        name: self.schema + ".item_vectors_by_run", prefix: "item_vectors_run_",
        key: "run_id, item_id", measure: "pg_catalog.array_ndims(c.vector)", what: "Items'' vectors"
      )
      popular = self.schema + ".popular_by_run"
      recommendations = self.schema + ".recommendations"
      recommendationsBySlot = self.schema + ".recommendations_by_slot"
      similarItems = self.schema + ".similar_items"
      popularItems = self.schema + ".popular_items"
      userVectors = self.schema + ".user_vectors"
      itemVectors = self.schema + ".item_vectors"
    }

    /// Everything that has a partition for each run; the lists, by which a run counts as kept, first.
    package var parents: [Parent] { [lists, similar, userVectorRows, itemVectorRows] }

    /// A run's own table of a relation.
    package func child(_ run: Int64, of parent: Parent) -> String {
      "\(schema).\(parent.prefix)\(run)"
    }

    /// Whether a schema exists: $1 name.
    package static let schemaExists = """
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
        AND c.relname IN ('recommendations_by_run', 'popular_by_run', 'recommendations',
          'recommendations_by_slot', 'popular_items', 'similar_items', 'similar_items_by_run',
          'user_vectors', 'user_vectors_by_run', 'item_vectors', 'item_vectors_by_run')
      ORDER BY c.relname, a.attnum
      """
    /// Views under this program's names that say nothing of a job; literals in them are in quotes.
    static let foreignViews = """
      SELECT c.relname
      FROM pg_catalog.pg_namespace AS n
      JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
      WHERE n.nspname = $1 AND c.relkind = 'v'
        AND c.relname IN ('recommendations', 'recommendations_by_slot', 'popular_items',
          'similar_items', 'user_vectors', 'item_vectors')
        AND pg_catalog.strpos(pg_catalog.pg_get_viewdef(c.oid), pg_catalog.quote_literal($2)) = 0
      ORDER BY c.relname
      """
    static let viewDefinition = "SELECT pg_catalog.pg_get_viewdef(pg_catalog.to_regclass($1))"

    var createSchema: String {
      """
      CREATE SCHEMA IF NOT EXISTS \(schema);
      COMMENT ON SCHEMA \(schema) IS 'Lists of a job of ncf-batch; ncf.runs tells which'
      """
    }

    /// The parent, with the source's own types of ids.
    func createParent(user: String, item: String) -> String {
      """
      CREATE TABLE \(lists.name) (
        run_id bigint NOT NULL,
        user_id \(user) NOT NULL,
        rank integer NOT NULL,
        item_id \(item) NOT NULL,
        score real NOT NULL,
        source text NOT NULL,
        CONSTRAINT recommendations_by_run_pkey PRIMARY KEY (run_id, user_id, rank)
      ) PARTITION BY LIST (run_id);
      COMMENT ON TABLE \(lists.name) IS
        'Lists of every kept run, a partition a run; the view recommendations shows the live one';
      COMMENT ON COLUMN \(lists.name).run_id IS 'The run (ncf.runs) that made the list';
      COMMENT ON COLUMN \(lists.name).user_id IS 'The user, as in the source';
      COMMENT ON COLUMN \(lists.name).rank IS 'Place in the list, from 1';
      COMMENT ON COLUMN \(lists.name).item_id IS 'The item, as in the source';
      COMMENT ON COLUMN \(lists.name).score IS
        '\(Self.scoreMeaning)';
      COMMENT ON COLUMN \(lists.name).source IS 'model: ranked for this user; popular: for everybody';
      """
    }

    /// The parent of similar items, with the source's own type of ids.
    func createSimilar(item: String) -> String {
      """
      CREATE TABLE \(similar.name) (
        run_id bigint NOT NULL,
        item_id \(item) NOT NULL,
        rank integer NOT NULL,
        similar_item_id \(item) NOT NULL,
        score real NOT NULL,
        CONSTRAINT similar_items_by_run_pkey PRIMARY KEY (run_id, item_id, rank)
      ) PARTITION BY LIST (run_id);
      COMMENT ON TABLE \(similar.name) IS
        'Similar items of every kept run, a partition a run; the view similar_items shows the live one';
      COMMENT ON COLUMN \(similar.name).run_id IS 'The run (ncf.runs) that found them';
      COMMENT ON COLUMN \(similar.name).item_id IS 'The item, as in the source';
      COMMENT ON COLUMN \(similar.name).rank IS 'Place in the item''s list, from 1';
      COMMENT ON COLUMN \(similar.name).similar_item_id IS
        'An item like it that may be recommended, as in the source';
      COMMENT ON COLUMN \(similar.name).score IS '\(Self.similarityMeaning)';
      """
    }

    /// What a score in a list is, as a comment says it.
    static let scoreMeaning = """
      Where source is model, the probability that the item is the next new one that the user takes up, \
      comparable across users; where it is popular, the share of users who have it. Falls along the list
      """

    /// What a similar item's score is, as a comment says it.
    static let similarityMeaning = """
      How alike the two are, above 0 up to 1: cosine of what the model has learnt of them, or the \
      similarity that neighbours were chosen by
      """

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
      COMMENT ON COLUMN \(popular).score IS
        'How many users have the item, each by the age of the last event (popular in the job)';
      """
    }

    /// One item's similar items, as text.
    package var similarTo: String {
      """
      SELECT s.rank, s.similar_item_id::text AS item_id, s.score, NULL AS source, NULL AS run_id
      FROM \(similarItems) AS s WHERE s.item_id = $1 ORDER BY s.rank
      """
    }

    /// One user's list, as text.
    package var list: String {
      """
      SELECT r.rank, r.item_id::text AS item_id, r.score, r.source, r.run_id
      FROM \(recommendations) AS r WHERE r.user_id = $1 ORDER BY r.rank
      """
    }
  }
}
