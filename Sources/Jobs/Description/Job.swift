import Baselines
package import NCF

/// Everything that `nightly.yaml` says about a job, as checked values.
///
/// One job names a tenant: its own source, output schema, lock, live pointer and history. Defaults are
/// those of the properties; `validate()` refuses values that can't work together.
package struct Job: Sendable, Equatable, Codable {
  /// The job's name, 1 to 63 bytes; key of `ncf.live` and of the lock.
  package var name = "default"
  /// Where interactions are read from.
  package var source: Source
  /// Who gets a list.
  package var users = Users()
  /// What may be in a list.
  package var items = Items()
  /// What is left out of a user's list.
  package var exclude = Exclusion()
  /// What makes an item popular.
  package var popular = Popular()
  /// What is known of how lists were served.
  package var served = Served()
  /// What is trained and published.
  package var method: Method = .auto
  /// How the method is chosen, when it is `auto`.
  package var auto = Auto()
  /// The network, when the method is `ncf`.
  package var model = ModelSpec(gmfWidth: 8, tower: [64, 32, 16, 8], activation: .relu)
  /// The baselines' settings, when the method is one of them.
  package var baselines = BaselineSettings()
  /// How it is trained; `training.seed` is the job's seed, which a request may override.
  package var training: TrainingOptions = Job.defaultTraining
  /// What the GMF part starts from when `training.pretrain` is `factors`.
  package var initial = Factorization()
  /// How one night goes on from another.
  package var nightly = Nightly()
  /// How it is judged.
  package var evaluation = Evaluation()
  /// When a trained model is refused.
  package var gate = GateLimits()
  /// Where lists go, and for how long they stay.
  package var output = Output()

  /// The paper's schedule: Adam for GMF and MLP, fused half and half, then plain SGD.
  ///
  /// Where the paper draws 4 negatives, 8 were better on validation.
  package static let defaultTraining = TrainingOptions(
    pretrain: .parts, alpha: nil, negatives: 8, batch: 256,
    pretraining: PhaseOptions(optimizer: .adam, learningRate: 0.001, epochs: 15, patience: 3),
    joint: PhaseOptions(optimizer: .sgd, learningRate: 0.02, epochs: 10, patience: 3), seed: 1)
}

extension Job {
  /// A job on a source, with all other values as they are by default.
  package init(source: Source) { self.source = source }
}

extension Job.Source {
  /// A source with all other values as they are by default.
  package init(relation: Relation) { self.relation = relation }
}

extension Job {
  /// Where interactions come from, and which of them count.
  package struct Source: Sendable, Equatable, Codable {
    /// A query, or a table with a column map.
    package enum Relation: Sendable, Equatable {
      /// Any SELECT that yields `user_id`, `item_id`, `occurred_at` and, if there, `event_type` and
      /// `value`, found by name. Relations in it are schema-qualified: the search path is empty.
      case query(String)
      /// A schema-qualified table or view, as one would type it in SQL, and its columns.
      case table(String, columns: Columns)
    }

    /// Names of a table's columns; the optional ones are used only when given.
    package struct Columns: Sendable, Equatable, Codable {
      /// Column of the user's id; default `user_id`.
      package var user: String
      /// Column of the item's id; default `item_id`.
      package var item: String
      /// Column of the event's time; default `occurred_at`.
      package var time: String
      /// Column of the event's type; nil means the table has none.
      package var event: String?
      /// Column of the event's value, a rating for example; nil means the table has none.
      package var value: String?

      /// A column map with the names that `load` gives.
      package init(
        user: String = "user_id", item: String = "item_id", time: String = "occurred_at",
        event: String? = nil, value: String? = nil
      ) {
        (self.user, self.item, self.time) = (user, item, time)
        (self.event, self.value) = (event, value)
      }
    }

    /// Query or table.
    package var relation: Relation
    /// How far back from the server's now rows are read; nil (default) reads everything.
    package var window: Age?
    /// How late a row may arrive and still be learnt by the next night's fine-tune; default 2 days.
    package var lookback = Age(2, .day)
    /// Users with fewer distinct items than this are left out altogether; default 1.
    package var minInteractions = 1
    /// Weights of event types, by name: above 0 the type counts, below 0 it speaks against the item,
    /// at 0 or not named it does not count; nil (default) counts every row alike.
    ///
    /// Weights of one user's events with one item add up. A sum above 0 weighs that positive's loss
    /// in training; another makes the item a known negative. Needs `event_type`.
    package var events: [String: Double]?
    /// Rows whose `value` is missing or lower are left out; default nil, needs `value`.
    package var minValue: Double?
    /// In how long an event's weight halves, counted back from the newest event; default nil.
    package var halfLife: Age?
    /// The most events of a user that count, the latest ones; default nil.
    package var maxPerUser: Int?
    /// Connections that read the table side by side, in one snapshot; default 1.
    package var connections = 1
  }

  /// How the model is judged on the held-out interactions.
  package struct Evaluation: Sendable, Equatable, Codable {
    /// What is held out.
    package enum Split: String, Sendable, Codable, CaseIterable {
      /// Each user's latest interaction for the test, the one before it for validation.
      case latest
      /// Everything from a moment on.
      case clock
    }

    /// What is held out; default `latest`.
    package var split = Split.latest
    /// How long before the newest event a test begins.
    package enum Horizon: Sendable, Equatable, Codable {
      /// The shortest of 1, 7, 28 and 90 days with enough users to test.
      case auto
      /// A length of time.
      case age(Age)

      /// The length in seconds, where it is named.
      package var seconds: UInt32? {
        if case .age(let age) = self { UInt32(clamping: Int64(age.seconds)) } else { nil }
      }
    }

    /// How long before the newest event the test begins, when the split is `clock`; default `auto`.
    package var horizon = Horizon.auto
    /// Whether a model that was trained in full is compared with simple methods; default true.
    package var rivals = true
    /// Metrics are computed at 1...k, early stopping and the gate use k; 1...100, default 10.
    package var k = 10
    /// Negatives drawn per test user for the sampled protocol; default 99.
    package var sampled = 99
    /// A file of candidates for the test items instead of drawn ones; default nil.
    ///
    /// Per line a user and then items, separated by tabs, ids in text form; gzip is recognised.
    package var candidates: String?
    /// Settles the order of a user's events of one second; 0 or more, default 1.
    ///
    /// It is not the seed of training. Another value is another split, so the night trains in full.
    package var seed = 1
  }

  /// When a trained model is refused.
  package struct GateLimits: Sendable, Equatable, Codable {
    /// Relative loss against the live model that is let pass; default 0.02.
    package var tolerance = 0.02
    /// Share by which users or published rows may shrink against the live run; default 0.2.
    package var maxShrink = 0.2
  }

  /// Where the lists are published.
  package struct Output: Sendable, Equatable, Codable {
    /// The output schema of a job that names none.
    package static let usualSchema = "ncf"

    /// Schema of `recommendations`, `similar_items`, `popular_items` and what is behind them; default
    /// `ncf`.
    package var schema = Output.usualSchema
    /// Length of a list, 1...1000, default 10; fewer rows when items run out, never filler.
    package var k = 10
    /// Length of an item's list of similar items, 0...1000, default 10; 0 finds none.
    package var similar = 10
    /// Whether `user_vectors` and `item_vectors` are filled; default false.
    package var vectors = false
    /// Published runs whose lists are kept whatever their age, the live one included; default 7.
    package var keepRuns = 7
    /// Days for which the lists of a published run are kept whatever their number; default 30.
    package var keepDays = 30
  }
}
