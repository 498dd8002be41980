import ArgumentParser
import Experiments
import Formatting
import Jobs
import Logging
import Operations
import Parallelism
import Pipeline
import RunSupport

/// The subcommand that runs the paper's experiments on a job's log.
struct ExperimentCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiment",
    abstract: "Run one of the paper's experiments on the job's log.",
    discussion: """
      NAME is one of:
      \(Experiment.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))

      Finished trials are kept in ncf.trials and not run again: a call that was stopped goes on where \
      it was, and experiments share the trials that they have in common. Lists that are served don't \
      change. mf-limit needs no database.

      With --json it prints {"experiment", "run_id", "title", "circumstances", "sections": [{"heading", \
      "header", "rows", "notes"}]}.

      \(Manual.examples([
        ("ncf-batch experiment rq1 --quick -d shop", "to see that it works"),
        ("ncf-batch experiment rq1 -d shop --output rq1.md", "the paper's Figure 4 and 5 on that log"),
      ]))

      \(Manual.exitCodes("the tables are complete", [
        .data, .unavailable, .io, .temporary, .permission, .configuration,
      ]))
      """)

  @Argument(
    help: "The experiment.", completion: .list(Experiment.allCases.map(\.rawValue)),
    transform: Experiment.argument)
  var name: Experiment

  @Option(
    help: "Seeds, commas between; each trains everything anew. (default: 1,2,3)",
    transform: Self.seeds)
  var seeds: [UInt64] = [1, 2, 3]

  @Option(
    help: "Predictive factors, even, commas between. (default: 8,16,32,64)", transform: Self.factors
  )
  var factors: [Int] = Published.factors

  @Flag(help: "One seed, the first factors, short trainings: to see that it works.")
  var quick = false

  @Option(
    help: "Whose published figures to show: ml-1m or pinterest. (default: by the log's size)",
    transform: Self.dataset)
  var paper: Published.Dataset?

  @Option(
    help: ArgumentHelp("Write the tables as Markdown.", valueName: "file.md"),
    completion: .file(extensions: ["md"]))
  var output: String?

  @Flag(help: "Print a JSON object instead of the tables.")
  var json = false

  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func execute(in session: Session) throws {
    try WorkOptions.chooseKernels(in: session)
    let interruption = try session.stopOnSignals()
    let file = try output.map { try ReportFile(path: $0) }
    let (report, runID) = try report(in: session, interruption)
    session.console.endBar()
    try StandardOutput.write(
      json ? Self.json(report, name, runID).pretty : report.markdown)
    try file?.write(report.markdown)
  }

  private func report(
    in session: Session, _ interruption: Interruption
  ) throws -> (Report, runID: Int64?) {
    guard name.needsLog else { return (name.report(), nil) }
    let job = try work.source.job(in: session)
    return try work.trials(
      name.rawValue, of: job, seed: seeds[0], connection.parameters, in: session, interruption
    ) { work in
      let book = TrialBook(
        store: work.store, clock: MonotonicClock.seconds,
        report: { event in
          try interruption.check()
          work.talk.hear(event)
        }, runner: work.runner)
      let report = try name.report(
        ExperimentSettings(
          seeds: seeds, factors: factors, isQuick: quick, training: job.training,
          published: paper.map { Published($0) } ?? work.data.published),
        book)
      return (report, work.runID)
    }
  }

  private static func json(_ report: Report, _ name: Experiment, _ runID: Int64?) -> JSON {
    let sections = report.sections.map { section -> JSON in
      [
        "heading": section.heading, "header": section.header, "rows": section.rows,
        "notes": section.notes,
      ]
    }
    return [
      "experiment": name.rawValue, "run_id": runID, "title": report.title,
      "circumstances": report.circumstances, "sections": sections,
    ]
  }

  private static func seeds(_ text: String) throws -> [UInt64] {
    let seeds = try WorkOptions.numbers(text, from: UInt64(0))
    guard Set(seeds).count == seeds.count else {
      throw ValidationError("Each seed must be given once: twice the same tells nothing more.")
    }
    return seeds
  }

  private static func factors(_ text: String) throws -> [Int] {
    let factors = try WorkOptions.numbers(text, from: 2)
    guard factors.allSatisfy({ $0.isMultiple(of: 2) && $0 <= 512 }) else {
      throw ValidationError(
        "Factors must be even and at most 512: embeddings are halves of a tower.")
    }
    return Array(Set(factors)).sorted()
  }

  private static func dataset(_ text: String) throws -> Published.Dataset {
    guard let dataset = Published.Dataset(rawValue: text) else {
      throw ValidationError("It must be ml-1m or pinterest.")
    }
    return dataset
  }
}
