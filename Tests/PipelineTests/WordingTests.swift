import Baselines
import Foundation
import Interactions
import NCF
import Postgres
import TestSupport
import Testing

@testable import Pipeline

/// What a run and its kin say when they end early, with the exit code.
struct WordingTests {
  /// A mistake in a job, and what is said of it.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let code: ExitCode
    let words: String
    let change: @Sendable (inout Job) -> Void

    var testDescription: String { words }

    init(
      _ code: ExitCode, _ words: String, _ change: @escaping @Sendable (inout Job) -> Void
    ) {
      (self.code, self.words, self.change) = (code, words, change)
    }

    static func query(_ code: ExitCode, _ words: String, _ query: String) -> Mistake {
      Mistake(code, words) { $0.source.relation = .query(query) }
    }
  }

  static let mistakes: [Mistake] = [
    Mistake(.configuration, "source.table: there is no relation app.absent") {
      $0.source.relation = .table("app.absent", columns: Job.Source.Columns())
    },
    .query(
      .configuration, "the source's column user_id has a type that can't be used (OID 16)",
      "SELECT true AS user_id, item_id, occurred_at FROM app.events"),
    .query(
      .configuration, "the source has 2 columns named user_id",
      "SELECT user_id, 2 AS user_id, item_id, occurred_at FROM app.events"),
    .query(
      .data, "the source gave 0 rows and none can be used (",
      "SELECT user_id, item_id, occurred_at FROM app.events WHERE false"),
    .query(
      .data, "no user has the 3 interactions that testing needs, so no model could be judged",
      "SELECT user_id, item_id, occurred_at FROM app.events WHERE user_id = 1 LIMIT 2"),
    Mistake(.configuration, "source.connections is 2, but the source is a query") {
      $0.source.relation = .query("SELECT user_id, item_id, occurred_at FROM app.events")
      $0.source.connections = 2
    },
    Mistake(.configuration, "source.connections is 2, but app.seen is not a plain table") {
      $0.source.relation = .table("app.seen", columns: Job.Source.Columns())
      $0.source.connections = 2
    },
    Mistake(.configuration, "users.query: the column user_id is text, in the source it is bigint") {
      $0.users.query = "SELECT 'a'::text AS user_id"
    },
    Mistake(.data, "items.eligible gave 1 items, and the log knows none of them") {
      $0.items.eligible = "SELECT -1::bigint AS item_id"
    },
    Mistake(.data, "items.eligible gave 1 rows of 1 whose item_id is NULL or too long") {
      $0.items.eligible = "SELECT NULL::bigint AS item_id"
    },
    Mistake(.data, "items.eligible gave no rows, so no list could be made") {
      $0.items.eligible = "SELECT 1::bigint AS item_id WHERE false"
    },
    Mistake(.data, "items.group gives an item more than one group") {
      $0.items.group =
        "SELECT 1::bigint AS item_id, g::text AS \"group\" FROM generate_series(1, 2) g"
      $0.items.maxPerGroup = 1
    },
    Mistake(
      .configuration, "users.features: the column weight is no number (type OID 25)"
    ) {
      $0.users.features = "SELECT 1::bigint AS user_id, 'a' AS feature, 'b'::text AS weight"
    },
    Mistake(
      .data,
      "users.features gave 1 rows of 1 whose user_id is NULL, whose feature is longer than 512 "
        + "bytes, or whose weight is not a finite number"
    ) { $0.users.features = "SELECT 1::bigint AS user_id, repeat('x', 600) AS feature" },
    Mistake(.data, "users.features gave no features") {
      $0.users.features = "SELECT 1::bigint AS user_id, 'a'::text AS feature WHERE false"
    },
    Mistake(.configuration, "model.gmf can't be used") {
      $0.training.pretrain = .factors
      $0.initial.methods = [.mf]
    },
    Mistake(.configuration, "train.negatives can't be used") {
      $0.training.pretrain = .factors
      $0.initial.methods = [.mf]
      $0.initial.mf.factors = 2
      $0.training.negatives = 0
    },
  ]

  @Test(arguments: mistakes)
  func aJobThatCantRunIsToldWhy(mistake: Mistake) throws {
    let shop = try Shop()
    try shop.connection.execute("CREATE VIEW app.seen AS SELECT * FROM app.events")
    let error = failure { try shop.run(shop.job(mistake.change)) }
    #expect(error?.exitCode == mistake.code)
    #expect(error?.what.hasPrefix(mistake.words) == true, "\(error?.description ?? "")")
    #expect(error?.advice?.isEmpty == false)
  }

  private func failure(_ body: () throws -> Void) -> BatchError? {
    #expect(throws: BatchError.self) { try body() }
  }

  /// A failure with a code, and words that it begins with.
  private func expect(
    _ code: ExitCode, _ words: String, _ body: () throws -> Void
  ) {
    let error = failure(body)
    #expect(error?.exitCode == code)
    #expect(error?.what.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func aDryRunOfAnEmptyLogFailsAsTheNightWould() throws {
    let shop = try Shop()
    try shop.connection.execute("DELETE FROM app.events")
    expect(.data, "the source gave 0 rows and none can be used (") {
      _ = try shop.run(nil, RunRequest(dryRun: true))
    }
  }

  @Test func whatIsThereAndBelongsToAnotherJobIsNamed() throws {
    let shop = try Shop()
    expect(.configuration, "there is nothing to fine-tune: ") {
      try shop.run(nil, RunRequest(mode: .finetune))
    }
    try shop.run(nil, RunRequest(force: true))
    expect(.configuration, " is not what this job publishes: ") {
      try shop.run(
        shop.job {
          $0.source.relation = .query(
            "SELECT user_id::text AS user_id, item_id, occurred_at FROM app.events")
        })
    }
    // Another job's views are seen before anything is learnt, a changed one of this job's at the end.
    let epochs = "SELECT count(*) FROM ncf.epochs"
    let before = try shop.connection.execute(epochs)[row: 0, column: 0]
    expect(.configuration, "the view ncf.item_vectors is not the one that this job made") {
      try shop.run(shop.job { $0.name = "other" }, RunRequest(force: true))
    }
    #expect(try shop.connection.execute(epochs)[row: 0, column: 0] == before)
    try shop.connection.execute(
      """
      CREATE OR REPLACE VIEW ncf.recommendations AS
      SELECT user_id, rank, item_id, score, source, run_id FROM ncf.recommendations_by_run
      WHERE '\(shop.job().name)' <> ''
      """)
    expect(.configuration, "the view ncf.recommendations is not the one that this job made") {
      try shop.run(nil, RunRequest(force: true))
    }
  }

  @Test func whatIsNotKeptOrWasNeverMadeIsNamed() throws {
    let shop = try Shop()
    let parameters = shop.database.parameters
    try shop.run(nil, RunRequest(force: true))
    expect(.data, "run 1 took no other run's place in slot main") {
      _ = try Rollback(parameters, job: shop.job()).run()
    }
    let export = Export(parameters)
    expect(.data, "run 99 has no stored model") {
      _ = try export.writeModel(of: .run(99)) { _ in }
    }
    expect(.data, "the lists of run 99 are not kept in the schema ncf") {
      _ = try export.write(.recommendations, as: .csv, of: .run(99)) { _ in }
    }
    expect(.data, "run 1 made no user-vectors") {
      _ = try export.write(.userVectors, as: .csv, of: .run(1)) { _ in }
    }
    let pointer = try LivePointer.read(job: "default", slot: Job.mainSlot, on: shop.connection)
    try shop.connection.execute("UPDATE ncf.live SET generation = generation + 1")
    expect(
      .temporary,
      "what is served was changed meanwhile, by another run that published or by a rollback"
    ) { _ = try pointer.move(to: 1, for: .rollback, on: shop.connection) }
  }

  @Test func aServerThatIsNoneOfOursIsToldSo() throws {
    let database = try TestDatabase()
    let connection = try database.connect()
    expect(
      .configuration, "a pooler in transaction mode stands between this job and the server"
    ) { try ServerCheck.pooler(connection, connection) }
    expect(.configuration, "the server is PostgreSQL 12") {
      try ServerCheck.version(number: 120_022)
    }
    #expect(try connection.tryAdvisoryLock(AdvisoryKey.migrations))
    expect(.temporary, "another migrator is at work in this database") {
      try Migrator(database.parameters, lockTries: 1).up()
    }
  }

  private struct Undo: Error {}

  @Test func migrationsThatAreNotTheProgramsAreNamed() throws {
    let database = try TestDatabase()
    try Migrator(database.parameters).up()
    for (change, words) in [
      (
        "UPDATE ncf.migrations SET sha256 = repeat('0', 64) WHERE number = 2",
        "migration 0002_runs was applied with another text"
      ),
      (
        "DELETE FROM ncf.migrations WHERE number = 2",
        "migration 0002_runs is missing, though a later one was applied"
      ),
      (
        """
        INSERT INTO ncf.migrations (number, name, sha256)
        VALUES (9000, '9000_later', repeat('0', 64))
        """, "migration 9000_later in the database is unknown to this program"
      ),
    ] {
      let connection = try database.connect()
      #expect(throws: Undo.self) {
        try connection.transaction {
          try connection.execute(change)
          expect(.configuration, words) { try Migrator(database.parameters).verify(on: connection) }
          throw Undo()
        }
      }
    }
  }

  @Test func filesThatCantBeUsedAreNamed() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "ncf-wording-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (empty, twice) = (
      folder.appending(path: "empty").path, folder.appending(path: "twice").path
    )
    try Data().write(to: URL(filePath: empty))
    try Data("1\t2\n1\t3\n".utf8).write(to: URL(filePath: twice))
    let shop = try Shop()
    let loader = Loader(shop.database.parameters)
    expect(.io, "can't open /nonexistent/file") {
      _ = try loader.load("/nonexistent/file", format: .tsv, table: "a.b", replace: false)
    }
    expect(.data, "\(empty) has no lines") {
      _ = try loader.load(empty, format: .tsv, table: "app.events", replace: false)
    }
    expect(.usage, "events is not the name of a table with its schema") {
      _ = try loader.load(twice, format: .tsv, table: "events", replace: false)
    }
    let ids = Vocabulary(kind: .bigint, identifiers: .integers([1, 2, 3]))
    expect(.data, "\(twice): user 1 has two lines") {
      _ = try CandidateFile(path: twice, users: ids, items: ids)
    }
    #expect(try shop.connection.execute("SELECT FROM app.events").rowCount > 0)
  }

  @Test func aStoredTrainingThatIsNoneIsToldHow() throws {
    func damage(_ body: () throws -> Void) -> String? {
      #expect(throws: DamagedModel.self) { try body() }?.description
    }
    let shop = try Shop()
    #expect(
      damage { _ = try CheckpointStore(on: shop.connection).load(run: 99) } == "it is gone")
    #expect(
      damage { _ = try RecentRows(bytes: [1, 2, 3]) }
        == "the rows that it had seen are not in order")
    #expect(
      damage { _ = try EpochRow.rows(SafeTensors(tensors: [], metadata: [:])) }
        == "its epochs are not in order")
  }

  @Test func anExperimentThatCantBeRunIsToldWhy() throws {
    let shop = try Shop(events: false)
    func store() throws(BatchError) -> ExperimentStore {
      try ExperimentStore(
        "rq1", job: shop.job(), request: RunRequest(), parameters: shop.database.parameters,
        interruption: Interruption(), observer: Recorder())
    }
    let first = try store()
    expect(.temporary, "another experiment of job default is at work") { _ = try store() }
    try shop.connection.execute(
      "INSERT INTO app.events (user_id, item_id, occurred_at) VALUES (1, 1, now()), (1, 2, now())")
    expect(
      .data,
      "no user has the 3 interactions that testing needs, so nothing can be measured"
    ) { _ = try first.pull() }
  }

  @Test func aDatabaseWithoutTheSchemaIsToldSo() throws {
    let database = try TestDatabase()
    let connection = try database.connect()
    var checkup = Checkup(
      job: nil, parameters: database.parameters, threads: 1, now: { 0 }, report: { _ in })
    let isMigrated = checkup.checkMigrations(connection)
    #expect(!isMigrated)
    let finding = try #require(checkup.findings.last)
    #expect(finding.text.contains("there is no schema ncf yet"))
    #expect(finding.advice == "run: ncf-batch migrate up")
    #expect(finding.exitCode == .configuration)
  }

  @Test func aPasswordThatAMessageQuotesIsHidden() {
    let error = BatchError(
      .data, "dblink('password=canary')", advice: "not postgresql://me:canary@host/shop")
    #expect(error.what == "dblink('password=***')")
    #expect(error.advice == "not postgresql://me:***@host/shop")
  }

  @Test func theReadmesTableOfExitCodesIsTheProgramsOwn() throws {
    let file = PrivateServer.packageFolder.appending(path: "README.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    // Of this section alone: other tables begin their rows with a number, too.
    let sections = text.split(separator: "\n## ")
    let section = try #require(sections.first { $0.hasPrefix("Exit codes\n") })
    let rows = section.split(separator: "\n").filter { $0.wholeMatch(of: /\| \d+ \|.*/) != nil }
      .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    #expect(rows.map { $0.first.flatMap { Int32($0) } } == ExitCode.allCases.map(\.rawValue))
    // Each says what to do.
    #expect(rows.allSatisfy { $0.count == 3 && $0.allSatisfy { !$0.isEmpty } })
  }
}
