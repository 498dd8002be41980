package import Interactions
package import NCF

/// Stored models without some of their users.
///
/// What a file holds of a user is: the id, rows of embeddings and of held-out items, and lists of items.
extension SafeTensors {
  /// Tensors with a row for each user.
  private static let rows: Set = ["user.gmf", "user.mlp", "log.test", "log.validation"]
  /// Lists for each user: `NAME.offsets`, and what else lies beside `NAME.items`.
  private static let lists = ["user": ["items", "weights"], "log.recent": ["items"]]
  /// What begins like a user's, and tells nothing of any one.
  private static let counts: Set = ["log.times", "log.days"]

  /// Removes users.
  ///
  /// - Parameter which: picks them from the file's vocabulary, by their places.
  /// - Returns: the file without them and their ids; nil when it has none of them.
  /// - Throws: `DamagedModel` when nobody would be left or something in it is not known, so that
  ///   nobody can say whose it is; `CheckpointError`.
  package func forgetting(
    _ which: (Vocabulary) -> Set<Int>
  ) throws -> (file: SafeTensors, ids: [String])? {
    guard let kind = metadata["user_kind"].flatMap({ IdentifierKind(rawValue: $0) }) else {
      throw DamagedModel(description: "its header lacks the type of ids")
    }
    let users = try Vocabulary(self, "users", kind: kind)
    let gone = which(users)
    if gone.isEmpty { return nil }
    let kept = (0..<users.count).filter { !gone.contains($0) }
    guard !kept.isEmpty else {
      throw DamagedModel(description: "nobody that it knows is left")
    }
    var result: [Tensor] = []
    for tensor in tensors {
      let name = tensor.name
      if name.hasPrefix("users.") { continue }
      if Self.rows.contains(name) {
        result.append(try tensor.keeping(rows: kept, of: users.count))
      } else if let list = Self.lists.first(where: { list in
        (["offsets"] + list.value).contains { name == "\(list.key).\($0)" }
      })?.key {
        result.append(try self.list(tensor, of: list, keeping: kept, of: users.count))
      } else if (name.hasPrefix("user.") || name.hasPrefix("log.")) && !Self.counts.contains(name) {
        throw DamagedModel(description: "it holds \(name), which is not known")
      } else {
        result.append(tensor)
      }
    }
    let left = users.keeping(kept.map { UInt32($0) })
    return (
      SafeTensors(tensors: result + left.tensors("users"), metadata: metadata),
      gone.sorted().map { users.text(at: $0) }
    )
  }

  /// One part of the lists that some users have.
  private func list(
    _ tensor: Tensor, of list: String, keeping kept: [Int], of count: Int
  ) throws -> Tensor {
    let offsets = try self.tensor(list + ".offsets", .i64).integers
    let part = String(tensor.name.dropFirst(list.count + 1))
    guard offsets.count == count + 1, offsets.first == 0,
      zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
    else { throw DamagedModel(description: "the lists \(tensor.name) are not in order") }
    if part == "offsets" {
      var own: [Int64] = [0]
      for user in kept { own.append(own[own.count - 1] + offsets[user + 1] - offsets[user]) }
      return Tensor(name: tensor.name, integers: own)
    }
    guard tensor.shape == [Int(offsets[count])] else {
      throw DamagedModel(description: "the lists \(tensor.name) are not in order")
    }
    var bytes: [UInt8] = []
    let width = tensor.kind.width
    for user in kept {
      bytes += tensor.bytes[Int(offsets[user]) * width..<Int(offsets[user + 1]) * width]
    }
    return Tensor(
      name: tensor.name, kind: tensor.kind, shape: [bytes.count / width], bytes: bytes)
  }
}

extension SafeTensors.Tensor {
  /// The same tensor with some of its rows.
  fileprivate func keeping(rows kept: [Int], of count: Int) throws -> Self {
    guard shape.first == count, count > 0 else {
      throw DamagedModel(description: "\(name) has not a row for each user")
    }
    let width = bytes.count / count
    var rows: [UInt8] = []
    rows.reserveCapacity(kept.count * width)
    for row in kept { rows += bytes[row * width..<(row + 1) * width] }
    return Self(name: name, kind: kind, shape: [kept.count] + shape.dropFirst(), bytes: rows)
  }
}
