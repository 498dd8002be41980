import ArgumentParser
import Configuration
import Formatting
import Glibc
import Jobs
import Logging
import Source

/// The subcommand that finds a log of events and writes a job on it.
struct InitConfigCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "init-config",
    abstract: "Look for a log of events in the database and write a job on it.",
    discussion: """
      It looks at the names, types and foreign keys of all tables and views that the role may read, \
      ranks those that have a user, an item and a time, also lines joined with what they belong to, \
      and writes a commented file that ncf-batch run accepts. On a terminal it asks which one, and \
      which columns hold users, items, times, event types and values, as far as flags don't say; Enter \
      takes what it proposes. Elsewhere, and with --yes, it takes the likeliest. Nothing is written to \
      the database.

      With --json it prints, instead of writing a file, a list of {"title", "table", "query", "rows", \
      "points", "columns": [{"role", "column", "type", "refers_to"}]}, the likeliest first; table is \
      null for a query and the other way round.

      \(Manual.examples([
        ("ncf-batch init-config -d shop", "look, ask, write nightly.yaml"),
        ("ncf-batch init-config --list -d shop", "only look"),
        ("ncf-batch init-config --table shop.orders --output shop.yaml -d shop", "choose the table"),
        ("ncf-batch init-config --table app.log --user-column who --item-column what -d shop", "and columns"),
      ]))

      \(Manual.exitCodes("a file was written", [.unavailable, .io, .permission, .configuration]))
      64 also for a file that is there already, without --force.
      """)

  @Option(help: ArgumentHelp("The table or view, with its schema.", valueName: "table"))
  var table: String?

  @Option(help: ArgumentHelp("Its column of users.", valueName: "column"))
  var userColumn: String?

  @Option(help: ArgumentHelp("Its column of items.", valueName: "column"))
  var itemColumn: String?

  @Option(help: ArgumentHelp("Its column of times.", valueName: "column"))
  var timeColumn: String?

  @Option(help: ArgumentHelp("Its column of event types.", valueName: "column"))
  var eventColumn: String?

  @Option(help: ArgumentHelp("Its column of values, such as ratings.", valueName: "column"))
  var valueColumn: String?

  @Option(help: ArgumentHelp("The job's name.", valueName: "name"))
  var job = "default"

  @Option(help: ArgumentHelp("The schema that the job publishes in.", valueName: "schema"))
  var schema = Job.Output.usualSchema

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"),
    completion: .yaml)
  var output = "nightly.yaml"

  @Flag(help: "Write over a file that is there.")
  var force = false

  @Flag(name: [.short, .long], help: "Ask nothing; take the likeliest.")
  var yes = false

  @Flag(help: "List what could be the source, and write nothing.")
  var list = false

  @Flag(help: "Print what could be the source as a JSON array, and write nothing.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func validate() throws {
    let columns = [userColumn, itemColumn, timeColumn, eventColumn, valueColumn]
    if table == nil, columns.contains(where: { $0 != nil }) {
      throw ValidationError("Columns are of a table: name it with --table.")
    }
    if list, json { throw ValidationError("--list and --json exclude each other.") }
  }

  func execute(in session: Session) throws {
    Signals.ignoreClosedPipes()
    let writes = !list && !json
    if writes { try refuseOverwriting() }
    var choice = SourceSearch.Choice()
    (choice.table, choice.user, choice.item) = (table, userColumn, itemColumn)
    (choice.time, choice.event, choice.value) = (timeColumn, eventColumn, valueColumn)
    let search = SourceSearch(connection.parameters)
    let asks = writes && !yes && SourceInterview.isPossible
    let found = try search.run(choice, mayLack: asks)
    guard writes else {
      return try StandardOutput.write(
        json ? Self.json(found.map(\.proposal)).pretty : SourceInterview.lines(found))
    }
    let source = asks ? try SourceInterview(search, choice).answer(found) : found[0]
    let chosen = try search.withEventTypes(source)
    let others = found.map(\.proposal).filter { $0.title != chosen.title }
    let file = try ProposedFile(chosen, job: job, schema: schema, others: others)
    session.log.info("the source is \(chosen.summary)")
    guard output != "-" else { return try StandardOutput.write(file.text) }
    try ReportFile(path: output).write(file.text)
    try StandardOutput.write(
      "written to \(output). Next: ncf-batch check --config \(output), then ncf-batch run --config "
        + "\(output) --dry-run\n")
  }

  private func refuseOverwriting() throws(BatchError) {
    guard output != "-", !force, unsafe access(output, F_OK) == 0 else { return }
    throw BatchError(
      .usage, "\(output) is there already",
      advice: "name another file with --output, or write over it with --force")
  }

  private static func json(_ found: [SourceProposal]) -> JSON {
    .list(
      found.map { proposal -> JSON in
        var (table, query): (String?, String?)
        switch proposal.relation {
        case .table(let name, _): table = name
        case .query(let text): query = text
        }
        let columns = proposal.parts.map { part -> JSON in
          ["role": part.role, "column": part.column, "type": part.type, "refers_to": part.target]
        }
        return [
          "title": proposal.title, "table": table, "query": query, "rows": proposal.rows,
          "points": proposal.points, "columns": columns,
        ]
      })
  }
}
