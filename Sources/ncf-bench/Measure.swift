import ArgumentParser
import Foundation
import Interactions
import Kernels
import NCF
import Parallelism
import SyntheticData

/// Runs the benchmarks, prints a table and writes JSON.
struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Runs the benchmarks; quote medians, and ratios of one sitting.",
    discussion: """
      Without --log the data is planted, by default at the size of MovieLens-1M: 6,040 users, \
      3,706 items, about a million events. NCF_VECTORS (128, 256, 512) chooses kernels of narrower \
      registers, and --peers then tells PyTorch and NumPy to do the same. Sections: kernels, training, scoring, baselines, copy, \
      night, scaling, lineage (a month of nights fine-tuned, and in full), newcomers (users and \
      items ranked by their features alone), scores (expected and actual hits by tenths of the score). copy, night, scaling and lineage need a server that \
      may be written to (scripts/with-postgres lends one); the last three run the ncf-batch that lies beside this \
      program.
      """)

  enum Section: String, CaseIterable, ExpressibleByArgument {
    case kernels, training, scoring, baselines, copy, night, scaling, lineage, newcomers, scores
  }

  @Option(
    help:
      "Which sections, each with its own --only; all but scaling, lineage, newcomers and scores when none."
  )
  var only: [Section] = []
  @Option(help: "A log: lines of user, item, seconds, tab-separated, ids from 0.") var log: String?
  @Option(help: "Without --log: how many times as large the planted log is.") var size = 1
  @Option(help: "Repetitions of each measurement.") var repeats = 5
  @Option(help: "Threads; several are compared in training, scoring and scaling.")
  var threads: [Int] = [1, 2]
  @Option(help: "Predictive factors to measure.") var factors: [Int] = [8, 16, 32, 64]
  @Option(help: "Batch sizes to train with, in samples.") var batches = [256, 1_024, 4_096, 16_384]
  @Option(help: "Sizes of the scaling section, in multiples of the planted data.")
  var scales = [1, 10]
  @Option(help: "Items in the scaling section, instead of growing with the events.")
  var items: Int?
  @Option(help: "Folder with the peers' scripts; they are run in the same sitting.")
  var peers: String?
  @Option(help: "The Python that has the peers.") var python = "python3"
  @Option(help: "File for all figures, as JSON.") var json: String?

  func validate() throws {
    guard repeats >= 1, !threads.contains(where: { $0 < 1 }), size >= 1,
      !factors.contains(where: { $0 < 1 }),
      !batches.contains(where: { $0 < 5 }), !scales.contains(where: { $0 < 1 })
    else { throw ValidationError("Repeats, threads, factors, batches and scales are above 0.") }
  }

  func run() throws {
    let figures = Figures()
    let sections =
      only.isEmpty
      ? Section.allCases.filter { ![.scaling, .lineage, .newcomers, .scores].contains($0) } : only
    let most = threads.max() ?? 1
    try chooseKernels()
    if sections.contains(.kernels) { kernels(figures) }
    if !Set(sections).isDisjoint(with: [.training, .scoring, .baselines, .scores]) {
      try models(sections, figures)
    }
    if sections.contains(.copy) { try CopyBench(figures: figures, repeats: repeats).run() }
    if sections.contains(.night) {
      try NightBench(figures: figures, threads: most).run(log: log, repeats: min(repeats, 3))
    }
    if sections.contains(.scaling) {
      for scale in scales {
        for threads in threads {
          try NightBench(figures: figures, threads: threads).run(scale: scale, items: items)
        }
      }
    }
    if sections.contains(.lineage) {
      try LineageBench(nights: NightBench(figures: figures, threads: most)).run()
    }
    if sections.contains(.newcomers) {
      try NewcomerBench(figures: figures, pool: WorkerPool(threads: most)).run()
    }
    if let json { try figures.write(to: json) }
  }

  /// Chooses kernels by NCF_VECTORS, and says which.
  private func chooseKernels() throws {
    let variable = ProcessInfo.processInfo.environment["NCF_VECTORS"]
    do throws(KernelsError) {
      try Kernels.use(bits: variable.map { Int($0) ?? 0 })
    } catch {
      throw ValidationError("\(error.description); \(error.advice)")
    }
    let widths = Kernels.supported.map(String.init).joined(separator: ", ")
    print("\(Kernels.processor): kernels for \(Kernels.bits) bits, of \(widths)")
  }

  /// The kernels on one thread, each checked against its plain twin first, beside what the core can do.
  private func kernels(_ figures: Figures) {
    let machine = MachineBench(figures: figures, repeats: repeats)
    machine.run()
    let probes = KernelProbe.all
    for probe in probes {
      let deviation = probe.deviation()
      precondition(deviation < 1e-5, "\(probe.name) is \(deviation) off its plain twin")
      figures.rate("kernels", probe.name, unit: probe.unit, repeats: repeats) { probe.work() }
    }
    for probe in probes { machine.share(of: probe.name) }
  }

  /// The sections that train and score models on one log.
  private func models(_ sections: [Section], _ figures: Figures) throws {
    let table = try log.map { try LogFile.table($0) } ?? Self.plantedTable(scale: size)
    print("\(table.count) interactions, \(table.userCount) users, \(table.itemCount) items")
    let pools = Set(threads).sorted().map { WorkerPool(threads: $0) }
    let engine = EngineBench(figures, table: table, repeats: repeats)
    for factors in factors {
      if sections.contains(.training) {
        for batch in batches {
          try figures.scaling(over: pools) {
            try engine.training(factors: factors, batch: batch, pool: $0)
          }
        }
      }
      if sections.contains(.scoring) {
        figures.scaling(over: pools) { engine.scoring(factors: factors, pool: $0) }
        if let pool = pools.first { engine.logSums(factors: factors, pool: pool) }
      }
    }
    if sections.contains(.baselines), let pool = pools.last {
      try BaselineBench(figures, table: table, repeats: repeats, pool: pool).run()
    }
    if sections.contains(.scores), let pool = pools.last {
      try ScoreBench(figures, table: table, pool: pool).run()
    }
    if let peers {
      let bench = PeerBench(figures: figures, folder: peers, python: python)
      if sections.contains(.training) { try bench.training(factors: factors, batches: batches) }
      if sections.contains(.scoring) { try bench.scoring(factors: factors) }
      if sections.contains(.baselines) {
        try bench.baselines(repeats: repeats, order: table.itemCount)
      }
    }
  }

  /// A world of about as many events as MovieLens-1M has, or some times as many.
  ///
  /// Users grow with the events, items with their power of 2/3: 20 times is 121,000 users, 27,000
  /// items and 20 million events.
  static func plantedWorld(scale: Int, items: Int? = nil) -> PlantedWorld {
    PlantedWorld(
      users: 6_040 * scale, items: items ?? Int(3_706 * pow(Double(scale), 2.0 / 3)),
      eventsPerUser: 165,
      days: 1_000, endingAt: 1_767_225_600, seed: 1)
  }

  /// A planted log as a table, its ids dense already.
  static func plantedTable(scale: Int) -> InteractionTable {
    let world = plantedWorld(scale: scale)
    var columns = InteractionColumns()
    world.events(days: 0..<world.days) { user, item, second in
      columns.append(user: UInt32(user), item: UInt32(item), second: UInt32(second))
    }
    return InteractionTable(
      columns: columns, users: .identity(world.userCount), items: .identity(world.itemCount),
      userCount: world.userCount, itemCount: world.itemCount)
  }
}
