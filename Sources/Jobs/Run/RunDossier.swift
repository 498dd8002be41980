/// Everything that is on record about one run, and what its lists and the log show: what a report is
/// made from.
package struct RunDossier: Sendable {
  /// The run.
  package var run: Facts
  /// Rows that were left out, by reason.
  package var rejected: [PullCounts.Rejection] = []
  /// All its metrics, as in `ncf.metrics`.
  package var metrics: [MetricRow] = []
  /// Simple methods beside the model, the best first, as in `ncf.rivals`.
  package var rivals: [RivalRow] = []
  /// The method that a search chose; nil where the job names its method.
  package var choice: ChosenMethod?
  /// Epochs that were validated, in order; without those of a second training.
  package var epochs: [Epoch] = []
  /// Time and memory of each stage, in order.
  package var stages: [StageRecord] = []
  /// The job's runs up to this one, oldest first.
  package var history: [Night] = []
  /// What became of the lists of the run's job and slot in the latest days.
  package var served = ServedFigures()
  /// What its lists hold as a whole; nil when they are not kept.
  package var lists: Lists?
  /// The catalogue in tenths, the most popular items first; empty when the log could not be read.
  package var tenths: [Tenth] = []
  /// A few users with their lists and histories.
  package var readers: [Reader] = []
  /// Why something is missing, in sentences.
  package var notes: [String] = []
}

extension RunDossier {
  /// A dossier with nothing but the run's own row.
  package init(run: Facts) { self.run = run }
}

extension RunDossier.Reader {
  /// A user of whom nothing is known yet.
  package init(user: String) { self.user = user }
}

extension RunDossier {
  /// The run's own row.
  package struct Facts: Sendable, Decodable {
    /// Its number.
    package var runID: Int64
    /// Name of the job.
    package var job: String
    /// What it was for.
    package var kind: RunKind
    /// How it ended, or `running`.
    package var status: RunStatus
    /// How it trained; nil when it did not.
    package var mode: TrainingMode?
    /// Why it trained so.
    package var modeReason: String?
    /// The run whose model it went on from.
    package var parentRunID: Int64?
    /// When it began, UTC, to the minute.
    package var startedAt: String
    /// Seconds it took, or has taken so far.
    package var seconds: Double
    /// Machine that ran it.
    package var host: String
    /// This program's version then.
    package var version: String
    /// The server's version then.
    package var serverVersion: String
    /// Seed of everything drawn at random.
    package var seed: String
    /// SHA-256 of the configuration, hexadecimal.
    package var configSHA256: String
    /// SHA-256 of the stored model, hexadecimal.
    package var modelSHA256: String?
    /// What it knows was committed by then, UTC, to the minute.
    package var watermark: String?
    /// Rows that the source gave.
    package var rowsRead: Int?
    /// Interactions used.
    package var rowsUsed: Int?
    /// Users with an interaction.
    package var users: Int?
    /// Items with an interaction.
    package var items: Int?
    /// Users who get the popular list.
    package var coldUsers: Int?
    /// Why it was refused, forced, failed or stopped.
    package var reason: String?
    /// The slots whose readers see its lists, with spaces between.
    package var live: String
    /// Length of the list that metrics are computed on.
    package var k: Int
    /// Where its lists are.
    package var schema: String

    /// The slots whose readers see its lists.
    package var liveIn: [String] { live.split(separator: " ").map(String.init) }
  }

  /// An epoch as it was validated.
  package struct Epoch: Sendable, Equatable, Decodable {
    /// Phase of training.
    package var phase: String
    /// Counted from 1; 0 is the state before any step.
    package var epoch: Int
    /// Mean loss of a sample.
    package var loss: Double?
    /// Hit ratio on validation.
    package var hr: Double?
    /// NDCG on validation.
    package var ndcg: Double?
  }

  /// A run of the job's history.
  package struct Night: Sendable, Equatable, Decodable {
    /// Its number.
    package var runID: Int64
    /// How it ended.
    package var status: RunStatus
    /// When it began, UTC, to the minute.
    package var startedAt: String
    /// Why it was refused, forced, failed or stopped.
    package var reason: String?
    /// Whole-catalogue HR on test, by model: this run's, `itempop`, `live`.
    package var hr: Standing
    /// The same of NDCG.
    package var ndcg: Standing
  }

  /// One figure of the run's model and of what it is held against.
  package struct Standing: Sendable, Equatable, Decodable {
    /// The run's own model.
    package var model: Double?
    /// Popularity.
    package var itemPop: Double?
    /// The model that was live when the run began.
    package var live: Double?
  }

  /// What the published lists hold as a whole.
  package struct Lists: Sendable, Equatable, Decodable {
    /// Rows.
    package var rows: Int
    /// Users with a list.
    package var users: Int
    /// Different items in them.
    package var items: Int
  }

  /// A tenth of the catalogue by popularity.
  package struct Tenth: Sendable, Equatable, Decodable {
    /// 1 for the most popular items, 10 for the least.
    package var number: Int
    /// How many items it has.
    package var items: Int
    /// Its share of all interactions of users with items.
    package var taken: Double
    /// Its share of all places of all lists.
    package var listed: Double
    /// How many of its items are in any list.
    package var listedItems: Int
  }

  /// A user's history and list.
  package struct Reader: Sendable, Equatable {
    /// The user's id as text.
    package var user: String
    /// What the user took last, the latest first; nil when the log could not be read.
    package var history: [Taken]?
    /// How many items the user took in all.
    package var taken = 0
    /// The list, best first.
    package var list: [Place] = []
  }

  /// An item that a user took.
  package struct Taken: Sendable, Equatable, Decodable {
    /// The item's id as text.
    package var item: String
    /// Its title, where one was found.
    package var title: String?
    /// When, UTC, the day.
    package var day: String
  }

  /// A place of a list.
  package struct Place: Sendable, Equatable, Decodable {
    /// From 1.
    package var rank: Int
    /// The item's id as text.
    package var item: String
    /// Its title, where one was found.
    package var title: String?
    /// The list's score.
    package var score: Double
    /// `model` or `popular`.
    package var source: String
  }
}
