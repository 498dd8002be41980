import ArgumentParser
import Formatting
import Glibc
import Jobs

/// The whole program; `run` is what it does when no subcommand is named.
struct NCFBatch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ncf-batch",
    abstract: "Turns an interaction log in PostgreSQL into recommendation tables, every night.",
    usage: "ncf-batch [run] [OPTION ...]\nncf-batch SUBCOMMAND [OPTION ...]",
    discussion: """
      EXAMPLES
        ncf-batch migrate up -d shop           make the schema ncf, or bring it up to date
        ncf-batch init-config -d shop          look for a log of events, write nightly.yaml
        ncf-batch check -d shop                try all that a night needs; say what to do
        ncf-batch -d shop                      the night's run, by jobs/nightly.yaml
        ncf-batch --since 2026-01-01 -d shop   a run on what happened since then
        ncf-batch rollback -d shop             the lists from before the last run, at once
        ncf-batch slots -d shop                whether the lists of slot b are better
        ncf-batch recommend 42 -d shop         the list of user 42
        ncf-batch similar 7 -d shop            the items most like item 7
        ncf-batch export similar -d shop       them all, as CSV
        ncf-batch report --html r.html -d shop a page about the last run
        ncf-batch help backtest                which of two jobs makes better lists
        ncf-batch experiment rq1 -d shop       the paper's methods on that log
        ncf-batch tune --budget 30min -d shop  better settings for the job

      The connection is given as for psql: -d -h -p -U, PG* variables, a service file, .pgpass. No \
      password is ever asked for. Every command has help of its own: ncf-batch help run, or \
      ncf-batch run -?.

      \(Manual.exitCodes("published, or nothing to do", Jobs.ExitCode.allCases.dropFirst()))
      """,
    version: Version.text,
    subcommands: [
      RunCommand.self, MigrateCommand.self, CheckCommand.self, InitConfigCommand.self,
      RunsCommand.self, RollbackCommand.self, SlotsCommand.self, ForgetCommand.self,
      RecommendCommand.self,
      SimilarCommand.self, ExportCommand.self, BacktestCommand.self,
      ExperimentCommand.self, TuneCommand.self, ReportCommand.self, LoadCommand.self,
    ],
    defaultSubcommand: RunCommand.self,
    helpNames: [.long, .customShort("?")])
}

extension NCFBatch {
  /// Does what the arguments say and ends the process; a complaint about them shows no password.
  static func start() -> Never {
    do {
      var command = try parseAsRoot()
      try command.run()
      exit(withError: nil)
    } catch {
      let (text, code) = (fullMessage(for: error), exitCode(for: error))
      let shown = Redaction.hidingPasswords(in: text)
      guard code != .success, shown != text else { exit(withError: error) }
      _ = FileWriting.write(shown + "\n", to: STDERR_FILENO)
      Glibc.exit(code.rawValue)
    }
  }
}

/// What this program calls itself.
enum Version {
  /// Semantic version; the changelog has an entry for each.
  static let text = "1.0.0-dev"
}
