import ArgumentParser
import Configuration
import Formatting
import Jobs
import Logging
import NCF
import Operations
import Recommenders
import RunSupport

/// The subcommand that searches for better settings.
struct TuneCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Search for the method and settings that rank best on the job's log, and write them.",
    discussion: """
      It looks at validation interactions only, by the job's split and over the whole catalogue. It \
      climbs the ladder of a night with model: auto, from the popular list to the network, and then \
      goes on with random settings of the network until the time is over. Finished trials are kept in \
      ncf.trials: a second call takes them over. It writes a job that names the best method and its \
      settings, for ncf-batch run.

      With --json it prints {"trials", "skipped", "method", "settings", "ndcg", "k", "users", \
      "output"}.

      \(Manual.examples([
        ("ncf-batch tune --budget 30min -d shop", "writes tuned.yaml"),
        ("ncf-batch tune --budget 8h --output shop-2.yaml -d shop", "a night's search"),
      ]))

      \(Manual.exitCodes("a job was written", [
        .data, .unavailable, .io, .temporary, .permission, .configuration,
      ]))
      """)

  @Option(help: "How long to search: 90s, 30min, 8h.", transform: Self.duration)
  var budget: Double

  @Option(help: "How many trials at most. (default: as many as the time allows)")
  var trials: Int?

  @Option(help: "Start of all random numbers. (default: train.seed)")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp("The file to write.", valueName: "file.yaml"),
    completion: .yaml)
  var output = "tuned.yaml"

  @Flag(help: "Print a JSON object instead of a summary.")
  var json = false

  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func validate() throws {
    if let trials, trials < 1 {
      throw ValidationError("--trials must be 1 or more, not \(trials).")
    }
  }

  func execute(in session: Session) throws {
    try WorkOptions.chooseKernels(in: session)
    let interruption = try session.stopOnSignals()
    let job = try work.source.job(in: session)
    let file = try ReportFile(path: output)
    let choice = try search(job, in: session, interruption)
    session.console.endBar()
    let path = work.source.path(in: session)
    let remark =
      "The best of \(choice.trials.count) trials of ncf-batch tune, validation NDCG@\(choice.k) "
      + "\(choice.ndcgText): \(choice.method.words)"
    let tuned = job.training(choice.method)
    try file.write(TunedFile(replacing: path, with: tuned, remark: remark).text)
    try StandardOutput.write(json ? self.json(choice).pretty : summary(choice))
  }

  private func search(
    _ job: Job, in session: Session, _ interruption: Interruption
  ) throws -> MethodChoice {
    let store = try work.experiment(
      "tune", of: job, seed: seed ?? job.training.seed, connection.parameters, in: session,
      interruption)
    let talk = TrialTalk(console: session.console, log: session.log)
    let began = MonotonicClock.seconds()
    var number = 1
    do {
      let choice = try store.search(MethodSearch.Limits(seconds: budget, trials: trials)) {
        [budget] event in
        try interruption.check()
        let gone = MonotonicClock.seconds() - began
        talk.hear(event, number: number, share: gone / budget, left: budget - gone)
        if case .ended = event { number += 1 }
      }
      try store.finish()
      return choice
    } catch {
      throw store.failed(error)
    }
  }

  private func summary(_ choice: MethodChoice) -> String {
    var text = "\(choice.trials.count) trials, \(choice.skipped.count) left out\n"
    if let popular = choice.trials.first {
      text +=
        "\(popular.settings): validation NDCG@\(choice.k) "
        + "\(Figures.fixed(popular.ndcgOfOthers, 4))\n"
    }
    text += "the best, \(choice.method.words): validation NDCG@\(choice.k) \(choice.ndcgText)\n"
    return text + "written to \(output)\n"
  }

  private func json(_ choice: MethodChoice) -> JSON {
    [
      "trials": choice.trials.count, "skipped": choice.skipped.count,
      "method": choice.method.label, "settings": choice.method.words, "ndcg": choice.ndcg,
      "k": choice.k, "users": choice.validatedUsers, "output": output,
    ]
  }

  private static func duration(_ text: String) throws -> Double {
    let units: [(String, Double)] = [("min", 60), ("s", 1), ("h", 3_600), ("d", 86_400)]
    for (unit, seconds) in units where text.hasSuffix(unit) {
      if let count = Int(text.dropLast(unit.count)), (1...1_000_000).contains(count) {
        return Double(count) * seconds
      }
    }
    throw ValidationError("It must be a time such as 90s, 30min or 8h.")
  }
}
