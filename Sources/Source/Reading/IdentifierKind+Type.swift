import Interactions

extension IdentifierKind {
  /// The kind of a column's type; nil for types that ids can't have.
  init?(typeOID: UInt32) {
    switch typeOID {
    case 21, 23: self = .integer
    case 20: self = .bigint
    case 2950: self = .uuid
    case 25, 1042, 1043: self = .text
    default: return nil
    }
  }
}
