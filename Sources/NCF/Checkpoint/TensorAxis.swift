/// What the first dimension of a tensor counts.
///
/// With it users can be removed from a file by code that knows no names of tensors. A file's header
/// has the axes as JSON in the word `axes` of its metadata: the texts below, by the names of tensors.
/// The values of a tensor are never numbers of users. So a removal of users changes their rows,
/// offsets and lists, and nothing else.
package enum TensorAxis: Sendable, Equatable {
  /// What has a row, or a list, of its own.
  package enum Entity: String, Sendable {
    case user, item
    case userFeature = "user_feature"
    case itemFeature = "item_feature"

    /// Whether it is a feature of others.
    var isFeature: Bool { self == .userFeature || self == .itemFeature }
  }

  /// A row for each; `user`.
  case rows(Entity)
  /// Where each one's list begins, and the last one ends, in kind `i64`; `user offsets`.
  case offsets(Entity)
  /// The lists of all end to end, divided by the tensor `offsets`; `user lists NAME`.
  case lists(Entity, offsets: String)
  /// Of no single user, item or feature; `dense`.
  case dense
}

extension TensorAxis: RawRepresentable, Codable {
  /// Reads the text of an axis; nil for any other text.
  package init?(rawValue: String) {
    let words = rawValue.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      .map(String.init)
    if words == ["dense"] {
      self = .dense
      return
    }
    guard let entity = Entity(rawValue: words[0]) else { return nil }
    switch words.count {
    case 1: self = .rows(entity)
    case 2 where words[1] == "offsets": self = .offsets(entity)
    case 3 where words[1] == "lists": self = .lists(entity, offsets: words[2])
    default: return nil
    }
  }

  /// The text of the axis.
  package var rawValue: String {
    switch self {
    case .rows(let entity): entity.rawValue
    case .offsets(let entity): "\(entity.rawValue) offsets"
    case .lists(let entity, let offsets): "\(entity.rawValue) lists \(offsets)"
    case .dense: "dense"
    }
  }
}
