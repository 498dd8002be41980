import NCF

/// The five stages, in the order of the data.
package enum Stage: String, Sendable, CaseIterable {
  case pull, split, train, evaluate, publish
}
