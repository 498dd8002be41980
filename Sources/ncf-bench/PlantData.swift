import ArgumentParser
import SyntheticData

import struct Foundation.Data
import class Foundation.FileManager
import struct Foundation.URL

/// Writes the log and the items of a planted world as files that `ncf-batch load tsv` reads.
struct PlantData: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plant",
    abstract: "Makes users with tastes and items with titles, and writes their log as files.",
    discussion: """
      events.tsv has a line per event: user, item, Unix time. items.tsv has a line per item: item, \
      title. All is tab-separated. The same options give the same files. The log ends with the year 2025 \
      unless --ending says otherwise, and the n-th day after it begins where the day before it ended.
      """)

  @Option(help: ArgumentHelp("Where the files go; made when missing.", valueName: "folder"))
  var out: String
  @Option(help: "Only the events of the n-th day after the log, instead of the log.")
  var day: Int?
  @Option(help: "Users.") var users = 3_000
  @Option(help: "Items.") var items = 1_500
  @Option(help: "Events per user in the log, on average.") var events = 60.0
  @Option(help: "Days that the log spans.") var days = 360
  @Option(help: "Start of all random numbers.") var seed: UInt64 = 1
  @Option(help: ArgumentHelp("When the log ends, or the day, as Unix time.", valueName: "second"))
  var ending: Int?

  /// The end of the log, 2026-01-01T00:00:00Z.
  private static let end = 1_767_225_600

  func validate() throws {
    guard users >= 1, items >= 1, events > 0, days >= 1, day ?? 1 >= 1 else {
      throw ValidationError("Users, items, events, days and the day are all above 0.")
    }
  }

  func run() throws {
    // The days after the log move with it: the one that is asked for ends when it should.
    let end = ending.map { $0 - (day ?? 0) * 86_400 } ?? Self.end
    let world = PlantedWorld(
      users: users, items: items, eventsPerUser: events, days: days, endingAt: end, seed: seed)
    let window = day.map { days + $0 - 1..<days + $0 } ?? 0..<days
    var log = ""
    world.events(days: window) { user, item, second in
      log += "\(user)\t\(item)\t\(second)\n"
    }
    var titles = ""
    for item in 0..<items { titles += "\(item)\t\(world.title(ofItem: item))\n" }

    let folder = URL(fileURLWithPath: out, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(log.utf8).write(to: folder.appending(path: "events.tsv"))
    try Data(titles.utf8).write(to: folder.appending(path: "items.tsv"))
  }
}
