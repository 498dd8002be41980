import ArgumentParser
import Formatting
import Jobs
import Logging
import Store

/// The subcommands on the schema `ncf`.
struct MigrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Make the schema ncf, bring it up to date, or look at it.",
    discussion: """
      Migrations go forward only, each in one transaction; migrators at once take turns. A run refuses \
      a database with pending ones (78).

      \(Manual.examples([
        ("ncf-batch migrate up -d shop -U ncf_owner", "apply what is pending"),
        ("ncf-batch migrate status -d shop", "see what is there"),
        ("ncf-batch migrate verify -d shop && ncf-batch -d shop", "a run only on the right schema"),
      ]))

      \(Manual.exitCodes("done, or nothing to do", [
        .unavailable, .temporary, .permission, .configuration,
      ]))
      """,
    subcommands: [Up.self, Status.self, Verify.self])

  func run() throws {
    throw ValidationError("Say what to do: up, status or verify.")
  }

  /// What `migrate up` does.
  struct Up: BatchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Apply the pending migrations, each in a transaction of its own.",
      discussion: """
        Whoever comes while another is migrating waits a little, then ends with 75. What was \
        applied with another text, by a newer program or by an earlier development version, is \
        refused (78).

        \(Manual.examples([
          ("ncf-batch migrate up -d shop -U ncf_owner", "as the role that owns the schema ncf"),
        ]))

        \(Manual.exitCodes(
          "done, or nothing to do", [.unavailable, .temporary, .permission, .configuration]))
        """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup(title: "Talk") var talk: TalkOptions

    func execute(in session: Session) throws {
      Signals.ignoreClosedPipes()
      let applied = try Migrator(connection.parameters).up { name in
        session.log.info("applied \(name)", metadata: ["migration": "\(name)"])
      }
      if applied.isEmpty { session.log.info("nothing to do: the schema is up to date") }
    }
  }

  /// What `migrate status` does.
  struct Status: BatchCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the migrations: applied, pending, or wrong.",
      discussion: """
        States are applied, pending, edited (applied with another text), out of order (a later one \
        is applied), unknown (a newer program's) and development (an earlier development \
        version's). With --json it prints a list of {"number", "name", "state", "applied_at", \
        "applied_by"}. It ends with 0 whatever the states; migrate verify judges.

        \(Manual.examples([
          ("ncf-batch migrate status -d shop", "for people"),
          ("ncf-batch migrate status --json -d shop", "for a program"),
        ]))

        \(Manual.exitCodes("listed", [.unavailable, .permission, .configuration]))
        """)

    @Flag(help: "Print a JSON array.")
    var json = false
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup(title: "Talk") var talk: TalkOptions

    func execute(in session: Session) throws {
      let states = try Migrator(connection.parameters).status()
      if json {
        try StandardOutput.write(JSON.list(states.map(Self.json)).pretty)
      } else {
        let rows = states.map { state in
          let (word, at, by) = Self.words(state.standing)
          return [state.name, word, at ?? "", by ?? ""]
        }
        try StandardOutput.write(
          TextTable(["migration", "state", "applied", "by"], rows: rows).text)
      }
    }

    private static func json(_ state: Migrator.State) -> JSON {
      let (word, at, by) = words(state.standing)
      return [
        "number": state.number, "name": state.name, "state": word, "applied_at": at,
        "applied_by": by,
      ]
    }

    private static func words(
      _ standing: Migrator.State.Standing
    ) -> (word: String, at: String?, by: String?) {
      switch standing {
      case .applied(let at, let by): ("applied", at, by)
      case .pending: ("pending", nil, nil)
      case .edited: ("edited", nil, nil)
      case .outOfOrder: ("out of order", nil, nil)
      case .unknown: ("unknown", nil, nil)
      case .development(let at, let by): ("development", at, by)
      }
    }
  }

  /// What `migrate verify` does.
  struct Verify: BatchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Exit with 0 if the schema is what this program needs, else with 78.",
      discussion: """
        With --json it prints {"verified", "reason", "advice"}; reason and advice are null when it is.

        \(Manual.examples([
          ("ncf-batch migrate verify -q -d shop && ncf-batch -d shop", "a run only if it is"),
        ]))

        \(Manual.exitCodes(
          "it is what this program needs", [.unavailable, .permission, .configuration]))
        """)

    @Flag(help: "Print a JSON object.")
    var json = false
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup(title: "Talk") var talk: TalkOptions

    func execute(in session: Session) throws {
      do throws(BatchError) {
        try Migrator(connection.parameters).verify()
      } catch {
        // What keeps it from looking is told as ever; what it found is the answer.
        if json, error.server == nil { try StandardOutput.write(Self.json(error).pretty) }
        throw error
      }
      if json { try StandardOutput.write(Self.json(nil).pretty) }
      session.log.info("the schema is what this program needs")
    }

    private static func json(_ error: BatchError?) -> JSON {
      ["verified": error == nil, "reason": error?.what, "advice": error?.advice]
    }
  }
}
