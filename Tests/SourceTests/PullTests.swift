import Interactions
import Parallelism
import Postgres
import RunSupport
import Source
import TestSupport
import Testing

@testable import Jobs

struct PullTests {
  private func pull(
    _ shop: Shop, _ request: RunRequest = RunRequest(), parameters: ConnectionParameters? = nil,
    _ change: (inout Job) -> Void = { _ in }
  ) throws -> Dataset {
    let job = shop.job(change)
    try job.validate()
    return try PullStage(
      context: RunContext(
        job: job, request: request, parameters: parameters ?? shop.database.parameters,
        interruption: Interruption(), observer: Recorder(), clock: MonotonicClock.seconds,
        pool: WorkerPool(threads: 1), runID: nil)
    ).run()
  }

  private func fails(
    _ shop: Shop, _ request: RunRequest = RunRequest(), parameters: ConnectionParameters? = nil,
    _ change: (inout Job) -> Void
  ) -> BatchError? {
    #expect(throws: BatchError.self) {
      try BatchError.mapping("pull") { try pull(shop, request, parameters: parameters, change) }
    }
  }

  @Test(arguments: [
    ("bigint", "u - 30", IdentifierKind.bigint), ("integer", "u", .integer),
    ("smallint", "u", .integer), ("uuid", "md5('u' || u)::uuid", .uuid),
    ("text", "'Üser \"' || u || ''''", .text), ("varchar(40)", "'u' || u", .text),
  ])
  func idsOfEveryTypeComeBackUnchanged(
    type: String, expression: String, kind: IdentifierKind
  ) throws {
    let shop = try Shop(userType: type, user: expression)
    let pulled = try pull(shop)
    #expect(pulled.users.kind == kind)
    let ids = (0..<pulled.users.count).map { pulled.users.text(at: $0) }
    let stored = try shop.query("SELECT DISTINCT user_id::text FROM app.events")
    #expect(Set(ids) == Set(stored.split(separator: "\n").map(String.init)))
    #expect(pulled.counts.users == Shop.users)
    #expect(pulled.counts.items == Shop.items)
    #expect(pulled.counts.rowsUsed == Shop.events)
  }

  @Test func rowsThatCannotBeUsedAreCountedByReason() throws {
    let shop = try Shop(userType: "text", user: "u::text")
    try shop.add(
      """
      VALUES
        (NULL, 1, now()), (NULL, NULL, now()), ('1', NULL, now()), ('1', 1, NULL),
        ('1', 1, 'infinity'), ('1', 1, '-infinity'), ('1', 1, now() + interval '1 day'),
        ('1', 1, '1969-12-31 23:59:59Z'), ('1', 1, '0044-03-15 00:00:00Z BC'),
        (repeat('x', 513), 1, now())
      """)
    let pulled = try pull(shop)
    #expect(
      pulled.counts.rejected.map { "\($0.reason) \($0.rows)" } == [
        "before_1970 2", "future_time 1", "id_too_long 1", "infinite_time 2", "null_item 1",
        "null_time 1", "null_user 2",
      ])
    #expect(pulled.counts.rowsRead == Shop.events + 10)
    #expect(pulled.counts.rowsUsed == Shop.events)
    #expect(pulled.counts.users == Shop.users)
  }

  @Test func anIdOfFiveHundredAndTwelveBytesIsKept() throws {
    let shop = try Shop(userType: "text", user: "u::text")
    try shop.add("VALUES (repeat('ü', 256), 1, now())")
    let pulled = try pull(shop)
    #expect(pulled.users.index(of: String(repeating: "ü", count: 256)) != nil)
    #expect(pulled.counts.rejected.isEmpty)
  }

  @Test func everyRowIsUsedMergedOrRejected() throws {
    let shop = try Shop()
    try shop.connection.executeScript(
      """
      INSERT INTO app.events SELECT * FROM app.events LIMIT 200;
      INSERT INTO app.events (item_id, occurred_at) SELECT 1, now() FROM generate_series(1, 30);
      INSERT INTO app.events VALUES (1000, 1, 'view', 1, '2026-01-01'), (1000, 1, 'view', 1,
        '2026-01-02');
      """)
    let counts = try pull(shop) { $0.source.minInteractions = 2 }.counts
    let rejected = counts.rejected.reduce(0) { $0 + $1.rows }
    #expect(counts.rowsRead == Shop.events + 232)
    #expect(counts.rowsRead == counts.rowsUsed + counts.rowsMerged + rejected)
    #expect(counts.rowsMerged == 201)
    #expect(counts.rejected.first?.reason == "below_min_interactions")
    #expect(counts.users == Shop.users)
  }

  @Test func repeatsKeepTheTimeOfTheFirst() throws {
    let shop = try Shop(events: false)
    try shop.add("VALUES (1, 5, '2026-01-03'), (1, 5, '2026-01-01'), (1, 6, '2026-01-02')")
    let table = try pull(shop).table
    #expect(table.seconds == [1_767_225_600, 1_767_312_000])
    #expect(table.merged == 1)
  }

  @Test func sinceIsIncludedAndUntilIsNot() throws {
    let shop = try Shop(events: false)
    try shop.add(
      """
      SELECT 1, d, timestamptz '2026-01-01' + d * interval '1 day' FROM generate_series(0, 9) AS d
      """)
    let request = RunRequest(since: TimePoint("2026-01-03"), until: TimePoint("2026-01-05"))
    let pulled = try pull(shop, request)
    #expect((0..<pulled.items.count).map { pulled.items.text(at: $0) } == ["2", "3"])
    #expect(pulled.counts.rowsRead == 2)
  }

  @Test func rowsWithoutATimeAreCountedWhateverTheWindow() throws {
    let shop = try Shop()
    try shop.add("VALUES (1, 1, NULL), (1, 1, 'infinity'), (1, 1, '-infinity')")
    let request = RunRequest(since: TimePoint("2026-01-01"), until: TimePoint("2026-02-01"))
    let counts = try pull(shop, request).counts
    #expect(counts.rejected.map(\.reason) == ["infinite_time", "null_time"])
    #expect(counts.rowsUsed == Shop.events)
  }

  @Test func theWindowIsCountedFromTheServersNow() throws {
    let shop = try Shop(events: false)
    try shop.add("VALUES (1, 1, now() - interval '3 days'), (1, 2, now() - interval '1 day')")
    #expect(try pull(shop) { $0.source.window = Age(2, .day) }.counts.rowsUsed == 1)
    #expect(try pull(shop) { $0.source.window = Age(4, .day) }.counts.rowsUsed == 2)
    let narrower = RunRequest(since: TimePoint("2d"))
    #expect(try pull(shop, narrower) { $0.source.window = Age(4, .day) }.counts.rowsUsed == 1)
  }

  @Test func aQueryMayEndInASemicolonOrAComment() throws {
    let shop = try Shop()
    for end in [";", " ; \n", " -- the log", ""] {
      let counts = try pull(shop) {
        $0.source.relation = .query(
          "SELECT user_id, item_id, occurred_at, event_type FROM app.events" + end)
      }.counts
      #expect(counts.rowsUsed == Shop.events)
    }
  }

  @Test func aTablesOwnNamesAreMapped() throws {
    let shop = try Shop()
    try shop.connection.executeScript(
      #"""
      ALTER TABLE app.events RENAME user_id TO "Who ""?""";
      ALTER TABLE app.events RENAME occurred_at TO "when";
      """#)
    let counts = try pull(shop) {
      $0.source.relation = .table(
        "app.events", columns: Job.Source.Columns(user: #"Who "?""#, time: "when"))
    }.counts
    #expect(counts.rowsUsed == Shop.events)
  }

  @Test func timestampsWithoutZoneAndDatesAreTakenAsUTC() throws {
    let shop = try Shop(events: false)
    for expression in ["timestamp '2026-01-01 00:00'", "date '2026-01-01'"] {
      let table = try pull(shop) {
        $0.source.relation = .query(
          "SELECT 1 AS user_id, 2 AS item_id, \(expression) AS occurred_at")
      }.table
      #expect(table.seconds == [1_767_225_600])
    }
  }

  @Test func onlyNamedEventTypesCountWithTheirWeights() throws {
    let shop = try Shop(events: false)
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at) VALUES
        (1, 1, 'view', '2026-01-01'), (1, 1, 'it''s', '2026-01-02'), (1, 2, 'view', '2026-01-03'),
        (1, 3, 'hide', '2026-01-03'), (1, 4, NULL, '2026-01-03'), (1, 5, 'zero', '2026-01-03')
      """)
    let pulled = try pull(shop) {
      $0.source.relation = .table(
        "app.events", columns: Job.Source.Columns(event: "event_type"))
      $0.source.events = ["view": 1, "it's": 5, "zero": 0]
    }
    #expect(pulled.table.weights == [6, 1])
    #expect(pulled.counts.rejected.map { "\($0.reason) \($0.rows)" } == ["event_not_counted 3"])
  }

  @Test func theSeedOfEvaluationSettlesTiesAndThatOfTrainingDoesNot() throws {
    let shop = try Shop(events: false)
    try shop.add(
      """
      SELECT u, i, timestamptz '2026-01-01' + i / 4 * interval '1 day'
      FROM generate_series(1, 40) AS u, generate_series(1, 8) AS i
      """)
    func split(_ dataset: Dataset) -> HoldoutSplit {
      HoldoutSplit(dataset.table, dataset.sequences)
    }
    let first = try pull(shop)
    let trained = try pull(shop, RunRequest(seed: 7))
    #expect(trained.sequences == first.sequences && split(trained) == split(first))
    let evaluated = try pull(shop) { $0.evaluation.seed = 2 }
    #expect(evaluated.table == first.table)
    #expect(evaluated.sequences.seconds == first.sequences.seconds)
    // Item 8 is alone in the last second; the second latest is one of four.
    #expect(split(first).test == [Int32](repeating: 7, count: 40))
    #expect(split(evaluated).test == split(first).test)
    #expect(split(evaluated).validation != split(first).validation)
    #expect(Set(split(first).validation) == [3, 4, 5, 6])
  }

  @Test func valuesBelowTheLeastAreLeftOut() throws {
    let shop = try Shop(events: false)
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, value, occurred_at) VALUES
        (1, 1, 4, '2026-01-01'), (1, 2, 3.5, '2026-01-01'), (1, 3, NULL, '2026-01-01'),
        (1, 4, 'NaN', '2026-01-01')
      """)
    let pulled = try pull(shop) {
      $0.source.relation = .table("app.events", columns: Job.Source.Columns(value: "value"))
      $0.source.minValue = 4
    }
    #expect(pulled.counts.rowsUsed == 1)
    #expect(
      pulled.counts.rejected.map { "\($0.reason) \($0.rows)" } == [
        "below_min_value 1", "nan_value 1", "null_value 1",
      ])
  }

  @Test func aMissingColumnIsNamed() throws {
    let shop = try Shop()
    let error = fails(shop) {
      $0.source.relation = .query("SELECT user_id, item_id FROM app.events")
    }
    #expect(error?.exitCode == .configuration)
    #expect(error?.what.contains("occurred_at") == true)
    let renamed = fails(shop) {
      $0.source.relation = .table("app.events", columns: Job.Source.Columns(user: "nobody"))
    }
    #expect(renamed?.exitCode == .configuration)
    #expect(renamed?.description.contains("nobody") == true)
  }

  @Test func anIdOfAnotherTypeIsRefusedByName() throws {
    let shop = try Shop()
    let error = fails(shop) {
      $0.source.relation = .query(
        "SELECT user_id::numeric, item_id, occurred_at FROM app.events")
    }
    #expect(error?.exitCode == .configuration)
    #expect(error?.what.contains("user_id") == true)
  }

  @Test func aTableThatIsNotThereIsNamed() throws {
    let shop = try Shop()
    for name in ["events", "app.nothing", "app.events; DROP TABLE app.events"] {
      let error = fails(shop) {
        $0.source.relation = .table(name, columns: Job.Source.Columns())
      }
      #expect(error?.exitCode == .configuration)
      #expect(error?.what.contains("source") == true)
    }
    try shop.expect("SELECT to_regclass('app.events') IS NOT NULL", gives: "t")
  }

  @Test func aSecondStatementInTheQueryNeverRuns() throws {
    let shop = try Shop()
    let error = fails(shop) {
      $0.source.relation = .query(
        """
        SELECT 1 AS user_id, 1 AS item_id, now() AS occurred_at) AS s) TO STDOUT (FORMAT binary);
        DROP TABLE app.events; COPY (SELECT * FROM (SELECT 1
        """)
    }
    #expect(error?.exitCode == .configuration)
    try shop.expect("SELECT to_regclass('app.events') IS NOT NULL", gives: "t")
  }

  @Test func aQueryThatWritesIsRefused() throws {
    let shop = try Shop()
    try shop.connection.executeScript(
      """
      CREATE FUNCTION app.sly() RETURNS bigint LANGUAGE sql AS
        'DELETE FROM app.events RETURNING user_id';
      """)
    let error = fails(shop) {
      $0.source.relation = .query(
        "SELECT app.sly() AS user_id, 1 AS item_id, now() AS occurred_at")
    }
    #expect(error?.server?.sqlState == "25006")
    try shop.expect("SELECT count(*) FROM app.events", gives: "\(Shop.events)")
  }

  @Test func aMissingRightToReadEndsWithSeventySeven() throws {
    let shop = try Shop()
    let role = "reader_of_nothing_\(shop.database.name)"
    try shop.connection.executeScript(
      "CREATE ROLE \(role) LOGIN; GRANT USAGE ON SCHEMA app TO \(role);")
    defer { _ = try? shop.connection.executeScript("DROP OWNED BY \(role); DROP ROLE \(role);") }
    var parameters = shop.database.parameters
    parameters.user = role
    let error = fails(shop, parameters: parameters) { _ in }
    #expect(error?.exitCode == .permission)
    #expect(error?.server?.sqlState == "42501")
  }

  @Test func aRowPolicyIsAnErrorAndNotAFilter() throws {
    let shop = try Shop()
    let role = "reader_of_some_\(shop.database.name)"
    try shop.connection.executeScript(
      """
      CREATE ROLE \(role) LOGIN;
      GRANT USAGE ON SCHEMA app TO \(role);
      GRANT SELECT ON app.events TO \(role);
      ALTER TABLE app.events ENABLE ROW LEVEL SECURITY;
      CREATE POLICY few ON app.events TO \(role) USING (user_id < 10);
      """)
    defer { _ = try? shop.connection.executeScript("DROP OWNED BY \(role); DROP ROLE \(role);") }
    var parameters = shop.database.parameters
    parameters.user = role
    #expect(fails(shop, parameters: parameters) { _ in }?.exitCode == .permission)
  }
}
