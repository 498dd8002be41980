import ArgumentParser
import Interactions
import NCF
import Parallelism
import Ranking

/// Times scoring of all users against all items, with top-K and history.
struct ScoreBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Times scoring every user against every item.")

  @Argument(help: "A log: lines of user, item, seconds, tab-separated, ids from 0.")
  var log: String
  @Option(help: "Predictive factors; the tower is [8f, 4f, 2f, f].") var factors = 8
  @Option(help: "Threads.") var threads = 2
  @Option(help: "Times over.") var repeats = 3

  func run() throws {
    let table = try LogFile.table(log)
    let pool = WorkerPool(threads: threads)
    let spec = ModelSpec(
      gmfWidth: factors, tower: [8 * factors, 4 * factors, 2 * factors, factors])
    let model = Model(
      spec: spec, userCount: table.userCount, itemCount: table.itemCount, seed: 1)
    let clock = ContinuousClock()
    for _ in 0..<repeats {
      var rows = 0
      let elapsed = clock.measure {
        let scorer = NeuralScorer(model, pool: pool)
        let lists = topK(
          scorer, users: Array(0..<UInt32(table.userCount)), k: 10, history: table.history,
          pool: pool)
        rows = lists.items.count
      }
      let pairs = Double(table.userCount) * Double(table.itemCount)
      print("rows \(rows) pairs_per_second \(Int(pairs / (elapsed / .seconds(1))))")
    }
  }
}
