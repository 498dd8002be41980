import Interactions
import NCF
import Postgres
import Recommenders
import RunSupport
import Source

/// Writes the vectors of users and items whose product is a part of the model's score.
struct VectorWriter {
  /// The run.
  let context: RunContext
  /// Its number.
  let runID: Int64
  /// What was pulled: the ids, who is scored, and what may be listed.
  let pulled: Pulled
  /// The model that lists are made with; nil when it has no vectors.
  private let model: Model?

  /// A writer for the model that lists are made with.
  init(_ model: PublishedModel, context: RunContext, runID: Int64, pulled: Pulled) {
    self.context = context
    self.runID = runID
    self.pulled = pulled
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
  /// - Returns: rows sent, twice, and bytes of their fields.
  /// - Throws: `BatchError` when interrupted; `PostgresError`.
  func copyUsers(
    into statement: String, on connection: Connection
  ) throws -> (rows: Int, lists: Int, bytes: Int) {
    try copy(pulled.audience.scored.map { Int($0) }, into: statement, on: connection) {
      model, user, writer in
      try writer.beginRow(columns: 3)
      try writer.write(runID)
      let bytes = try writer.write(pulled.users, at: user)
      try writer.writeFloats(model.vector(ofUser: user))
      return bytes
    }
  }

  /// Writes a vector for each item.
  ///
  /// - Returns: rows sent, twice, and bytes of their fields.
  /// - Throws: `BatchError` when interrupted; `PostgresError`.
  func copyItems(
    into statement: String, on connection: Connection
  ) throws -> (rows: Int, lists: Int, bytes: Int) {
    let eligible = pulled.catalogue.eligible
    return try copy(Array(0..<pulled.items.count), into: statement, on: connection) {
      model, item, writer in
      try writer.beginRow(columns: 4)
      try writer.write(runID)
      let bytes = try writer.write(pulled.items, at: item)
      try writer.writeFloats(model.vector(ofItem: item))
      try writer.writeBool(eligible?[item] ?? true)
      return bytes + 1
    }
  }

  private func copy(
    _ places: [Int], into statement: String, on connection: Connection,
    row: (Model, Int, inout CopyWriter) throws -> Int
  ) throws -> (rows: Int, lists: Int, bytes: Int) {
    guard let model, !places.isEmpty else { return (0, 0, 0) }
    var bytes = 0
    let rows = try connection.copyIn(statement) { writer in
      for (count, place) in places.enumerated() {
        if count & 0x3FF == 0 { try context.interruption.check() }
        bytes += try row(model, place, &writer)
      }
    }
    return (rows, rows, bytes + rows * (8 + 20 + 8 * width))
  }
}
