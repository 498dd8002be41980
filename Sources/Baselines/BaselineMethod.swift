/// What NCF is held against, and what a job may publish instead of it.
package enum BaselineMethod: String, Sendable, Equatable, Codable, CaseIterable {
  case itempop, itemknn, mf, bpr, eals, ials, ease
}
