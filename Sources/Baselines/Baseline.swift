/// A method beside the networks; the one list of them.
package enum Baseline: String, Sendable, Codable, CaseIterable {
  /// Everyone gets what most users have.
  case itempop
  /// Everyone gets what most users took up of late.
  case recentpop
  /// What came next after the last item.
  case lastitem
  /// Cosine similarity of items.
  case itemknn
  /// Matrix factorisation on the log loss.
  case mf
  /// Matrix factorisation for pairwise ranking.
  case bpr
  /// Element-wise alternating least squares, missing data weighted by popularity.
  case eals
  /// Alternating least squares for implicit feedback.
  case ials
  /// A linear autoencoder of items, cut to its strongest directions.
  case ease
  /// What users did, in order, alone or beside iALS.
  case history

  /// Its settings where a job has none.
  package var defaults: any BaselineOptions {
    switch self {
    case .itempop: ItemPopOptions()
    case .recentpop: RecentPopOptions()
    case .lastitem: LastItemOptions()
    case .itemknn: KNNOptions()
    case .mf: MFOptions()
    case .bpr: BPROptions()
    case .eals: EALSOptions()
    case .ials: ALSOptions()
    case .ease: EASEOptions()
    case .history: HistoryOptions()
    }
  }

  /// Its name in tables.
  package var title: String { type(of: defaults).title }

  /// The baselines that a network may start from.
  package static let starts = allCases.filter {
    guard let options = $0.defaults as? any FactorizationOptions else { return false }
    return type(of: options).startsNetworks
  }

  /// Whether everybody has the same scores.
  package var isPopularity: Bool { self == .itempop || self == .recentpop }

  /// Whether one interaction is enough to score for a user: nothing is learnt of a user that does not follow
  /// from the interactions and what is learnt of items.
  package var foldsIn: Bool { self != .mf && self != .bpr }

  /// The baseline that some options belong to.
  package init(_ options: any BaselineOptions) {
    guard let found = Self.allCases.first(where: { type(of: $0.defaults) == type(of: options) })
    else { preconditionFailure("\(type(of: options)) are the options of no baseline") }
    self = found
  }
}
