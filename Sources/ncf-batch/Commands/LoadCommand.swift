import ArgumentParser
import Formatting
import Jobs
import Logging
import Operations
import RunSupport

/// The subcommand that fills a table of events from a file.
struct LoadCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Fill a table of events from a file, plain or gzipped.",
    discussion: """
      FORMAT is movielens (user::item::rating::seconds) or tsv (user, item and seconds, tabs \
      between); seconds are counted from 1970 UTC. The table (user_id bigint, item_id bigint, \
      event_type text, value real, occurred_at timestamptz) is made when it is missing. It is one \
      transaction: a bad line is named, and nothing is loaded.

      \(Manual.examples([
        ("ncf-batch load tsv events.tsv.gz --table app.events -d shop", "add a file's rows"),
        ("ncf-batch load movielens ratings.dat --table app.ratings --replace -d shop", "in place of others"),
      ]))

      \(Manual.exitCodes("loaded", [
        .data, .unavailable, .io, .temporary, .permission, .configuration,
      ]))
      """)

  @Argument(
    help: "movielens or tsv.", completion: .list(Loader.Format.allCases.map(\.rawValue)),
    transform: Self.format)
  var format: Loader.Format

  @Argument(help: "The file.", completion: .file())
  var file: String

  @Option(help: "The table, with its schema, such as app.events.")
  var table: String

  @Flag(help: "Empty the table first; otherwise rows are added.")
  var replace = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func execute(in session: Session) throws {
    let interruption = try session.stopOnSignals()
    let (console, log) = (session.console, session.log)
    let start = ContinuousClock.now
    func pace(_ rows: Int) -> String {
      let seconds = start.duration(to: .now) / .seconds(1)
      return "\(Figures.count(rows)) rows in \(Figures.duration(seconds)), "
        + "\(Figures.rate(Double(rows) / max(seconds, 1e-9))) rows/s"
    }
    let loader = Loader(connection.parameters, interruption: interruption)
    let rows = try loader.load(file, format: format, table: table, replace: replace) { rows in
      console.show(bar: "load      \(pace(rows))")
    }
    console.endBar()
    log.info("loaded \(file) into \(table): \(pace(rows))", metadata: ["rows": "\(rows)"])
  }

  private static func format(_ text: String) throws -> Loader.Format {
    guard let format = Loader.Format(rawValue: text) else {
      let names = Loader.Format.allCases.map(\.rawValue).joined(separator: " or ")
      throw ValidationError("It must be \(names), not \(text).")
    }
    return format
  }
}
