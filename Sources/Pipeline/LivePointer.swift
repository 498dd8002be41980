import Postgres

/// Which run readers see, as it was when a run began.
struct LivePointer: Equatable {
  /// The live run; nil when nothing was ever published.
  var runID: Int64?
  /// Grows by one with each move; 0 when nothing was ever published.
  var generation: Int64

  /// The slot that this program publishes to.
  static let slot = "main"

  /// Reads the pointer.
  static func read(job: String, on connection: Connection) throws -> LivePointer {
    let row = try connection.execute(SQL.Live.seen, [.text(job), .text(slot)])
    guard row.rowCount == 1 else { return LivePointer(runID: nil, generation: 0) }
    return LivePointer(
      runID: row[row: 0, column: 0].flatMap { Int64($0) },
      generation: row[row: 0, column: 1].flatMap { Int64($0) } ?? 0)
  }

  /// Moves the pointer to a run, if nobody has moved it since this value was read.
  ///
  /// - Returns: the new generation.
  /// - Throws: `BatchError` (75) when another run came first; `PostgresError`.
  func move(to run: Int64, job: String, on connection: Connection) throws -> Int64 {
    var parameters: [Parameter] = [.text(job), .text(Self.slot), .integer(run)]
    if generation > 0 { parameters.append(.integer(generation)) }
    let moved = try connection.execute(
      generation > 0 ? SQL.Live.move : SQL.Live.first, parameters)
    guard moved.affectedRows == 1 else {
      throw BatchError(
        .temporary, "another run was published since this one began",
        advice: "look at ncf-batch runs; start again if its lists are not the wanted ones")
    }
    try connection.execute(SQL.Live.notify, [.text(job)])
    return generation + 1
  }

  /// What readers see, in words.
  var stillServed: String {
    runID.map { "the lists of run \($0)" } ?? "nothing: no run was ever published"
  }
}
