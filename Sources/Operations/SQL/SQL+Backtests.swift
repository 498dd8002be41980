import RunSupport

extension SQL {
  /// Statements on backtests.
  enum Backtests {
    /// The server's now, in seconds since 1970.
    static let now = """
      SELECT pg_catalog.floor(extract(epoch FROM pg_catalog.clock_timestamp()))::bigint AS now
      """
    /// Begins a backtest unless there is one with the key.
    ///
    /// $1: job; $2: the key as JSON; $3: k; $4: seed.
    static let begin = """
      INSERT INTO ncf.backtests (job, key_sha256, config, k, seed)
      VALUES ($1,
        pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($2::text, 'UTF8')), 'hex'),
        $2::text::jsonb, $3, $4::numeric)
      ON CONFLICT ON CONSTRAINT backtests_key DO NOTHING
      """
    /// The backtest with a key.
    ///
    /// $1: job; $2: the key as JSON.
    static let find = """
      SELECT b.backtest_id FROM ncf.backtests AS b
      WHERE b.job = $1 AND b.key_sha256 =
        pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($2::text, 'UTF8')), 'hex')
      """
    /// The nights of a backtest from a moment until another, in seconds since 1970.
    static let nights = """
      SELECT extract(epoch FROM n.moment)::bigint AS moment,
        extract(epoch FROM n.until)::bigint AS until, n.log, n.status, n.mode, n.reason, n.method,
        n.choice::text AS choice, n.clock::text AS clock,
        extract(epoch FROM n.lists_of)::bigint AS lists_of, n.listed_users, n.users, n.hr, n.ndcg,
        n.recall, n.hits, n.coverage, n.rivals::text AS rivals, n.seconds
      FROM ncf.backtest_nights AS n
      WHERE n.backtest_id = $1
        AND n.moment >= timestamptz 'epoch' + $2::bigint * interval '1 second'
        AND n.moment < timestamptz 'epoch' + $3::bigint * interval '1 second'
      ORDER BY n.moment
      """
    /// Removes the nights of a backtest from a moment on.
    static let delete = """
      DELETE FROM ncf.backtest_nights AS n
      WHERE n.backtest_id = $1
        AND n.moment >= timestamptz 'epoch' + $2::bigint * interval '1 second'
      """
    static let insert = """
      INSERT INTO ncf.backtest_nights
        (backtest_id, moment, until, log, status, mode, reason, method, choice, clock, lists_of,
        listed_users, users, hr, ndcg, recall, hits, coverage, rivals, seconds)
      VALUES ($1, timestamptz 'epoch' + $2::bigint * interval '1 second',
        timestamptz 'epoch' + $3::bigint * interval '1 second', $4, $5, $6, $7, $8, $9::jsonb,
        $10::jsonb, timestamptz 'epoch' + $11::bigint * interval '1 second', $12, $13, $14, $15, $16,
        $17, $18, $19::jsonb, $20)
      """
    static let copyUsers = """
      COPY ncf.backtest_users (backtest_id, moment, user_id, rank, hits, taken)
      FROM STDIN (FORMAT binary)
      """
    /// For each night and user that two backtests have in common a number of the user and the two places.
    static func pairs(_ first: Int64, _ second: Int64, from begin: UInt32, until end: UInt32)
      -> String
    {
      """
      COPY (
      SELECT pg_catalog.dense_rank() OVER (ORDER BY a.user_id COLLATE "C") AS number,
        a.rank AS first, b.rank AS second
      FROM ncf.backtest_users AS a
      JOIN ncf.backtest_users AS b ON b.moment = a.moment AND b.user_id = a.user_id
      WHERE a.backtest_id = \(first) AND b.backtest_id = \(second)
        AND a.moment >= timestamptz 'epoch' + \(begin) * interval '1 second'
        AND a.moment < timestamptz 'epoch' + \(end) * interval '1 second'
      ORDER BY 1, a.moment
      ) TO STDOUT (FORMAT binary)
      """
    }
  }
}
