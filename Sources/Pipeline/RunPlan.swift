import Interactions
import NCF

/// What a run would do, for `--dry-run`.
struct RunPlan {
  private let job: Job
  private let pulled: Pulled
  private let divided: Divided

  /// A plan from what was pulled.
  init(job: Job, pulled: Pulled, divided: Divided) {
    self.job = job
    self.pulled = pulled
    self.divided = divided
  }

  /// Numbers that a model of the job's shape would have.
  var parameterCount: Int {
    let spec = job.model
    let row = spec.gmfWidth + spec.mlpWidth
    var count = (pulled.table.userCount + pulled.table.itemCount) * row + 1
    for (input, output) in zip(spec.tower, spec.tower.dropFirst()) { count += (input + 1) * output }
    return count + spec.gmfWidth + (spec.tower.last ?? 0)
  }

  /// The plan in words.
  var lines: [String] {
    let counts = pulled.counts
    let positives = divided.split.training.count
    let samples = positives * (job.training.negatives + 1)
    let table = pulled.table
    let pairs = table.userCount * table.itemCount - table.count
    return [
      "\(counts.rowsRead) rows read: \(counts.rowsUsed) used, \(counts.rowsMerged) merged, "
        + "left out: \(counts.rejectedText)",
      "\(counts.users) users, \(counts.items) items; \(divided.split.testUsers.count) users would be "
        + "tested, \(counts.coldUsers) have too few interactions",
      "\(positives) training positives, \(samples) samples an epoch, \(parameterCount) parameters "
        + "(\(parameterCount * 12 / 1_048_576) MiB with an optimiser's two moments)",
      "\(pairs) pairs would be scored, at most \(table.userCount * job.output.k) rows published to "
        + "\(job.output.schema).recommendations",
    ]
  }
}
