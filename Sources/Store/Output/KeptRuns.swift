package import Postgres
import RunSupport

/// The runs whose lists are kept in an output schema.
package struct KeptRuns {
  /// Their numbers, ascending.
  package let runs: [Int64]

  /// Reads them.
  ///
  /// - Parameters:
  ///   - job: only this job's; nil for any.
  ///   - schema: the output schema.
  ///   - connection: where to read.
  /// - Throws: `PostgresError`.
  package init(
    of job: String? = nil, in schema: String, on connection: Connection
  ) throws(PostgresError) {
    var runs: [Int64] = []
    let parameters = [job.map { .text($0) } ?? Parameter.null, .text(schema)]
    for row in try connection.execute(SQL.Output.kept, parameters) {
      runs.append(try row.decode(Int64.self, "run_id"))
    }
    self.runs = runs
  }

  /// The runs in words; `none` when there are none.
  package func text(orElse none: String) -> String {
    runs.isEmpty
      ? none : "kept are the lists of \(runs.map(String.init).joined(separator: ", "))"
  }
}
