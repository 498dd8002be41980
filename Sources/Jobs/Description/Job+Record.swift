import Formatting
import FoundationEssentials

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

extension Job {
  /// The job with `***` for passwords in its queries, as `dblink` takes them.
  package var withoutPasswords: Job {
    func hidden(_ text: String?) -> String? { text.map(Redaction.hidingPasswords) }
    var job = self
    if case .query(let text) = source.relation {
      job.source.relation = .query(Redaction.hidingPasswords(in: text))
    }
    job.users.query = hidden(users.query)
    job.users.features = hidden(users.features)
    job.items.eligible = hidden(items.eligible)
    job.items.group = hidden(items.group)
    job.items.features = hidden(items.features)
    job.served.impressions = hidden(served.impressions)
    return job
  }
}
