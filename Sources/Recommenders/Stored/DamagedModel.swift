/// Why a stored model can't be used.
package struct DamagedModel: Error, CustomStringConvertible {
  /// What is wrong with it.
  package let description: String

  /// An error in words.
  package init(description: String) { self.description = description }
}
