import Settings
import Yams

/// A YAML file and the variables that override it, and what was found while reading them.
///
/// `Section` reads it key by key; whatever nobody asked for is an unknown key in the end.
final class Document {
  /// A value, where it was given, and whether it may hold YAML of its own.
  struct Entry {
    let node: Node
    let place: Place
  }

  /// The file's name as messages show it.
  let file: String
  /// Variables of the environment whose name begins with `NCF_`, without the empty ones.
  let variables: [String: String]
  /// Every key that was asked for, in order.
  private(set) var knownPaths: [String] = []
  /// Where each key that was given stands, and its text if it is a scalar.
  private(set) var given: [String: (place: Place, text: String?)] = [:]

  private var problems: [ConfigurationError.Problem] = []
  private var unknown: [(entry: Entry, section: String, key: String)] = []
  private(set) var root: Entry

  /// Parses `text`; an empty file is an empty mapping.
  ///
  /// - Throws: `ConfigurationError` when it is not one YAML document with a mapping at its top.
  init(text: String, file: String, variables: [String: String]) throws(ConfigurationError) {
    self.file = file
    self.variables = variables.filter { $0.key.hasPrefix("NCF_") && !$0.value.isEmpty }
    let top = Place.file(file, line: 1, column: 1)
    let node = try Self.parse(text, place: top)
    root = Entry(node: node ?? Node([(Node, Node)]()), place: top)
    guard case .mapping = root.node else {
      throw ConfigurationError(problems: [
        .init(place: top, path: "", message: "the file must be a mapping of keys to values")
      ])
    }
  }

  /// Parses one YAML document; nil when it is empty.
  ///
  /// - Throws: `ConfigurationError` at the place where the syntax is broken.
  static func parse(_ text: String, place: Place) throws(ConfigurationError) -> Node? {
    if let problem = AliasLimit.problem(text) {
      throw ConfigurationError(problems: [.init(place: place, path: "", message: problem)])
    }
    do {
      return try Parser(yaml: text, encoding: .utf8).singleRoot()
    } catch {
      throw ConfigurationError(problems: [problem(from: error, place: place)])
    }
  }

  private static func problem(
    from error: any Error, place: Place
  ) -> ConfigurationError.Problem {
    func at(_ mark: Mark) -> Place {
      guard case .file(let path, _, _) = place else { return place }
      return .file(path, line: mark.line, column: mark.column)
    }
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let around = context.map { " (\($0.text))" } ?? ""
      return .init(place: at(mark), path: "", message: "not YAML: \(problem)\(around)")
    case .duplicatedKeysInMapping(let keys, let context):
      let named = keys.joined(separator: ", ")
      return .init(place: at(context.mark), path: named, message: "\(named) is given twice")
    case .reader(let problem, let offset, _, _):
      let position = offset.map { " at byte \($0)" } ?? ""
      return .init(place: place, path: "", message: "not YAML: \(problem)\(position)")
    default:
      return .init(place: place, path: "", message: "not YAML: \(error)")
    }
  }

  /// Where `node` stands, as far as the parser knows.
  func place(of node: Node) -> Place {
    .file(file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
  }

  /// The variable that overrides the key at `path`.
  static func variableName(for path: String) -> String {
    "NCF_" + path.uppercased().replacing(".", with: "_")
  }

  /// Notes that `path` is a key, and where it was given if it was.
  func know(_ path: String, entry: Entry?) {
    knownPaths.append(path)
    guard let entry else { return }
    given[path] = (entry.place, entry.node.isNull ? nil : entry.node.scalar?.string.shown)
  }

  /// Where the key at `path` was given, or else the nearest section above it.
  func place(at path: String) -> Place {
    if let place = given[path]?.place { return place }
    guard let dot = path.lastIndex(of: ".") else { return .file(file, line: 1, column: 1) }
    return place(at: String(path[..<dot]))
  }

  /// A problem with a value, at its place and with the text that gives the value.
  func located(_ problem: Problem) -> ConfigurationError.Problem {
    var problem = problem
    problem.value = given[problem.path]?.text ?? problem.value
    return .init(
      place: place(at: problem.path), path: problem.path, message: problem.description)
  }

  /// Whether nothing is wrong yet with the value at `path`.
  func isSound(at path: String) -> Bool {
    !problems.contains { $0.path == path }
  }

  /// Notes a problem.
  func report(_ place: Place, path: String, _ message: String) {
    problems.append(.init(place: place, path: path, message: message))
  }

  /// Notes a problem with a key.
  func report(at path: String, _ message: String) {
    report(place(at: path), path: path, message)
  }

  /// Notes a key that its section does not have.
  func reportUnknown(_ entry: Entry, section: String, key: String) {
    unknown.append((entry, section, key))
  }

  /// Ends the reading.
  ///
  /// - Throws: `ConfigurationError` with all problems, unknown keys included, in the file's order.
  func finish() throws(ConfigurationError) {
    var all = problems
    for (entry, section, key) in unknown.prefix(Self.mostUnknown) {
      let path = section.isEmpty ? key : "\(section).\(key)"
      all.append(.init(place: entry.place, path: path, message: explain(section, key)))
    }
    if let last = unknown.last, unknown.count > Self.mostUnknown {
      all.append(
        .init(
          place: last.entry.place, path: "",
          message: "and \(unknown.count - Self.mostUnknown) more that are not keys"))
    }
    guard all.isEmpty else {
      throw ConfigurationError(problems: all.sorted { Self.order($0.place) < Self.order($1.place) })
    }
  }

  /// How many unknown keys are explained; who has more has another file's.
  private static let mostUnknown = 50

  private func explain(_ section: String, _ key: String) -> String {
    let siblings = knownPaths.compactMap { path -> String? in
      guard section.isEmpty || path.hasPrefix(section + ".") else { return nil }
      let rest = section.isEmpty ? path[...] : path.dropFirst(section.count + 1)
      return rest.contains(".") ? nil : String(rest)
    }
    let home = section.isEmpty ? "the file" : section
    var text = "\(section.isEmpty ? key : "\(section).\(key)") is not a key"
    if let near = Suggestion.nearest(to: key, among: siblings) {
      text += "; did you mean \(near)?"
    } else if let path = knownPaths.first(where: { $0.split(separator: ".").last == key[...] }) {
      text += "; did you mean \(path)?"
    }
    return text + (text.hasSuffix("?") ? "" : ".")
      + " Keys of \(home): \(siblings.sorted().joined(separator: ", "))"
  }

  private static func order(_ place: Place) -> (Int, Int) {
    switch place {
    case .file(_, let line, let column): (line, column)
    case .variable: (Int.max, 0)
    }
  }
}
