import ArgumentParser
import Formatting
import Jobs
import Logging
import Pipeline
import Reporting
import RunSupport

/// `run`: one night.
struct RunCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Pull the log, train, evaluate and publish (the default).",
    discussion: """
      Without --since and --until it is the night's own run. With them it is a one-off over that \
      stretch of time, half-open: it publishes, but later nights don't build on it, and it moves no \
      watermark. A moment is ISO \
      8601 (2026-01-01, 2026-01-01T06:30+02:00; UTC without a zone) or an age (90d, 12h, 2y).

      A value comes from the flag, else from the variable in brackets, else from the configuration \
      file, else from its default. Every key of the file has a variable too: NCF_TRAIN_EPOCHS for \
      train.epochs.

      On a terminal it shows a bar for each stage, with rate and time left; elsewhere, and with \
      --log-format, log lines. A signal stops it at the next safe point (75), a second one at once; \
      either way readers see what they saw before.

      \(Manual.examples([
        ("ncf-batch -d shop", "the night of jobs/nightly.yaml"),
        ("ncf-batch run --dry-run -d shop", "read and plan, write nothing"),
        ("ncf-batch run --no-publish --report r.json -d shop", "train and judge only"),
        ("ncf-batch --since 2026-01-01 -d shop", "a one-off on what came since then"),
        ("ncf-batch run --mode full --seed 2 -d shop", "from scratch, with another seed"),
      ]))

      \(Manual.exitCodes("published, or nothing to do", [
        .refused, .data, .unavailable, .io, .temporary, .permission, .configuration,
      ]))
      """)

  /// Variables that stand for flags.
  static let variables = [
    "NCF_CONFIG", "NCF_SINCE", "NCF_UNTIL", "NCF_SLOT", "NCF_SEED", "NCF_THREADS", "NCF_REPORT",
    "NCF_RETRIES", "NCF_METRICS", "NCF_LOG_FORMAT", "NCF_VECTORS", FaultPoint.variable,
  ]

  private static let momentForm = "a time such as 2026-01-01T06:30Z or an age such as 90d"
  private static let retryRange = 0...100

  @OptionGroup var source: JobOptions

  @Option(
    help: ArgumentHelp(
      """
      Learn the events from this moment on: further from the newest night before it, or from \
      scratch, as if there were none before. [NCF_SINCE]
      """, valueName: "time"),
    transform: Self.moment)
  var since: TimePoint?

  @Option(
    help: ArgumentHelp("Events from this moment on don't exist. [NCF_UNTIL]", valueName: "time"),
    transform: Self.moment)
  var until: TimePoint?

  @Option(
    help: ArgumentHelp(
      """
      full: from scratch; finetune: an earlier run's model further; auto: whichever fits. \
      [NCF_TRAIN_MODE, default: train.mode]
      """, valueName: "mode"),
    completion: .list(RunRequest.Mode.allCases.map(\.rawValue)), transform: RunRequest.Mode.argument
  )
  var mode: RunRequest.Mode?

  @Option(
    help: ArgumentHelp(
      "Publish beside the main lists, for the users that ncf.slot_shares says. [NCF_SLOT, default: main]",
      valueName: "name"),
    transform: Self.slot)
  var slot: String?

  @Flag(help: "Pull and plan only; nothing is written to the database.")
  var dryRun = false

  @Flag(help: "Train and evaluate, but leave the lists as they are.")
  var noPublish = false

  @Flag(help: "Publish although the gate refuses; it is recorded.")
  var force = false

  @Flag(help: "Search for the method again, where model is auto.")
  var search = false

  @Option(
    help: ArgumentHelp(
      """
      auto: go on from a run that was stopped, if the log of then is still there; never: begin anew. \
      [NCF_TRAIN_RESUME, default: train.resume]
      """, valueName: "when"),
    transform: RunRequest.Resume.argument)
  var resume: RunRequest.Resume?

  @Option(help: "Start of all random numbers. [NCF_SEED, default: train.seed]")
  var seed: UInt64?

  @Option(
    help: "Threads; the lists don't depend on it. [NCF_THREADS, default: one a processor]")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      """
      How often what may pass by itself is tried again: a server that is starting, a connection that \
      was lost, a deadlock. [NCF_RETRIES, default: \(RunRequest.usualRetries)]
      """, valueName: "times"))
  var retries: Int?

  @Option(
    help: ArgumentHelp("Write everything about the run as JSON. [NCF_REPORT]", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var report: String?

  @Option(
    help: ArgumentHelp(
      "Write how it went for Prometheus' textfile collector. [NCF_METRICS]", valueName: "file"))
  var metrics: String?

  @Flag(help: "Print the report on standard output instead of a summary.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func validate() throws {
    if let threads { try WorkOptions.check(threads: threads) }
    if let retries, !Self.retryRange.contains(retries) {
      throw ValidationError("--retries must be from 0 to 100, not \(retries).")
    }
    if dryRun, force { throw ValidationError("--dry-run publishes nothing, so --force is idle.") }
    if noPublish, force {
      throw ValidationError("--no-publish and --force exclude each other.")
    }
    if case .absolute(let from) = since, case .absolute(let to) = until, from >= to {
      throw ValidationError("--since must be before --until.")
    }
  }

  func execute(in session: Session) throws {
    try WorkOptions.chooseKernels(in: session)
    let (console, log) = (session.console, session.log)
    let service = ServiceNotice(session.environment)
    let interruption = try session.stopOnSignals { service?.stopping($0) }
    let job = try source.job(in: session)
    let file = try (report ?? session.variable("NCF_REPORT")).map { try ReportFile(path: $0) }
    // Nothing is told of a dry run: it says nothing about what is served.
    let monitoring =
      try dryRun
      ? nil : (metrics ?? session.variable("NCF_METRICS")).map { try MonitoringFile(path: $0) }
    let outcome: RunOutcome
    do {
      let batch = Batch(
        job: job, request: try request(in: session), parameters: connection.parameters,
        interruption: interruption,
        observer: try FaultPoint.asked(
          of: session, telling: RunTalk(console: console, log: log, service: service)))
      outcome = try batch.run()
    } catch let error as BatchError {
      try monitoring?.write(error, job: job.name)
      service?.stopping("ended with \(error.exitCode.rawValue): \(error.what)")
      try finish(RunReport.json(error, job: job.name), nil, file, console)
      throw error
    }
    try monitoring?.write(outcome)
    let ended = [outcome.status?.rawValue ?? "dry run", outcome.reason].compactMap { $0 }
    service?.stopping(
      "\(outcome.runID.map { "run \($0) " } ?? "")\(ended.joined(separator: ": "))")
    let text = RunReport.text(outcome) + (dryRun ? "  with   \(WorkOptions.kernels)\n" : "")
    try finish(RunReport.json(outcome), text, file, console)
    if outcome.exitCode != .success { throw ArgumentParser.ExitCode(outcome.exitCode.rawValue) }
  }

  private func finish(
    _ report: JSON, _ text: String?, _ file: ReportFile?, _ console: Console
  ) throws(BatchError) {
    console.endBar()
    if json {
      try StandardOutput.write(report.pretty)
    } else if let text {
      try StandardOutput.write(text)
    }
    try file?.write(report.pretty)
  }

  private func request(in session: Session) throws -> RunRequest {
    let wantedSeed = "a whole number from 0 to \(UInt64.max)"
    var request = RunRequest(threads: try threads ?? WorkOptions.threads(in: session))
    request.since =
      try since ?? session.variable("NCF_SINCE", wanted: Self.momentForm) { TimePoint($0) }
    request.until =
      try until ?? session.variable("NCF_UNTIL", wanted: Self.momentForm) { TimePoint($0) }
    request.slot = try session.slot(slot)
    request.seed = try seed ?? session.variable("NCF_SEED", wanted: wantedSeed) { UInt64($0) }
    request.retries =
      try retries
      ?? session.variable("NCF_RETRIES", wanted: "a whole number from 0 to 100") { text in
        Int(text).flatMap { Self.retryRange.contains($0) ? $0 : nil }
      } ?? request.retries
    (request.mode, request.resume, request.force) = (mode, resume, force)
    (request.dryRun, request.publish, request.search) = (dryRun, !noPublish, search)
    request.jitter = .random(in: .min ... .max)
    (request.host, request.version) = (Machine.name, Version.text)
    return request
  }

  private static func moment(_ text: String) throws -> TimePoint {
    guard let point = TimePoint(text) else {
      throw ValidationError("It must be \(momentForm).")
    }
    return point
  }

  /// A slot's name.
  static func slot(_ text: String) throws -> String {
    guard Job.isSlot(text) else { throw ValidationError("It must be \(Job.slotForm).") }
    return text
  }
}
