/// The five stages, in the order of the data.
package enum Stage: String, Sendable, Codable, CaseIterable {
  case pull, split, train, evaluate, publish
}
