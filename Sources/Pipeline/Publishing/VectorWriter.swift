import Interactions
import NCF
import Postgres
import Recommenders
import RunSupport
import Source
import Store

/// Writes the vectors of users and items whose product is a part of the model's score.
struct VectorWriter {
  /// The run.
  let context: RunContext
  /// Its number.
  let runID: Int64
  /// The ids, who is scored, and what may be listed.
  let serving: ServingView
  /// The model that lists are made with; nil when it has no vectors.
  private let model: Model?

  /// A writer for the model that lists are made with.
  init(_ model: PublishedModel, context: RunContext, runID: Int64, serving: ServingView) {
    (self.context, self.runID, self.serving) = (context, runID, serving)
    if case .network(let network) = model, network.vectorWidth > 0 {
      self.model = network
    } else {
      self.model = nil
    }
  }

  /// How many numbers a vector has; 0 when the model has none.
  var width: Int { model?.vectorWidth ?? 0 }

  /// Writes a vector for each user that is scored.
  ///
  /// - Throws: `BatchError` when interrupted; `PostgresError`.
  func copyUsers(into statement: String, on connection: Connection) throws -> RunTables.Sent {
    try copy(
      serving.audience.scored.map { Int($0) }, columns: 3, into: statement, on: connection,
      id: { serving.users.id(of: $0) }
    ) { model, user, writer in try writer.writeFloats(model.vector(ofUser: user)) }
  }

  /// Writes a vector for each item.
  ///
  /// - Throws: `BatchError` when interrupted; `PostgresError`.
  func copyItems(into statement: String, on connection: Connection) throws -> RunTables.Sent {
    try copy(
      Array(0..<serving.items.count), columns: 4, into: statement, on: connection,
      id: { (serving.items, $0) }
    ) { model, item, writer in
      try writer.writeFloats(model.vector(ofItem: item))
      try writer.writeBool(serving.catalogue.isEligible(item))
    }
  }

  /// Writes the run, an id and what `rest` writes: a vector, and a byte for each column after it.
  private func copy(
    _ indices: [Int], columns: Int, into statement: String, on connection: Connection,
    id: (Int) -> (ids: Vocabulary, index: Int), rest: (Model, Int, inout CopyWriter) throws -> Void
  ) throws -> RunTables.Sent {
    var sent = RunTables.Sent()
    guard let model, !indices.isEmpty else { return sent }
    sent.rows = try connection.copyIn(statement) { writer in
      for (count, index) in indices.enumerated() {
        if count & 0x3FF == 0 { try context.interruption.check() }
        try writer.beginRow(columns: columns)
        try writer.write(runID)
        sent.bytes += try writer.write(id(index))
        try rest(model, index, &writer)
      }
    }
    sent.lists = sent.rows
    sent.bytes += sent.rows * (8 + 20 + 8 * width + columns - 3)
    return sent
  }
}
