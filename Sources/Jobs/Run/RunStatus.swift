/// State of a run, as `ncf.runs.status` spells it.
package enum RunStatus: String, Sendable, Codable, CaseIterable {
  case running, published, trained, skipped, refused, failed, interrupted, abandoned
}
