import Postgres
import RunSupport
import TestSupport
import Testing

@testable import Jobs
@testable import Operations

/// What commands beside the run say when they can't do what they are asked, with the exit code.
struct MessageTests {
  @Test func whatIsNotKeptOrWasNeverMadeIsNamed() throws {
    let shop = try Shop()
    let parameters = shop.database.parameters
    try shop.run(nil, RunRequest(force: true))
    expectFailure(.data, "run 1 took no other run's place in slot main") {
      _ = try Rollback(parameters, job: shop.job()).run()
    }
    let export = Export(parameters)
    expectFailure(.data, "run 99 has no stored model") {
      _ = try export.writeModel(of: .run(99)) { _ in }
    }
    expectFailure(.data, "the lists of run 99 are not kept in the schema ncf") {
      _ = try export.write(.recommendations, as: .csv, of: .run(99)) { _ in }
    }
    expectFailure(.data, "run 1 made no user-vectors") {
      _ = try export.write(.userVectors, as: .csv, of: .run(1)) { _ in }
    }
  }

  @Test func aFileThatCantBeLoadedIsNamed() throws {
    let shop = try Shop(events: false)
    let empty = try shop.folder.write("", to: "empty")
    let loader = Loader(shop.database.parameters)
    expectFailure(.data, "\(empty) has no lines") {
      _ = try loader.load(empty, format: .tsv, table: "app.events", replace: false)
    }
    expectFailure(.usage, "events is not the name of a table with its schema") {
      _ = try loader.load(empty, format: .tsv, table: "events", replace: false)
    }
  }

  @Test func anExperimentThatCantBeRunIsToldWhy() throws {
    let shop = try Shop(events: false)
    func store() throws(BatchError) -> ExperimentStore {
      try ExperimentStore(
        "rq1", job: shop.job(), request: RunRequest(), parameters: shop.database.parameters,
        interruption: Interruption(), observer: Recorder())
    }
    let first = try store()
    expectFailure(.temporary, "another experiment of job default is at work") { _ = try store() }
    try shop.add("VALUES (1, 1, now()), (1, 2, now())")
    expectFailure(
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
}
