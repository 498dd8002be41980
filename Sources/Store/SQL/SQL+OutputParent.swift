import Jobs
import RunSupport

extension SQL.Output {
  /// A column of what is published; never NULL.
  struct Column {
    /// Its name.
    let name: String
    /// Its type; nil for an id, which has the type that the source gives users' or items' ids.
    var type: String?
    /// What it holds, as a comment says it, with quotes doubled.
    let meaning: String

    /// Name and type, as a definition has them.
    func definition(user: String, item: String) -> String {
      "\(name) \(type ?? (name == Self.user.name ? user : item))"
    }

    static let user = Column(name: "user_id", meaning: "The user, as in the source")
    static let item = Column(name: "item_id", meaning: "The item, as in the source")
    static let vector = Column(
      name: "vector", type: "real[]",
      meaning: """
        Its dot product with a vector of the other kind is the part of the model''s score that is \
        one: all of it for a matrix factorisation, what the tower and the bias leave for a network
        """)
    static func run(_ meaning: String) -> Column {
      Column(name: "run_id", type: "bigint", meaning: meaning)
    }
    static func rank(_ meaning: String) -> Column {
      Column(name: "rank", type: "integer", meaning: meaning)
    }
    static func score(_ meaning: String) -> Column {
      Column(name: "score", type: "real", meaning: meaning)
    }
  }

  /// A view that readers read.
  struct View {
    /// Its name in the schema.
    let name: String
    /// Its columns, in order.
    let columns: [Column]
    /// What it shows, as a comment says it, with quotes doubled.
    let meaning: String
    /// Its query, by the job's name as a literal.
    let query: (_ job: String) -> String
  }

  /// A relation of the rows of all kept runs, and the views of the live run's.
  package struct Parent {
    /// Its name in the schema.
    let table: String
    /// Its name, qualified and quoted.
    package let name: String
    /// Whether it has a partition for each kept run.
    package let isPartitioned: Bool
    /// What its partitions' names begin with; the run's number follows.
    package let prefix: String
    /// What a partition holds, in words, with quotes doubled.
    let what: String
    /// Its columns, in order, the run first.
    let columns: [Column]
    /// What makes a run's rows unique, and orders them.
    let key: [String]
    /// What its rows are counted by: those that have it at 1 are lists, and the most says how long.
    let measure: String
    /// The view of the live run's rows, qualified and quoted.
    package let view: String
    /// That view, then others.
    var views: [View] = []

    /// Describes a relation and the view of the live run's rows.
    ///
    /// - Parameters:
    ///   - schema: quoted.
    ///   - view: the view's name.
    ///   - alias: of the relation in the view's definition, which is compared with that of a view that exists.
    ///   - table: the relation's name, where it is not the view's with `_by_run`, and it has no partitions.
    ///   - what: what a partition holds.
    ///   - key: what makes a run's rows unique.
    ///   - measure: what its rows are counted by.
    ///   - columns: of the relation, the run first.
    ///   - showsRun: whether the view has the run, as its last column.
    ///   - meaning: what the view shows.
    init(
      in schema: String, view: String, as alias: String, table: String? = nil, what: String,
      key: [String], measure: String = "c.rank", columns: [Column], showsRun: Bool, meaning: String
    ) {
      self.table = table ?? view + "_by_run"
      let name = schema + "." + self.table
      (self.name, isPartitioned, prefix) = (name, table == nil, view + "_run_")
      (self.what, self.columns, self.key, self.measure) = (what, columns, key, measure)
      self.view = schema + "." + view
      let shown = columns.dropFirst() + (showsRun ? [columns[0]] : [])
      let names = Self.list(shown.map(\.name), alias)
      views = [
        View(name: view, columns: Array(shown), meaning: meaning) { job in
          "SELECT \(names) FROM \(name) AS \(alias) WHERE \(alias).run_id = \(SQL.Output.live(job))"
        }
      ]
    }

    /// The columns that readers see, each of an alias.
    package func shown(_ alias: String) -> String { Self.list(views[0].columns.map(\.name), alias) }

    /// What orders a run's rows, each of an alias.
    package func order(_ alias: String) -> String { Self.list(key, alias) }

    private static func list(_ names: [String], _ alias: String) -> String {
      names.map { "\(alias).\($0)" }.joined(separator: ", ")
    }
  }
}

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
