import ArgumentParser
import Jobs
import Logging
import Operations
import Reporting

/// The subcommand that makes a page about a run.
struct ReportCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Make a page about a run: quality, history, lists.",
    discussion: """
      The page is one HTML file that loads nothing and needs no script. It has learning curves, HR and \
      NDCG by length of list beside ItemPop and the live model, the job's history, what is recommended, \
      and a few users' lists beside their histories.

      It only reads. A member of ncf_read may make it; popularity and histories need the right to read \
      the source too, and are left out without it.

      \(Manual.examples([
        ("ncf-batch report --html run.html -d shop", "the newest run that was judged"),
        ("ncf-batch report --html run.html --run 12 --users 0 -d shop", "another, without users"),
        ("ncf-batch report --html r.html --titles 'SELECT item_id, title FROM shop.items'", "with titles"),
      ]))

      \(Manual.exitCodes(
        "the page was written", [.data, .unavailable, .io, .permission, .configuration]))
      """)

  @Option(help: ArgumentHelp("Where the page goes; - is standard output.", valueName: "file"))
  var html: String

  @Option(help: "The run. [default: the newest that was judged]")
  var run: Int64?

  @Option(help: "The newest of this job's.")
  var job: String?

  @Option(
    help: ArgumentHelp(
      "How many users are shown, chosen by a hash; 0 for none.", valueName: "count"))
  var users = 4

  @Option(help: ArgumentHelp("Show this user too; may be repeated.", valueName: "id"))
  var user: [String] = []

  @Option(
    help: ArgumentHelp(
      "A SELECT of item_id and title, which are shown beside the ids.", valueName: "query"))
  var titles: String?

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func validate() throws {
    if !(0...100).contains(users) {
      throw ValidationError("--users must be from 0 to 100, not \(users).")
    }
  }

  func execute(in session: Session) throws {
    let file = html == "-" ? nil : try ReportFile(path: html)
    let dossier = try DossierReader(connection.parameters).read(
      DossierReader.Request(
        run: run, job: job, users: users, named: user, titles: titles))
    let page = Page(dossier).html
    if let file {
      try file.write(page)
      for note in dossier.notes { session.log.notice("\(note)") }
      session.log.info("run \(dossier.run.runID) of job \(dossier.run.job): \(html)")
    } else {
      try StandardOutput.write(page)
    }
  }
}
