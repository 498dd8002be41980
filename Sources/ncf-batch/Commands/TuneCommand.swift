import ArgumentParser
import Configuration
import Experiments
import Formatting
import Jobs
import Logging
import NCF
import Operations
import Parallelism
import Recommenders
import RunSupport

/// The subcommand that searches for better settings.
struct TuneCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Search at random for better settings of the job's network, within a time.",
    discussion: """
      It looks at validation items only, starts with the job's own settings, and abandons trials \
      whose network, once its parts are joined, is worse than half of the others at the same epoch. \
      Widths, rates, negatives, L2, dropout, pre-training and the factorisation to start from are \
      drawn; everything else stays as the job has it, and no part is added to its network. Finished \
      trials are kept in ncf.trials: a second call goes on where the first one stopped. It writes a \
      job with the best settings, for ncf-batch run.

      With --json it prints {"finished", "abandoned", "base_ndcg", "ndcg", "method", "output"}.

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
    let began = MonotonicClock.seconds()
    try WorkOptions.checkProcessor()
    let interruption = try session.stopOnSignals()
    var job = try work.source.job(in: session)
    guard job.method == .ncf || job.method == .auto else {
      throw BatchError(
        .configuration,
        "model.method: a search is of a network, and this job's model is \(job.method.rawValue)",
        advice: "set model.method to ncf or auto, or leave it out")
    }
    let file = try ReportFile(path: output)
    let found = try search(job, from: began, in: session, interruption)
    session.console.endBar()
    job.take(found.best)
    let path = work.source.path(in: session)
    let remark =
      "The best of \(found.finished + found.abandoned) settings tried by ncf-batch tune: "
      + "validation NDCG \(Figures.fixed(found.ndcg, 4))"
    try file.write(TunedFile(replacing: path, with: job, remark: remark).text)
    try StandardOutput.write(json ? self.json(found).pretty : summary(found))
  }

  private func search(
    _ job: Job, from began: Double, in session: Session, _ interruption: Interruption
  ) throws -> Finding {
    let seed = seed ?? job.training.seed
    return try work.trials(
      "tune", of: job, seed: seed, connection.parameters, in: session, interruption
    ) { work in
      let tuner = Tuner(
        SearchSpace(base: Method.Network(job).withoutRefit, seed: seed), store: work.store,
        clock: MonotonicClock.seconds, deadline: began + budget,
        report: { [budget] event in
          try interruption.check()
          let gone = MonotonicClock.seconds() - began
          work.talk.hear(event, share: gone / budget, left: budget - gone)
        }, runner: work.runner)
      guard let found = try tuner.search(trials: trials) else {
        throw BatchError(
          .configuration, "no trial came to its end within --budget",
          advice: "give more time, or make train.epochs or train.learning_rate smaller")
      }
      return found
    }
  }

  private func summary(_ found: Finding) -> String {
    var text = "\(found.finished) trials finished, \(found.abandoned) abandoned\n"
    if let base = found.baseNDCG {
      text += "the job's own settings: validation NDCG \(Figures.fixed(base, 4))\n"
    }
    text += "the best, \(found.best.label): validation NDCG \(Figures.fixed(found.ndcg, 4))\n"
    return text + "written to \(output)\n"
  }

  private func json(_ found: Finding) -> JSON {
    [
      "finished": found.finished, "abandoned": found.abandoned, "base_ndcg": found.baseNDCG,
      "ndcg": found.ndcg, "method": found.best.label, "output": output,
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

extension Method.Network {
  /// The same without a refit: a search looks at validation alone.
  fileprivate var withoutRefit: Method.Network {
    var network = self
    network.options.refit = false
    return network
  }
}
