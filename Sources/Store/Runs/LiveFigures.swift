package import Postgres
import RunSupport

/// Figures of a published run that the gate compares a new run's with.
package struct LiveFigures: Sendable, Equatable, Decodable {
  /// Users with an interaction; nil when they were not recorded.
  package let users: Int?
  /// Rows of its lists; nil when they are not known.
  package private(set) var rows: Int?
  /// Share of the catalogue in the tested users' lists; nil when no user was tested.
  package let coverage: Double?
  /// Name of its model; nil when no user was tested.
  package let model: String?
  /// Length of its lists; nil when it was not recorded.
  package let k: Int?

  /// Figures that are known.
  ///
  /// - Parameters:
  ///   - users: users with an interaction.
  ///   - rows: rows of the lists.
  ///   - coverage: share of the catalogue in the tested users' lists; nil when no user was tested.
  ///   - model: name of the model.
  ///   - k: length of the lists.
  package init(users: Int, rows: Int, coverage: Double?, model: String, k: Int) {
    (self.users, self.rows, self.coverage) = (users, rows, coverage)
    (self.model, self.k) = (coverage == nil ? nil : model, k)
  }

  /// Reads the figures of a run.
  ///
  /// - Parameters:
  ///   - run: its number.
  ///   - evaluationK: the length of the lists that coverage is of.
  ///   - longest: the places of a list that count: rows below them are left out of `rows`, which is
  ///     nil when the lists would have to be counted for it and are not kept.
  ///   - schema: the output schema.
  ///   - connection: where to read.
  /// - Returns: the figures; nil when there is no such run.
  /// - Throws: `PostgresError`.
  package static func read(
    run: Int64, evaluationK: Int, countingUpTo longest: Int, in schema: String,
    on connection: Connection
  ) throws -> LiveFigures? {
    let found = try connection.execute(SQL.Live.figures, run, evaluationK)
    guard var figures = try found.first?.decode(as: LiveFigures.self) else { return nil }
    if let k = figures.k, k > longest {
      figures.rows = try rows(of: run, upTo: longest, in: schema, on: connection)
    }
    return figures
  }

  /// Counts the rows of a run's lists down to a place; nil when the lists are not kept.
  private static func rows(
    of run: Int64, upTo place: Int, in schema: String, on connection: Connection
  ) throws(PostgresError) -> Int? {
    let sql = try SQL.Output(schema: schema, on: connection)
    let isKept: Bool = try connection.execute(
      SQL.Output.isAttached, sql.child(run, of: sql.lists)
    ).value()
    guard isKept else { return nil }
    return try connection.execute(sql.countUpTo(place, of: run)).value()
  }
}
