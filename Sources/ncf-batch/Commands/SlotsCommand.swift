import ArgumentParser
import Formatting
import Jobs
import Operations

/// The subcommand that compares the lists of slots.
struct SlotsCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "slots", abstract: "Compare the lists of slots by what became of them.",
    discussion: """
      For each slot beside main that has a share of the users (ncf.slot_shares) it says in one line \
      whether its lists are better than main's, by how much, and how sure that is. Compared are hits a \
      user, over all users that had a list, since the slot got its users; users whose slot changed \
      meanwhile are left out. The p-value and the interval are valid however often they are looked at, \
      so that one may look every day and stop when it is small. Nights count the hits (ncf.served).

      With --json it prints a list of {"slot", "since", "nights", "users", "hits", "main_users", \
      "main_hits", "left_out", "difference", "ci_low", "ci_high", "p_value"}; difference is in hits a user.

      \(Manual.examples([
        ("ncf-batch slots -d shop", "the slots of the job default"),
        ("ncf-batch slots --job shop --json -d shop", "for a program"),
      ]))

      \(Manual.exitCodes("compared", [.unavailable, .permission, .configuration]))
      """)

  @Option(help: "The job's name.")
  var job = "default"

  @Flag(help: "Print a JSON array.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func execute(in session: Session) throws {
    let slots = try SlotComparison.all(job: job, connection.parameters)
    if json {
      try StandardOutput.write(JSON.list(slots.map(Self.json)).pretty)
    } else if slots.isEmpty {
      try StandardOutput.write("job \(job): no slot beside main has lists and users\n")
    } else {
      try StandardOutput.write(slots.map { $0.text + "\n" }.joined())
    }
  }

  private static func json(_ slot: SlotComparison) -> JSON {
    [
      "slot": slot.slot, "since": slot.since, "nights": slot.nights, "users": slot.users,
      "hits": slot.hits, "main_users": slot.mainUsers, "main_hits": slot.mainHits,
      "left_out": slot.leftOut, "difference": slot.difference,
      "ci_low": slot.interval?.lowerBound, "ci_high": slot.interval?.upperBound,
      "p_value": slot.pValue,
    ]
  }
}
