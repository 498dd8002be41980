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
