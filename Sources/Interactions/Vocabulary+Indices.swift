extension Vocabulary {
  /// The identifiers at some positions.
  ///
  /// - Parameter positions: ascending, each in `0..<count`.
  /// - Returns: a vocabulary of them alone.
  package func keeping(_ positions: [UInt32]) -> Vocabulary {
    if positions.count == count { return self }
    func kept<Value>(_ values: [Value]) -> [Value] { positions.map { values[Int($0)] } }
    let identifiers: Identifiers =
      switch identifiers {
      case .integers(let values): .integers(kept(values))
      case .uuids(let values): .uuids(kept(values))
      case .texts(let values): .texts(kept(values))
      }
    return Vocabulary(kind: kind, identifiers: identifiers)
  }

  /// The identifiers for whose positions something holds.
  package func keeping(where holds: (Int) -> Bool) -> Vocabulary {
    keeping((0..<count).filter(holds).map { UInt32(truncatingIfNeeded: $0) })
  }

  /// Finds each identifier in another vocabulary, by going over both once.
  ///
  /// - Parameter other: identifiers of the same form; bigint and integer have one form.
  /// - Returns: for each identifier its index in `other`, none where it is not there.
  package func indices(in other: Vocabulary) -> IndexMap {
    switch (identifiers, other.identifiers) {
    case (.integers(let own), .integers(let others)): Self.indices(own, in: others, isBefore: <)
    case (.uuids(let own), .uuids(let others)): Self.indices(own, in: others, isBefore: <)
    case (.texts(let own), .texts(let others)):
      Self.indices(own, in: others, isBefore: Self.precedes)
    case (.integers, _), (.uuids, _), (.texts, _): .identity(0, andNone: count)
    }
  }

  private static func indices<Value>(
    _ own: [Value], in others: [Value], isBefore: (Value, Value) -> Bool
  ) -> IndexMap {
    var place = 0
    return IndexMap(
      own.map { value in
        while place < others.count, isBefore(others[place], value) { place += 1 }
        return place < others.count && !isBefore(value, others[place]) ? Int32(place) : -1
      })
  }

  /// A hash of an identifier: the same in every vocabulary that has it.
  ///
  /// - Parameter index: in `0..<count`.
  /// - Returns: 64 bits.
  package func hash(at index: Int) -> UInt64 {
    switch identifiers {
    case .integers(let values): VocabularyBuilder.hash(values[index])
    case .uuids(let values): VocabularyBuilder.hash(values[index])
    case .texts(let values): VocabularyBuilder.hash(values[index].utf8.span)
    }
  }
}

extension Vocabulary {
  /// The identifiers of two vocabularies of one kind together.
  ///
  /// - Parameter other: identifiers of the same form.
  /// - Returns: each identifier of both once, of this vocabulary's kind.
  package func union(_ other: Vocabulary) -> Vocabulary {
    let merged: Identifiers
    switch (identifiers, other.identifiers) {
    case (.integers(let own), .integers(let others)):
      merged = .integers(Self.merged(own, others, isBefore: <))
    case (.uuids(let own), .uuids(let others)):
      merged = .uuids(Self.merged(own, others, isBefore: <))
    case (.texts(let own), .texts(let others)):
      merged = .texts(Self.merged(own, others, isBefore: Self.precedes))
    case (.integers, _), (.uuids, _), (.texts, _):
      preconditionFailure("\(other.kind.rawValue) ids among \(kind.rawValue) ids")
    }
    return Vocabulary(kind: kind, identifiers: merged)
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
