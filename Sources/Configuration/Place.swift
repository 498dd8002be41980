/// Where a value was given: a position in a file, or a variable of the environment.
package enum Place: Sendable, Equatable, CustomStringConvertible {
  /// Line and column of a file, counted from 1.
  case file(String, line: Int, column: Int)
  /// A variable, by name.
  case variable(String)

  /// The form that editors and compilers understand: `file:line:column`, or the variable's name.
  package var description: String {
    switch self {
    case .file(let path, let line, let column): "\(path):\(line):\(column)"
    case .variable(let name): name
    }
  }
}
