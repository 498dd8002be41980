extension Vocabulary {
  /// The identifiers at some positions.
  ///
  /// - Parameter positions: ascending, each in `0..<count`.
  /// - Returns: a vocabulary of them alone.
  package func keeping(_ positions: [UInt32]) -> Vocabulary {
    if positions.count == count { return self }
    return switch identifiers {
    case .integers(let values):
      Vocabulary(kind: kind, identifiers: .integers(positions.map { values[Int($0)] }))
    case .uuids(let values):
      Vocabulary(kind: kind, identifiers: .uuids(positions.map { values[Int($0)] }))
    case .texts(let values):
      Vocabulary(kind: kind, identifiers: .texts(positions.map { values[Int($0)] }))
    }
  }

  /// Finds each identifier in another vocabulary, by going over both once.
  ///
  /// - Parameter other: identifiers of the same form; bigint and integer have one form.
  /// - Returns: for each identifier its position in `other`, -1 where it is not there.
  package func places(in other: Vocabulary) -> [Int32] {
    switch (identifiers, other.identifiers) {
    case (.integers(let own), .integers(let others)):
      Self.places(own, in: others) { $0 < $1 ? -1 : $0 == $1 ? 0 : 1 }
    case (.uuids(let own), .uuids(let others)):
      Self.places(own, in: others) { $0 < $1 ? -1 : $0 == $1 ? 0 : 1 }
    case (.texts(let own), .texts(let others)):
      Self.places(own, in: others) { left, right in
        left.utf8.lexicographicallyPrecedes(right.utf8)
          ? -1 : left.utf8.elementsEqual(right.utf8) ? 0 : 1
      }
    case (.integers, _), (.uuids, _), (.texts, _): [Int32](repeating: -1, count: count)
    }
  }

  private static func places<Value>(
    _ own: [Value], in others: [Value], order: (Value, Value) -> Int
  ) -> [Int32] {
    var place = 0
    return own.map { value in
      while place < others.count, order(others[place], value) < 0 { place += 1 }
      return place < others.count && order(others[place], value) == 0 ? Int32(place) : -1
    }
  }
}

extension Vocabulary {
  /// The identifiers of two vocabularies of one kind together.
  ///
  /// - Parameter other: identifiers of the same form.
  /// - Returns: each identifier of both once, of this vocabulary's kind.
  package func union(_ other: Vocabulary) -> Vocabulary {
    switch (identifiers, other.identifiers) {
    case (.integers(let own), .integers(let others)):
      return Vocabulary(kind: kind, identifiers: .integers(Self.merged(own, others) { $0 < $1 }))
    case (.uuids(let own), .uuids(let others)):
      return Vocabulary(kind: kind, identifiers: .uuids(Self.merged(own, others) { $0 < $1 }))
    case (.texts(let own), .texts(let others)):
      let merged = Self.merged(own, others) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      return Vocabulary(kind: kind, identifiers: .texts(merged))
    case (.integers, _), (.uuids, _), (.texts, _):
      preconditionFailure("\(other.kind.rawValue) ids among \(kind.rawValue) ids")
    }
  }

  private static func merged<Value>(
    _ own: [Value], _ others: [Value], isBefore: (Value, Value) -> Bool
  ) -> [Value] {
    var (result, next): ([Value], Int) = ([], 0)
    result.reserveCapacity(own.count + others.count)
    for value in own {
      while next < others.count, isBefore(others[next], value) {
        result.append(others[next])
        next += 1
      }
      if next < others.count, !isBefore(value, others[next]) { next += 1 }
      result.append(value)
    }
    return result + others[next...]
  }
}
