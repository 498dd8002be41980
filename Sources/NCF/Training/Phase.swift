/// A phase of training, as `ncf.epochs` names it.
package enum Phase: String, Sendable, Equatable, Codable, CaseIterable {
  /// Pre-training of the matrix factorisation part.
  case gmf
  /// Pre-training of the tower.
  case mlp
  /// The joint model, or whichever single part the spec has.
  case neumf
  /// A model of an earlier night, trained further on what is new.
  case finetune
  /// A copy that takes in what was held out.
  case absorb
  /// The choice of the share that each part has in the joint model; an epoch is a share that is tried, the
  /// tower's, in percent.
  case join
}
