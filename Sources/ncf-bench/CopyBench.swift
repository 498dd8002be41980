import Postgres

/// Times binary COPY in both directions on the server that PG* names.
struct CopyBench {
  private static let rows = 2_000_000

  let figures: Figures
  let repeats: Int

  func run() throws {
    let connection = try Connection(ConnectionParameters(), applicationName: "ncf-bench/copy")
    try connection.executeScript(
      """
      CREATE TEMPORARY TABLE copied_events (
        user_id bigint, item_id bigint, occurred_at timestamptz);
      CREATE TEMPORARY TABLE copied_lists (
        run_id bigint, user_id bigint, rank smallint, item_id bigint, score real, source text)
      """)
    try fill(connection)
    try figures.rate(
      "copy", "rows read and decoded (bigint, bigint, timestamptz)", unit: "rows/s",
      repeats: repeats
    ) {
      var sum: Int64 = 0
      let count = try connection.copyOut(
        """
        COPY (SELECT user_id, item_id, occurred_at FROM pg_temp.copied_events)
        TO STDOUT (FORMAT binary)
        """
      ) { row in
        for _ in 0..<2 { if let id = try row.nextInt64() { sum &+= id } }
        if let time = try row.nextTimestamp() { sum &+= time }
      }
      precondition(count == Self.rows && sum != 0, "rows were lost")
      return Double(count)
    }
    try figures.rate(
      "copy", "rows encoded and written (a list's columns)", unit: "rows/s", repeats: repeats
    ) {
      try connection.executeScript("TRUNCATE pg_temp.copied_lists")
      return Double(try writeLists(connection))
    }
  }

  private func fill(_ connection: Connection) throws {
    _ = try connection.copyIn(
      """
      COPY pg_temp.copied_events (user_id, item_id, occurred_at) FROM STDIN (FORMAT binary)
      """
    ) { writer in
      for row in 0..<Self.rows {
        try writer.beginRow(columns: 3)
        try writer.write(Int64(row / 165))
        try writer.write(Int64(row * 7_919 % 3_706))
        try writer.writeTimestamp(1_700_000_000_000_000 + Int64(row) * 1_000_000)
      }
    }
  }

  private func writeLists(_ connection: Connection) throws -> Int {
    try connection.copyIn(
      """
      COPY pg_temp.copied_lists (run_id, user_id, rank, item_id, score, source)
      FROM STDIN (FORMAT binary)
      """
    ) { writer in
      for row in 0..<Self.rows {
        try writer.beginRow(columns: 6)
        try writer.write(1)
        try writer.write(Int64(row / 10))
        try writer.writeInt16(Int16(row % 10 + 1))
        try writer.write(Int64(row * 7_919 % 3_706))
        try writer.writeFloat(0.5)
        try writer.writeText("model")
      }
    }
  }
}
