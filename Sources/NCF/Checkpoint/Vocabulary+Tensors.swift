package import Interactions

/// Identifiers as tensors beside the model whose rows they name.
///
/// `NAME` is `users`, `items`, `user_features` or `item_features`. Numbers are one tensor `NAME.ids`
/// of I64. A uuid is a row of 16 bytes in `NAME.ids` of U8, most significant first. Texts are their
/// UTF-8 bytes end to end in `NAME.ids` and where each begins, and the last ends, in `NAME.offsets`.
extension Vocabulary {
  /// The tensors.
  ///
  /// - Parameter entity: what the identifiers name.
  /// - Returns: one tensor, or two for texts.
  package func tensors(of entity: TensorAxis.Entity) -> [SafeTensors.Tensor] {
    let (ids, begins) = ("\(entity.rawValue)s.ids", "\(entity.rawValue)s.offsets")
    switch identifiers {
    case .integers(let values):
      return [SafeTensors.Tensor(name: ids, axis: .rows(entity), integers: values)]
    case .uuids(let values):
      let bytes = values.flatMap { value in
        stride(from: 120, through: 0, by: -8).map {
          UInt8(truncatingIfNeeded: value >> UInt128($0))
        }
      }
      return [
        SafeTensors.Tensor(
          name: ids, axis: .rows(entity), kind: .u8, shape: [values.count, 16], bytes: bytes)
      ]
    case .texts(let values):
      var bytes: [UInt8] = []
      var offsets: [Int64] = [0]
      for value in values {
        bytes += value.utf8
        offsets.append(Int64(bytes.count))
      }
      return [
        SafeTensors.Tensor(
          name: ids, axis: .lists(entity, offsets: begins), kind: .u8, shape: [bytes.count],
          bytes: bytes),
        SafeTensors.Tensor(name: begins, axis: .offsets(entity), integers: offsets),
      ]
    }
  }

  /// Reads identifiers back.
  ///
  /// - Parameters:
  ///   - file: a file that has the tensors.
  ///   - entity: what the identifiers name.
  ///   - kind: the identifiers' type.
  /// - Throws: `CheckpointError` when tensors are missing, damaged or not in ascending order.
  package init(
    _ file: SafeTensors, of entity: TensorAxis.Entity, kind: IdentifierKind
  ) throws(CheckpointError) {
    let name = "\(entity.rawValue)s"
    let identifiers: Identifiers
    switch kind {
    case .bigint, .integer:
      let values = try file.tensor("\(name).ids", .i64).integers
      try Self.requireAscending(values, name, isBefore: <)
      identifiers = .integers(values)
    case .uuid:
      let tensor = try file.tensor("\(name).ids", .u8)
      guard tensor.shape.count == 2, tensor.shape[1] == 16 else {
        throw CheckpointError("the tensor \(name).ids does not hold 16 bytes for each uuid")
      }
      let values = (0..<tensor.shape[0]).map { row in
        tensor.bytes[row * 16..<row * 16 + 16].reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
      }
      try Self.requireAscending(values, name, isBefore: <)
      identifiers = .uuids(values)
    case .text:
      identifiers = .texts(try Self.texts(file, name))
    }
    self.init(kind: kind, identifiers: identifiers)
  }

  private static func texts(_ file: SafeTensors, _ name: String) throws(CheckpointError) -> [String]
  {
    let bytes = try file.tensor("\(name).ids", .u8).bytes
    let offsets = try file.tensor("\(name).offsets", .i64).integers
    guard offsets.first == 0, offsets.last == Int64(bytes.count) else {
      throw CheckpointError("the offsets of \(name) don't span its bytes")
    }
    var texts: [String] = []
    texts.reserveCapacity(offsets.count - 1)
    for (begin, end) in zip(offsets, offsets.dropFirst()) {
      guard begin >= 0, begin <= end, end <= Int64(bytes.count),
        let text = String(validating: bytes[Int(begin)..<Int(end)], as: UTF8.self)
      else { throw CheckpointError("an identifier of \(name) is not UTF-8 text") }
      texts.append(text)
    }
    try requireAscending(texts, name, isBefore: precedes)
    return texts
  }

  private static func requireAscending<Value>(
    _ values: [Value], _ name: String, isBefore: (Value, Value) -> Bool
  ) throws(CheckpointError) {
    for (left, right) in zip(values, values.dropFirst()) where !isBefore(left, right) {
      throw CheckpointError("the identifiers of \(name) are not in ascending order")
    }
  }
}
