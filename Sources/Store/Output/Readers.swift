import Jobs
package import Postgres
package import RunSupport

/// Those who read a job's lists while a run publishes.
package struct Readers {
  /// How often, 10 ms apart, it is asked for those who began before: longer than planning takes on
  /// the slowest machine, shorter than anybody would notice in a night.
  private static let tries = 200

  private let context: RunContext

  /// The readers of the lists of a run's job.
  package init(_ context: RunContext) { self.context = context }

  /// Waits until nobody reads by a plan that was made before the run's tables were attached.
  ///
  /// A statement is planned with the partitions that there are, and only then takes the snapshot in
  /// which it looks for the live run. Were both changed between the two, it would find the new run live
  /// and have no partition to read it from: an empty list. Whoever plans holds a lock on the parent
  /// from before, so all who hold one now are waited for; who comes later plans anew. A reader that
  /// stays for long is most likely at work already and not waited for any longer.
  ///
  /// - Throws: `BatchError` when interrupted; `PostgresError`.
  package func letOldPlansEnd(on connection: Connection) throws {
    let sql = try SQL.Output(schema: context.job.output.schema, on: connection)
    let parents = sql.parents.map(\.name)
    guard
      let readers = try connection.execute(SQL.Output.readers, parents).valueIfPresent(String.self)
    else { return }
    let late = BatchError(
      .temporary,
      "somebody has been reading the lists for long; the new ones go live all the same")
    do {
      try Retrier(RetryPolicy(tries: Self.tries, pause: 10), context.interruption).wait(
        orThrow: late
      ) {
        try context.interruption.check()
        return try !connection.execute(
          SQL.Output.stillReading, parents + [readers]
        ).value(Bool.self)
      }
    } catch let error as BatchError where error == late {
      context.notice(late.what)
    }
  }
}
