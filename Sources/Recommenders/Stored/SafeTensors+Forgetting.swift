package import Interactions
package import NCF

/// Stored models without some of their users.
///
/// The axes of its tensors say what a file holds of a user: rows, and lists between offsets.
extension SafeTensors {
  /// Removes users.
  ///
  /// - Parameter which: picks them from the file's vocabulary, by their places.
  /// - Returns: the file without them and their ids; nil when it has none of them.
  /// - Throws: `DamagedModel` when nobody would be left, or a tensor declares no axis or does not have
  ///   the shape that its axis needs, so that nobody can say whose it is; `CheckpointError`.
  package func forgetting(
    _ which: (Vocabulary) -> Set<Int>
  ) throws -> (file: SafeTensors, ids: [String])? {
    guard let kind = metadata["user_kind"].flatMap({ IdentifierKind(rawValue: $0) }) else {
      throw DamagedModel(description: "its header lacks the type of ids")
    }
    let users = try Vocabulary(self, of: .user, kind: kind)
    let gone = which(users)
    if gone.isEmpty { return nil }
    let kept = (0..<users.count).filter { !gone.contains($0) }
    guard !kept.isEmpty else {
      throw DamagedModel(description: "nobody that it knows is left")
    }
    let left = SafeTensors(
      tensors: try tensors.map { try keeping(kept, of: users.count, in: $0) }, metadata: metadata)
    guard try Vocabulary(left, of: .user, kind: kind) == users.keeping(kept.map { UInt32($0) })
    else { throw DamagedModel(description: "its ids of users are not declared as theirs") }
    return (left, gone.sorted().map { users.text(at: $0) })
  }

  /// A tensor with the rows or lists of some users, or as it is where it has none.
  private func keeping(_ kept: [Int], of count: Int, in tensor: Tensor) throws -> Tensor {
    switch try tensor.declaredAxis {
    case .rows(.user):
      guard tensor.shape.first == count else {
        throw DamagedModel(description: "\(tensor.name) has not a row for each user")
      }
      return tensor.keeping(kept.map { $0..<$0 + 1 })
    case .offsets(.user):
      let ranges = try ranges(by: tensor.name, of: count, for: tensor)
      var own: [Int64] = [0]
      for user in kept { own.append(own[own.count - 1] + Int64(ranges[user].count)) }
      return Tensor(name: tensor.name, axis: tensor.axis, integers: own)
    case .lists(.user, let offsets):
      let ranges = try ranges(by: offsets, of: count, for: tensor)
      guard try self.tensor(offsets, .i64).axis == .offsets(.user),
        tensor.shape.first == ranges.last?.upperBound
      else { throw DamagedModel(description: "the lists \(tensor.name) are not in order") }
      return tensor.keeping(kept.map { ranges[$0] })
    case .rows, .offsets, .lists, .dense: return tensor
    }
  }

  /// Where the list of each user lies.
  private func ranges(by name: String, of count: Int, for tensor: Tensor) throws -> [Range<Int>] {
    let offsets = try self.tensor(name, .i64).integers
    guard offsets.count == count + 1, offsets.first == 0,
      zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
    else { throw DamagedModel(description: "the lists \(tensor.name) are not in order") }
    return zip(offsets, offsets.dropFirst()).map { Int($0)..<Int($1) }
  }
}

extension SafeTensors.Tensor {
  /// What the first dimension counts.
  ///
  /// - Throws: `DamagedModel` when the file doesn't say.
  var declaredAxis: TensorAxis {
    get throws(DamagedModel) {
      guard let axis else {
        throw DamagedModel(
          description: "the tensor \(name) declares no axis, as in files of earlier versions: "
            + "train anew with --mode full")
      }
      return axis
    }
  }

  /// The same tensor with some stretches of its rows.
  fileprivate func keeping(_ stretches: [Range<Int>]) -> Self {
    let width = bytes.count / max(shape[0], 1)
    var rows: [UInt8] = []
    for stretch in stretches {
      rows += bytes[stretch.lowerBound * width..<stretch.upperBound * width]
    }
    let count = stretches.reduce(0) { $0 + $1.count }
    return Self(
      name: name, axis: axis, kind: kind, shape: [count] + shape.dropFirst(), bytes: rows)
  }
}
