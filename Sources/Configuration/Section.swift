import Baselines
import Settings
import Yams

/// Reads the keys of one mapping by type, noting what does not fit.
///
/// A target keeps its value when the key is absent, null, or wrong; wrong ones are noted in the
/// document. Variables of the environment come before the file. A key with dots is one of a section
/// below.
final class Section {
  /// The section's own path; empty at the top.
  let path: String
  private let document: Document
  private let pairs: [(key: Node, value: Node)]
  private var asked: Set<String> = []
  private var sections: [String: Section] = [:]

  /// The top of a document.
  convenience init(_ document: Document) {
    self.init(path: "", node: document.root.node, in: document)
  }

  private init(path: String, node: Node?, in document: Document) {
    (self.path, self.document) = (path, document)
    pairs = node?.mapping.map { $0.map { ($0.key, $0.value) } } ?? []
  }

  // MARK: - Values

  /// Replaces a value by what the key gives.
  func read<Value: ScalarValue>(_ key: String, _ target: inout Value) {
    if let value: Value = value(key) { target = value }
  }

  /// Replaces a value by what the key gives.
  func read<Value: ScalarValue>(_ key: String, _ target: inout Value?) {
    if let value: Value = value(key) { target = value }
  }

  /// Replaces the numbers of options by what their keys give.
  func read<Options: NumericSettings>(_ options: inout Options) {
    read(Options.settings, of: &options)
  }

  /// Replaces the numbers of a baseline's options by what their keys give.
  func read(_ options: inout any BaselineOptions) {
    func changed<Options: BaselineOptions>(_ own: Options) -> Options {
      var own = own
      read(&own)
      return own
    }
    options = changed(options)
  }

  /// Replaces some numbers of options by what their keys give.
  func read<Options>(_ settings: [Setting<Options>], of options: inout Options) {
    for setting in settings {
      switch setting.field {
      case .whole(let property): read(setting.key, &options[keyPath: property])
      case .single(let property): read(setting.key, &options[keyPath: property])
      case .double(let property): read(setting.key, &options[keyPath: property])
      }
    }
  }

  /// The value that a key gives.
  func value<Value: ScalarValue>(_ key: String) -> Value? {
    let (section, name) = home(of: key)
    guard let entry = section.entry(name) else { return nil }
    guard let value = entry.node.scalar.flatMap(Value.init(scalar:)) else {
      return section.refuse(entry, name, Value.wanted, names: Value.names)
    }
    return value
  }

  /// A list of values; `wanted` says which.
  func list<Value: ScalarValue>(_ key: String, wanted: String) -> [Value]? {
    guard let entry = structured(key) else { return nil }
    guard case .sequence(let sequence) = entry.node else { return refuse(entry, key, wanted) }
    return values(Array(sequence), of: entry, key, wanted)
  }

  /// A mapping of free names to numbers.
  func numbers(_ key: String) -> [String: Double]? {
    let wanted = "a mapping of names to numbers, such as {view: 0, purchase: 1}"
    guard let entry = structured(key) else { return nil }
    guard case .mapping(let mapping) = entry.node else { return refuse(entry, key, wanted) }
    let names = mapping.compactMap { $0.key.scalar?.string }
    if names.count < mapping.count { return refuse(entry, key, wanted) }
    let numbers: [Double]? = values(mapping.map(\.value), of: entry, key, wanted)
    return numbers.map { Dictionary(zip(names, $0)) { $1 } }
  }

  private func values<Value: ScalarValue>(
    _ nodes: [Node], of entry: Document.Entry, _ key: String, _ wanted: String
  ) -> [Value]? {
    var values: [Value] = []
    for node in nodes {
      guard let value = node.scalar.flatMap(Value.init(scalar:)) else {
        var place = entry.place
        if case .file = place { place = document.place(of: node) }
        return refuse(Document.Entry(node: node, place: place), key, wanted)
      }
      values.append(value)
    }
    return values
  }

  /// A word, or a list of words.
  ///
  /// - Parameters:
  ///   - key: the key.
  ///   - wanted: what is allowed.
  ///   - names: words that may have been meant.
  ///   - parse: takes the words and whether they are a list; nil when they don't fit.
  /// - Returns: what `parse` makes of them; nil when the key is absent or wrong.
  func words<Value>(
    _ key: String, wanted: String, names: [String],
    _ parse: (_ words: [String], _ isList: Bool) -> Value?
  ) -> Value? {
    guard let entry = structured(key) else { return nil }
    switch entry.node {
    case .scalar(let scalar):
      if let value = scalar.plain.flatMap({ parse([$0], false) }) { return value }
    case .sequence(let sequence):
      let words = sequence.compactMap { $0.scalar?.plain }
      if words.count == sequence.count, let value = parse(words, true) { return value }
    case .mapping, .alias: break
    }
    return refuse(entry, key, wanted, names: names)
  }

  // MARK: - Sections

  /// The section below `key`; an empty one when it is absent.
  func section(_ key: String) -> Section {
    if let section = sections[key] { return section }
    let node = inFile(key)
    let entry = node.map { Document.Entry(node: $0, place: document.place(of: $0)) }
    know(key, entry)
    if let entry, entry.node.mapping == nil, !entry.node.isNull {
      note(entry, key, "a section, with its keys below it")
    }
    return below(key, node)
  }

  /// The section below `key`, or one word in its place: `model: ials`.
  ///
  /// A variable can only give the word; it comes before what the file says.
  func section<Word: ScalarValue>(_ key: String, orWord type: Word.Type) -> (Section, Word?) {
    let found = entry(key)
    let section = below(key, inFile(key))
    guard let found, found.node.mapping == nil else { return (section, nil) }
    guard let word = found.node.scalar.flatMap(Word.init(scalar:)) else {
      note(found, key, Word.wanted + ", or a section with its keys below it", names: Word.names)
      return (section, nil)
    }
    return (section, word)
  }

  private func below(_ key: String, _ node: Node?) -> Section {
    let section = Section(path: full(key), node: node, in: document)
    sections[key] = section
    return section
  }

  /// The section that has a key, and the key's last word.
  private func home(of key: String) -> (Section, String) {
    var names = key.split(separator: ".").map(String.init)
    let last = names.popLast() ?? key
    return (names.reduce(self) { $0.section($1) }, last)
  }

  /// Whether `key` has a value, null not being one.
  func isGiven(_ key: String) -> Bool {
    isGivenByVariable(key) || inFile(key)?.isNull == false
  }

  /// Whether a variable gives `key`.
  func isGivenByVariable(_ key: String) -> Bool {
    document.variables[Document.variableName(for: full(key))] != nil
  }

  /// Knows keys whose values are not read.
  func know(_ keys: [String]) {
    for key in keys { _ = entry(key) }
  }

  /// Knows a key that means nothing beside a choice that was made with another key, and refuses a value.
  ///
  /// What the file says is let pass when a variable made the choice: it stands in for the file's.
  ///
  /// - Parameters:
  ///   - key: a key of this section.
  ///   - owners: the choices that it belongs to.
  ///   - choice: the path of the key that makes the choice.
  ///   - chosen: what was chosen.
  ///   - byVariable: whether a variable did.
  func refuse(
    _ key: String, of owners: [String], choice: String, chosen: String, byVariable: Bool
  ) {
    know([key])
    guard isGiven(key), !byVariable || isGivenByVariable(key) else { return }
    let path = full(key)
    document.report(
      isGivenByVariable(key)
        ? .variable(Document.variableName(for: path)) : document.place(at: path),
      path: path, "\(path) belongs to \(choice) \(owners.alternatives), not to \(chosen)")
  }

  /// Ends this section and those below it: keys that were not asked for are unknown.
  func finish() {
    for section in sections.values { section.finish() }
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

  private func inFile(_ key: String) -> Node? {
    pairs.first { $0.key.scalar?.string == key }?.value
  }

  private func know(_ key: String, _ entry: Document.Entry?) {
    if asked.insert(key).inserted { document.know(full(key), entry: entry) }
  }

  private func entry(_ key: String) -> Document.Entry? {
    let name = Document.variableName(for: full(key))
    let entry =
      document.variables[name].map { Document.Entry(node: Node($0), place: .variable(name)) }
      ?? inFile(key).map { Document.Entry(node: $0, place: document.place(of: $0)) }
    know(key, entry)
    return entry.flatMap { $0.node.isNull ? nil : $0 }
  }

  /// An entry whose variable, if it is one, holds YAML.
  private func structured(_ key: String) -> Document.Entry? {
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

  private func refuse<Value>(
    _ entry: Document.Entry, _ key: String, _ wanted: String, names: [String] = []
  ) -> Value? {
    note(entry, key, wanted, names: names)
    return nil
  }

  private func note(
    _ entry: Document.Entry, _ key: String, _ wanted: String, names: [String] = []
  ) {
    let problem = Problem(full(key), entry.node.shown, mustBe: wanted)
    let near = entry.node.scalar.flatMap { Suggestion.nearest(to: $0.string, among: names) }
    document.report(
      entry.place, path: problem.path,
      problem.description + (near.map { "; did you mean \($0)?" } ?? ""))
  }
}
