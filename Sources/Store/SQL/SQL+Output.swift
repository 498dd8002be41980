package import Postgres
package import RunSupport

extension SQL {
  /// Statements on the relations that carry ids, which live in the job's output schema.
  package struct Output {
    /// The schema, quoted.
    let schema: String
    /// The lists of all kept runs.
    package let lists: Parent
    /// The similar items of all kept runs.
    package let similar: Parent
    /// The users' vectors of kept runs.
    package let userVectorRows: Parent
    /// The items' vectors of kept runs.
    package let itemVectorRows: Parent
    /// The most popular items of each kept run, which have no partitions.
    package let popular: Parent

    /// Quotes the schema's name.
    package init(schema: String, on connection: Connection) throws(PostgresError) {
      self.schema = try connection.quoteIdentifier(schema)
      lists = Self.lists(in: self.schema)
      similar = Parent(
        in: self.schema, view: "similar_items", as: "s", what: "Similar items",
        key: ["item_id", "rank"],
        columns: [
          .run("The run (ncf.runs) that found them"), .item,
          .rank("Place in the item''s list, from 1"),
          Column(
            name: "similar_item_id",
            meaning: "An item like it that may be recommended, as in the source"),
          .score(
            """
            How alike the two are, above 0 up to 1: cosine of what the model has learnt of them, or the \
            similarity that neighbours were chosen by
            """),
        ], showsRun: false, meaning: "The items most like each item, by the live run''s model")
      popular = Parent(
        in: self.schema, view: "popular_items", as: "p", table: "popular_by_run",
        what: "Most popular items",
        key: ["rank"],
        columns: [
          .run("The run (ncf.runs)"), .rank("Place, from 1"), .item,
          .score(
            "How many users have the item, each by the age of the last event (popular in the job)"),
        ], showsRun: false, meaning: "The most popular items now")
      let dimensions = "pg_catalog.array_ndims(c.vector)"
      let ofRun = Column.run(
        "The run (ncf.runs) whose model it is of; vectors of different runs don''t go together")
      userVectorRows = Parent(
        in: self.schema, view: "user_vectors", as: "v", what: "Users'' vectors", key: ["user_id"],
        measure: dimensions, columns: [ofRun, .user, .vector], showsRun: true,
        meaning: """
          A vector for each user that the live run''s model scored; empty unless output.vectors
          """)
      itemVectorRows = Parent(
        in: self.schema, view: "item_vectors", as: "v", what: "Items'' vectors", key: ["item_id"],
        measure: dimensions,
        columns: [
          ofRun, .item, .vector,
          Column(
            name: "eligible", type: "boolean",
            meaning: "Whether the item may be recommended (items.eligible)"),
        ], showsRun: true,
        meaning: "A vector for each item, by the live run''s model; empty unless output.vectors")
    }

    /// The lists, with the view of the slots beside that of the live run.
    private static func lists(in schema: String) -> Parent {
      var lists = Parent(
        in: schema, view: "recommendations", as: "r", what: "Lists", key: ["user_id", "rank"],
        columns: [
          .run("The run (ncf.runs) that made the list"), .user, .rank("Place in the list, from 1"),
          .item,
          .score(
            """
            Where source is model, the probability that the item is the next new one that the user takes \
            up: by kind score in ncf.runs.scores that of the item for the user, comparable across users, by \
            kind rank that of the place in the list. Where source is popular, the share of users who have \
            the item, which is no such probability. Falls along the list
            """),
          Column(
            name: "source", type: "text",
            meaning: "model: ranked for this user; popular: for everybody"),
        ], showsRun: true, meaning: "What each user is recommended now: the live run''s lists")
      let slot = Column(name: "slot", type: "text", meaning: "The slot whose list it is")
      lists.views.append(
        View(
          name: "recommendations_by_slot", columns: lists.views[0].columns + [slot],
          meaning: "What each user is recommended now in the slot that ncf.slot_shares gives them",
          query: bySlot(lists.name)))
      return lists
    }

    /// Everything that has a partition for each run; the lists, by which a run counts as kept, first.
    var parents: [Parent] { [lists, similar, userVectorRows, itemVectorRows] }

    /// Everything of all kept runs, in the order that it is made.
    var relations: [Parent] { [lists, similar, popular, userVectorRows, itemVectorRows] }

    /// Where a run's own rows of a relation are.
    package func child(_ run: Int64, of parent: Parent) -> String {
      parent.isPartitioned ? "\(schema).\(parent.prefix)\(run)" : parent.name
    }

    /// Whether a schema exists: $1 schema.
    package static let schemaExists = """
      SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = $1) AS exists
      """
    /// Columns of what stands in the output schema under this program's names: $1 schema, $2 names.
    static let columns = """
      SELECT c.relname AS name, c.relkind AS kind,
        a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) AS column
      FROM pg_catalog.pg_namespace AS n
      JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
      WHERE n.nspname = $1 AND a.attnum > 0 AND NOT a.attisdropped
        AND c.relname = ANY ($2::text[])
      ORDER BY c.relname, a.attnum
      """
    /// Views under this program's names that say nothing of a job: $1 schema, $2 job, $3 names.
    ///
    /// Literals in views are in quotes.
    static let foreignViews = """
      SELECT c.relname AS name
      FROM pg_catalog.pg_namespace AS n
      JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
      WHERE n.nspname = $1 AND c.relkind = 'v' AND c.relname = ANY ($3::text[])
        AND pg_catalog.strpos(pg_catalog.pg_get_viewdef(c.oid), pg_catalog.quote_literal($2)) = 0
      ORDER BY c.relname
      """
    static let viewDefinition =
      "SELECT pg_catalog.pg_get_viewdef(pg_catalog.to_regclass($1)) AS definition"

    var createSchema: String {
      """
      CREATE SCHEMA IF NOT EXISTS \(schema);
      COMMENT ON SCHEMA \(schema) IS 'Lists of a job of ncf-batch; ncf.runs tells which'
      """
    }

    /// A relation, with the source's own types of ids.
    func create(_ parent: Parent, user: String, item: String) -> String {
      let columns = parent.columns.map { $0.definition(user: user, item: item) + " NOT NULL," }
      return """
        CREATE TABLE \(parent.name) (
          \(columns.joined(separator: " "))
          CONSTRAINT \(parent.table)_pkey PRIMARY KEY (\(primaryKey(parent)))
        )\(parent.isPartitioned ? " PARTITION BY LIST (run_id)" : "");
        \(comment(
          "TABLE", parent.name,
          "\(parent.what) of every kept run\(parent.isPartitioned ? ", a partition a run" : ""); "
            + "the view \(parent.views[0].name) shows the live one", parent.columns))
        """
    }

    /// A view under a name, for a job whose name is a literal.
    func create(_ view: View, as name: String, job: String) -> String {
      "CREATE VIEW \(name) AS \(view.query(job))"
    }

    /// Says what a view and its columns are.
    func comment(_ view: View) -> String {
      comment("VIEW", qualified(view), view.meaning, view.columns)
    }

    private func comment(
      _ kind: String, _ name: String, _ meaning: String, _ columns: [Column]
    ) -> String {
      (["COMMENT ON \(kind) \(name) IS '\(meaning)'"]
        + columns.map { "COMMENT ON COLUMN \(name).\($0.name) IS '\($0.meaning)'" })
        .joined(separator: ";\n")
    }

    /// A view's name, qualified and quoted.
    func qualified(_ view: View) -> String { schema + "." + view.name }

    /// The columns of a primary key, of the relation or of a run's own table.
    func primaryKey(_ parent: Parent) -> String {
      (["run_id"] + parent.key).joined(separator: ", ")
    }

    /// One item's similar items, as text.
    package var similarTo: String {
      """
      SELECT s.rank, s.similar_item_id::text AS item_id, s.score, NULL AS source, NULL AS run_id
      FROM \(schema).similar_items AS s WHERE s.item_id = $1 ORDER BY s.rank
      """
    }

    /// One user's list, as text.
    package var list: String {
      """
      SELECT r.rank, r.item_id::text AS item_id, r.score, r.source, r.run_id
      FROM \(schema).recommendations AS r WHERE r.user_id = $1 ORDER BY r.rank
      """
    }
  }
}
