import ArgumentParser
import Configuration
import Formatting
import Jobs
import Logging
import Operations
import Reporting
import RunSupport

/// The subcommand that replays nights of the past and judges their lists by what came after.
struct BacktestCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract:
      "Replay nights of the past, publish nothing, and judge their lists by what came after.",
    discussion: """
      For each configuration and each moment from --from on until --to it makes the lists that a night \
      of that moment would have published: the log is as it was then, nights chain as they do (in full, \
      fine-tuned, refused by the gate, the method searched for where model is auto). Each night's lists \
      are judged by the events until the next night: users who had a list and took up an item that was \
      new to them. HR and NDCG are of the first such item, recall and hits of all of them.

      What it can't know: who gets a list, what may be in it, and features are read today, and settings \
      of a configuration may have been chosen on the very time that is replayed. A search of model: auto \
      is bounded by auto.trials, or 40 trials, and not by time. What was served takes no part in it.

      Finished nights are kept in ncf.backtests: a call that was stopped goes on where it was, and one \
      whose nights are all there only prints. Another configuration, --from, --every, seed or version \
      begins anew, and so do nights of which the log has changed. Lists that are served, runs and models \
      of the job don't change.

      With --json it prints {"from", "to", "k", "configurations": [{"name", "job", "backtest_id", \
      "means", "nights"}], "comparisons", "unknown"}; each mean is {"value", "ci_low", "ci_high"}, each \
      night has what ncf.backtest_nights has. With --dry-run it is {"configurations": [{"name", \
      "missing", "seconds"}]}.

      \(Manual.examples([
        ("ncf-batch backtest --from 2026-01-05 --to 2026-03-30", "12 weeks"),
        ("ncf-batch backtest --from 2026-03-01 --to 2026-03-15 --every 1d", "14 days"),
        ("ncf-batch backtest --from 2026-01-05 --to 2026-03-30 --dry-run", "how long"),
        ("ncf-batch backtest a.yaml b.yaml --from 2026-01-05 --to 2026-03-30", "compare"),
      ]))

      \(Manual.exitCodes("every night is there", [
        .data, .unavailable, .io, .temporary, .permission, .configuration,
      ]))
      """)

  @Argument(
    help: ArgumentHelp(
      "Jobs to be compared, like --config. [NCF_CONFIG, default: jobs/nightly.yaml]",
      valueName: "jobfile"), completion: .yaml)
  var jobfiles: [String] = []

  @Option(
    help: ArgumentHelp("A job to be compared; may be given several times.", valueName: "file"),
    completion: .yaml)
  var config: [String] = []

  @Option(
    help: ArgumentHelp("The first night: 2026-01-05 or 2026-01-05T03:00Z.", valueName: "time"),
    transform: Self.moment)
  var from: TimePoint

  @Option(
    help: ArgumentHelp("Where the time that the last night is judged by ends.", valueName: "time"),
    transform: Self.moment)
  var to: TimePoint

  @Option(
    help: ArgumentHelp("The time between two nights: 12h, 1d, 7d.", valueName: "age"),
    transform: Self.age)
  var every = Age(7, .day)

  @Option(help: "Start of all random numbers. (default: train.seed of each job)")
  var seed: UInt64?

  @Option(
    help: "Threads; results don't depend on it. [NCF_THREADS, default: one a processor]")
  var threads: Int?

  @Option(
    help: ArgumentHelp("Write a picture of the nights' NDCG.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var picture: String?

  @Flag(help: "Say which nights would be replayed and about how long it would take; write nothing.")
  var dryRun = false

  @Flag(help: "Print a JSON object instead of tables.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func validate() throws {
    if let threads { try WorkOptions.check(threads: threads) }
    do {
      _ = try plan()
    } catch {
      throw ValidationError("\(error.what): \(error.advice ?? "")")
    }
    let files = jobfiles + config
    if let twice = files.first(where: { file in files.count { $0 == file } > 1 }) {
      throw ValidationError("\(twice) is given twice.")
    }
  }

  func execute(in session: Session) throws {
    try WorkOptions.chooseKernels(in: session)
    let interruption = try session.stopOnSignals()
    let plan = try plan()
    let file = try picture.map { try ReportFile(path: $0) }
    let talk = BacktestTalk(console: session.console, log: session.log)
    let prepared = try prepare(plan, in: session, interruption, talk)
    if dryRun { return try tellOutlook(prepared, talk) }
    let finished = try prepared.map { name, job, backtest in
      BacktestReport.Configuration(
        name: name, job: job,
        finished: try backtest.run { event in
          try interruption.check()
          talk.hear(event, of: name, isOnly: prepared.count == 1)
        })
    }
    session.console.endBar()
    let report = try BacktestReport(
      plan, k: prepared[0].backtest.k, finished, connection.parameters)
    let screen = Screen(environment: session.environment)
    try StandardOutput.write(
      json ? report.json.pretty : report.text + (screen.hasBlocks ? report.courses(screen.red) : "")
    )
    try file?.write(report.picture)
  }

  /// A configuration's name for people, its job and its backtest.
  private typealias Prepared = (name: String, job: String, backtest: Backtest)

  private func prepare(
    _ plan: BacktestPlan, in session: Session, _ interruption: Interruption, _ talk: BacktestTalk
  ) throws -> [Prepared] {
    let named = jobfiles + config
    let files = named.isEmpty ? [JobOptions.path(nil, in: session)] : named
    var request = RunRequest(threads: try threads ?? WorkOptions.threads(in: session))
    (request.seed, request.jitter) = (seed, .random(in: .min ... .max))
    (request.host, request.version) = (Machine.name, Version.text)
    let names = Self.names(files)
    var prepared: [Prepared] = []
    for (file, name) in zip(files, names) {
      let job = try Job(path: file, variables: session.environment)
      let backtest = try Backtest(
        job, plan, request: request, parameters: connection.parameters,
        interruption: interruption, observer: talk)
      if let same = prepared.first(where: { $0.backtest.key == backtest.key }) {
        throw BatchError(
          .usage, "\(same.name) and \(name) are the same configuration",
          advice: "name each once, or change one")
      }
      if let other = prepared.first(where: { $0.backtest.k != backtest.k }) {
        throw BatchError(
          .configuration,
          "\(other.name) is judged by lists of \(other.backtest.k), \(name) by lists of \(backtest.k)",
          advice: "give both the same evaluate.k, and an output.k that is not less")
      }
      prepared.append((name, job.name, backtest))
    }
    return prepared
  }

  private func tellOutlook(_ prepared: [Prepared], _ talk: BacktestTalk) throws {
    let outlooks = try prepared.map { ($0.name, try $0.backtest.outlook()) }
    talk.end()
    if json {
      let list = outlooks.map { name, outlook -> JSON in
        [
          "name": name, "missing": outlook.missing.map { BacktestPlan.text($0.moment) },
          "seconds": outlook.seconds,
        ]
      }
      return try StandardOutput.write((["configurations": JSON.list(list)] as JSON).pretty)
    }
    let lines = outlooks.map { name, outlook in
      guard let first = outlook.missing.first, let last = outlook.missing.last else {
        return "\(name): every night is there already\n"
      }
      let nights =
        outlook.missing.count == 1
        ? "1 night would be replayed, \(BacktestPlan.text(first.moment))"
        : "\(outlook.missing.count) nights would be replayed, \(BacktestPlan.text(first.moment)) to "
          + BacktestPlan.text(last.moment)
      return "\(name): \(nights)"
        + (outlook.seconds.map { ", in about \(Figures.duration($0)) or less" } ?? "") + "\n"
    }
    try StandardOutput.write(lines.joined())
  }

  private func plan() throws(BatchError) -> BacktestPlan {
    try BacktestPlan(from: from, to: to, every: every)
  }

  /// Files' names without folders and endings, unless that makes two the same.
  static func names(_ files: [String]) -> [String] {
    let short = files.map { file in
      let name = file.split(separator: "/").last.map(String.init) ?? file
      return name.replacing(/\.ya?ml$/, with: "")
    }
    return Set(short).count == short.count ? short : files
  }

  private static func moment(_ text: String) throws -> TimePoint {
    guard let point = TimePoint(text), point.microseconds != nil else {
      throw ValidationError("It must be a moment such as 2026-01-05 or 2026-01-05T03:00Z.")
    }
    return point
  }

  private static func age(_ text: String) throws -> Age {
    guard let age = Age(text) else { throw ValidationError("It must be an age such as 12h or 7d.") }
    return age
  }
}
