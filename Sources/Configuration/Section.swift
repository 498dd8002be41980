import Yams

/// Reads the keys of one mapping by type, noting what does not fit.
///
/// A reading function returns nil when the key is absent, null, or wrong; wrong ones are noted in the
/// document. Variables of the environment come before the file.
struct Section {
  /// The section's own path; empty at the top.
  let path: String
  private let document: Document
  private let pairs: [(key: Node, value: Node)]
  private var asked: [String] = []

  /// The top of a document.
  init(_ document: Document) {
    self.init(path: "", node: document.root.node, in: document)
  }

  private init(path: String, node: Node?, in document: Document) {
    self.path = path
    self.document = document
    pairs = node?.mapping.map { $0.map { ($0.key, $0.value) } } ?? []
  }

  // MARK: - Values

  /// Text; a number or a word may stand without quotes.
  mutating func text(_ key: String) -> String? {
    scalar(key, wanted: "text") { $0.string }
  }

  /// A whole number.
  mutating func integer(_ key: String) -> Int? {
    scalar(key, wanted: "a whole number") { Self.plain($0).flatMap { Int($0) } }
  }

  /// A whole number from 0 to 2^64 - 1.
  mutating func unsigned(_ key: String) -> UInt64? {
    scalar(key, wanted: "a whole number from 0 to \(UInt64.max)") {
      Self.plain($0).flatMap { UInt64($0) }
    }
  }

  /// A number, whole or not.
  mutating func number(_ key: String) -> Double? {
    scalar(key, wanted: "a number") { Self.plain($0).flatMap(Self.decimal) }
  }

  /// True or false, in just these words.
  mutating func flag(_ key: String) -> Bool? {
    scalar(key, wanted: "true or false") {
      switch Self.plain($0) {
      case "true": true
      case "false": false
      default: nil
      }
    }
  }

  /// A value with a text form of its own; `wanted` says which.
  mutating func value<Value>(
    _ key: String, wanted: String, _ parse: (String) -> Value?
  ) -> Value? {
    scalar(key, wanted: wanted) { parse($0.string) }
  }

  /// One of an enumeration's raw values.
  mutating func choice<Value>(_ key: String, of type: Value.Type) -> Value?
  where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    let names = Value.allCases.map(\.rawValue)
    return scalar(key, wanted: Self.list(names), names: names) { Value(rawValue: $0.string) }
  }

  /// A list of whole numbers.
  mutating func integers(_ key: String) -> [Int]? {
    list(key, wanted: "a list of whole numbers, such as [64, 32]") {
      Self.plain($0).flatMap { Int($0) }
    }
  }

  /// A list of texts, with or without quotes.
  mutating func texts(_ key: String) -> [String]? {
    list(key, wanted: "a list of names, such as [purchase, hide]") { $0.string }
  }

  /// A mapping of free names to numbers.
  mutating func numbers(_ key: String) -> [String: Double]? {
    let wanted = "a mapping of names to numbers, such as {view: 0, purchase: 1}"
    guard let entry = structured(key) else { return nil }
    guard case .mapping(let mapping) = entry.node else {
      return refuse(entry, key, wanted)
    }
    var values: [String: Double] = [:]
    for (name, node) in mapping {
      guard let name = name.scalar?.string, let scalar = node.scalar,
        let number = Self.plain(scalar).flatMap(Self.decimal)
      else {
        return refuse(Document.Entry(node: node, place: place(of: node, in: entry)), key, wanted)
      }
      values[name] = number
    }
    return values
  }

  /// The section below `key`; an empty one when it is absent.
  mutating func section(_ key: String) -> Section {
    asked.append(key)
    let found = pairs.first { $0.key.scalar?.string == key }
    let entry = found.map { Document.Entry(node: $0.value, place: document.place(of: $0.value)) }
    document.know(full(key), entry: entry)
    if let entry, entry.node.mapping == nil, !Self.isNull(entry.node) {
      note(entry, key, "a section, with its keys below it")
    }
    return Section(path: full(key), node: entry?.node, in: document)
  }

  /// The section below `key`, or one word in its place: `model: ials`.
  ///
  /// A variable can only give the word; it comes before what the file says.
  mutating func section<Word>(
    _ key: String, orWord type: Word.Type
  ) -> (section: Section, word: Word?)
  where Word: RawRepresentable & CaseIterable, Word.RawValue == String {
    let names = Word.allCases.map(\.rawValue)
    let wanted = Self.list(names) + ", or a section with its keys below it"
    let found = entry(key)
    let inFile = pairs.first { $0.key.scalar?.string == key }?.value
    let below = Section(path: full(key), node: inFile?.mapping == nil ? nil : inFile, in: document)
    guard let found, found.node.mapping == nil else { return (below, nil) }
    guard let word = found.node.scalar.flatMap({ Word(rawValue: $0.string) }) else {
      note(found, key, wanted, names: names)
      return (below, nil)
    }
    return (below, word)
  }

  /// A word, or a list of words.
  ///
  /// - Parameters:
  ///   - key: the key.
  ///   - wanted: what is allowed.
  ///   - names: words that may have been meant.
  ///   - parse: takes the words and whether they are a list; nil when they don't fit.
  /// - Returns: what `parse` makes of them; nil when the key is absent or wrong.
  mutating func words<Value>(
    _ key: String, wanted: String, names: [String],
    _ parse: (_ words: [String], _ isList: Bool) -> Value?
  ) -> Value? {
    guard let entry = structured(key) else { return nil }
    switch entry.node {
    case .scalar(let scalar):
      if let value = Self.plain(scalar).flatMap({ parse([$0], false) }) { return value }
    case .sequence(let sequence):
      let words = sequence.compactMap { $0.scalar.flatMap(Self.plain) }
      if words.count == sequence.count, let value = parse(words, true) { return value }
    case .mapping, .alias: break
    }
    return refuse(entry, key, wanted, names: names)
  }

  /// Whether `key` has a value, null not being one.
  func isGiven(_ key: String) -> Bool {
    if isGivenByVariable(key) { return true }
    return pairs.contains { $0.key.scalar?.string == key && !Self.isNull($0.value) }
  }

  /// Refuses keys that mean nothing beside a choice that was made with another key.
  ///
  /// What the file says is let pass when a variable made the choice: it stands in for the file's.
  ///
  /// - Parameters:
  ///   - keys: keys of this section that were given in vain.
  ///   - owners: the choices that they belong to.
  ///   - choice: the path of the key that makes the choice.
  ///   - chosen: what was chosen.
  ///   - byVariable: whether a variable did.
  func refuse(
    _ keys: [String], of owners: [String], choice: String, chosen: String, byVariable: Bool
  ) {
    for key in keys where isGiven(key) && (!byVariable || isGivenByVariable(key)) {
      let path = full(key)
      let place: Place =
        isGivenByVariable(key)
        ? .variable(Document.variableName(for: path))
        : document.given[path]?.place ?? .file(document.file, line: 1, column: 1)
      document.report(
        place, path: path,
        "\(path) belongs to \(choice) \(Self.list(owners)), not to \(chosen)")
    }
  }

  /// Whether a variable gives `key`, or else the file.
  func isGivenByVariable(_ key: String) -> Bool {
    document.variables[Document.variableName(for: full(key))] != nil
  }

  /// Ends the section: what nobody asked for is unknown.
  func finish() {
    for (key, _) in pairs {
      let entry = Document.Entry(node: key, place: document.place(of: key))
      guard let name = key.scalar?.string else {
        document.report(entry.place, path: path, "a key must be a word")
        continue
      }
      if !asked.contains(name) { document.reportUnknown(entry, section: path, key: name) }
    }
  }

  // MARK: - How

  private func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private mutating func entry(_ key: String) -> Document.Entry? {
    asked.append(key)
    let name = Document.variableName(for: full(key))
    let entry: Document.Entry? =
      if let text = document.variables[name] {
        Document.Entry(node: Node(text), place: .variable(name))
      } else {
        pairs.first { $0.key.scalar?.string == key }
          .map { Document.Entry(node: $0.value, place: document.place(of: $0.value)) }
      }
    document.know(full(key), entry: entry)
    return entry.flatMap { Self.isNull($0.node) ? nil : $0 }
  }

  /// An entry whose variable, if it is one, holds YAML.
  private mutating func structured(_ key: String) -> Document.Entry? {
    guard let entry = entry(key) else { return nil }
    guard case .variable = entry.place, let text = entry.node.scalar?.string else { return entry }
    do {
      return try Document.parse(text, place: entry.place)
        .map { Document.Entry(node: $0, place: entry.place) }
    } catch {
      for problem in error.problems {
        document.report(problem.place, path: full(key), problem.message)
      }
      return nil
    }
  }

  private mutating func scalar<Value>(
    _ key: String, wanted: String, names: [String] = [], _ parse: (Node.Scalar) -> Value?
  ) -> Value? {
    guard let entry = entry(key) else { return nil }
    guard case .scalar(let scalar) = entry.node, let value = parse(scalar) else {
      return refuse(entry, key, wanted, names: names)
    }
    return value
  }

  private mutating func list<Value>(
    _ key: String, wanted: String, _ parse: (Node.Scalar) -> Value?
  ) -> [Value]? {
    guard let entry = structured(key) else { return nil }
    guard case .sequence(let sequence) = entry.node else { return refuse(entry, key, wanted) }
    var values: [Value] = []
    for node in sequence {
      guard let value = node.scalar.flatMap(parse) else {
        return refuse(Document.Entry(node: node, place: place(of: node, in: entry)), key, wanted)
      }
      values.append(value)
    }
    return values
  }

  private func place(of node: Node, in entry: Document.Entry) -> Place {
    if case .variable = entry.place { return entry.place }
    return document.place(of: node)
  }

  private func refuse<Value>(
    _ entry: Document.Entry, _ key: String, _ wanted: String, names: [String] = []
  ) -> Value? {
    note(entry, key, wanted, names: names)
    return nil
  }

  private func note(
    _ entry: Document.Entry, _ key: String, _ wanted: String, names: [String] = []
  ) {
    var message = "\(full(key)) must be \(wanted), not \(Self.shown(entry.node))"
    if let word = entry.node.scalar?.string,
      let near = Suggestion.nearest(to: word, among: names)
    {
      message += "; did you mean \(near)?"
    }
    document.report(entry.place, path: full(key), message)
  }

  /// A node as a message shows it: short, and without what a mapping or a list holds.
  private static func shown(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar):
      if isLikeSecret(scalar.string) { return "a text like a secret" }
      let text = scalar.string.count > 40 ? scalar.string.prefix(40) + "…" : scalar.string[...]
      return plain(scalar) == nil ? "the text \"\(text)\"" : "\(text)"
    case .mapping: return "a mapping"
    case .sequence: return "a list"
    case .alias: return "an alias"
    }
  }

  /// Whether a text is not to be repeated where others may read it, whatever it is doing here.
  static func isLikeSecret(_ text: String) -> Bool {
    let text = text.lowercased()
    return text.contains("://") || text.contains("password")
  }

  /// A scalar's text when it stands without quotes.
  private static func plain(_ scalar: Node.Scalar) -> String? {
    switch scalar.style {
    case .any, .plain: scalar.string
    case .singleQuoted, .doubleQuoted, .literal, .folded: nil
    }
  }

  private static func isNull(_ node: Node) -> Bool {
    guard let text = node.scalar.flatMap(plain) else { return false }
    return text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL"
  }

  /// A finite number in decimal digits; `Double` alone would take "nan" and hexadecimal too.
  private static func decimal(_ text: String) -> Double? {
    let allowed = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte)
    }
    return allowed ? Double(text).flatMap { $0.isFinite ? $0 : nil } : nil
  }

  private static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.joined() }
    return names.dropLast().joined(separator: ", ") + " or \(last)"
  }
}
