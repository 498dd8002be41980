import FoundationEssentials
import Postgres

extension Job.Source.Relation: Codable {
  private enum CodingKeys: CodingKey {
    case query, table, columns
  }

  /// Writes `query`, or `table` and `columns`, as `nightly.yaml` has them.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .query(let text):
      try container.encode(text, forKey: .query)
    case .table(let name, let columns):
      try container.encode(name, forKey: .table)
      try container.encode(columns, forKey: .columns)
    }
  }

  /// Reads what `encode(to:)` writes.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let text = try container.decodeIfPresent(String.self, forKey: .query) {
      self = .query(text)
    } else {
      self = .table(
        try container.decode(String.self, forKey: .table),
        columns: try container.decode(Job.Source.Columns.self, forKey: .columns))
    }
  }
}

/// What `ncf.runs.config` holds: the job with every default, and what was asked of this run.
struct RunConfiguration: Encodable {
  /// What the request changes about the job.
  struct Request: Encodable {
    var since: String?
    var until: String?
    var mode: RunRequest.Mode
    var slot: String
    var publish: Bool
    var force: Bool
    var threads: Int
  }

  /// The job, without the passwords that its queries may give to other servers.
  let job: Job
  /// The request.
  let request: Request
  /// Name of the experiment, where it is one.
  let experiment: String?

  /// A job and what was asked of it.
  init(job: Job, request: RunRequest, experiment: String? = nil) {
    self.job = job.withoutPasswords
    self.experiment = experiment
    self.request = Request(
      since: request.since?.description, until: request.until?.description,
      mode: request.mode ?? job.nightly.mode, slot: request.slot, publish: request.publish,
      force: request.force,
      threads: request.threads)
  }

  /// As JSON; the same values give the same text.
  ///
  /// - Throws: `EncodingError` for a number that JSON has no form for.
  func json() throws -> String { try JSONText.encode(self) }
}

extension Job {
  /// The job with `***` for passwords in its queries, as `dblink` takes them.
  var withoutPasswords: Job {
    func hidden(_ text: String?) -> String? { text.map(ConnectionParameters.hidingPasswords) }
    var job = self
    if case .query(let text) = source.relation {
      job.source.relation = .query(ConnectionParameters.hidingPasswords(in: text))
    }
    job.users.query = hidden(users.query)
    job.users.features = hidden(users.features)
    job.items.eligible = hidden(items.eligible)
    job.items.group = hidden(items.group)
    job.items.features = hidden(items.features)
    return job
  }
}

/// Values as JSON text, keys sorted and in snake case.
enum JSONText {
  /// Encodes a value.
  ///
  /// - Throws: `EncodingError` for a number that JSON has no form for.
  static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Decodes a value from what `encode` wrote.
  ///
  /// - Throws: `DecodingError`.
  static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(text.utf8))
  }
}
