import Jobs
import NCF

extension Job {
  /// Reads a job from the text of a YAML file, with variables of the environment before the file's
  /// values: `train.epochs` is overridden by `NCF_TRAIN_EPOCHS`.
  ///
  /// - Parameters:
  ///   - yaml: the file's text.
  ///   - file: its name in messages.
  ///   - variables: the environment; names that don't begin with `NCF_` are ignored.
  /// - Throws: `ConfigurationError` with every problem found.
  package init(
    yaml: String, file: String, variables: [String: String] = [:]
  ) throws(ConfigurationError) {
    let document = try Document(text: yaml, file: file, variables: variables)
    var top = Section(document)
    let name = top.text("job")
    let source = Self.readSource(top.section("source"), in: document)
    let users = Self.readUsers(top.section("users"))
    let items = Self.readItems(top.section("items"))
    let exclude = Self.readExclusion(top.section("exclude"))
    let popular = Self.readPopular(top.section("popular"))
    let model = Self.readModel(&top)
    let (training, initial, nightly) = Self.readTraining(top.section("train"), model)
    let evaluation = Self.readEvaluation(top.section("evaluate"))
    let gate = Self.readGate(top.section("gate"))
    let output = Self.readOutput(top.section("output"))
    top.finish()
    try document.finish()
    self.init(
      name: name ?? "default", source: source, users: users, items: items, exclude: exclude,
      popular: popular, method: model.method, model: model.spec, baselines: model.baselines,
      training: training, initial: initial, nightly: nightly, evaluation: evaluation, gate: gate,
      output: output)
    // The factors that the GMF part starts from say how wide it is, unless the file does.
    if training.pretrain == .factors, !model.hasWidth { self.model.gmfWidth = initial.width }
    try check(against: document)
  }

  /// The names of all variables that override a key.
  package static var variableNames: [String] { keys.map(Document.variableName) }

  /// All keys that a file may have, sections too, by their paths.
  package static var keys: [String] {
    guard let document = try? Document(text: "", file: "", variables: [:]) else { return [] }
    var top = Section(document)
    _ = top.text("job")
    _ = readSource(top.section("source"), in: document)
    _ = readUsers(top.section("users"))
    _ = readItems(top.section("items"))
    _ = readExclusion(top.section("exclude"))
    _ = readPopular(top.section("popular"))
    _ = readTraining(top.section("train"), readModel(&top))
    _ = readEvaluation(top.section("evaluate"))
    _ = readGate(top.section("gate"))
    _ = readOutput(top.section("output"))
    return document.knownPaths
  }

  /// Turns the first value that can't work into an error at its place.
  private func check(against document: Document) throws(ConfigurationError) {
    do {
      try validate()
    } catch {
      // The message begins with the key, as the file spells it.
      let path = error.what.split(separator: " ").first.map(String.init) ?? ""
      var message = error.advice ?? error.what
      let isNamed = path.contains(".") ? message.contains(path) : message.hasPrefix(path)
      if !isNamed { message = "\(path): \(message)" }
      var above = path
      while !above.isEmpty {
        if let (place, text) = document.given[above] {
          // Unless the message says what the value is, as in "train.loss: log needs a probability".
          if above == path, let text, !Section.isLikeSecret(text), !message.contains(", not "),
            !message.hasPrefix("\(path): \(text) ")
          {
            message += ", not \(text)"
          }
          throw ConfigurationError(problems: [.init(place: place, path: path, message: message)])
        }
        above = above.split(separator: ".").dropLast().joined(separator: ".")
      }
      let top = Place.file(document.file, line: 1, column: 1)
      throw ConfigurationError(problems: [.init(place: top, path: path, message: message)])
    }
  }

  // MARK: - Sections

  private static func readSource(_ section: Section, in document: Document) -> Source {
    var section = section
    let relation = readRelation(&section, in: document)
    let window: Age? = section.value("window", wanted: ageForm) { Age($0) }
    var source = Source(relation: relation, window: window)
    if let age = section.value("lookback", wanted: ageForm, { Age($0) }) { source.lookback = age }
    if let count = section.integer("min_interactions") { source.minInteractions = count }
    if let count = section.integer("connections") { source.connections = count }
    source.events = section.numbers("events")
    source.minValue = section.number("min_value")
    source.halfLife = section.value("half_life", wanted: ageForm) { Age($0) }
    source.maxPerUser = section.integer("max_per_user")
    section.finish()
    return source
  }

  private static func readRelation(
    _ section: inout Section, in document: Document
  ) -> Source.Relation {
    var query = section.text("query")
    var table = section.text("table")
    var names = section.section("columns")
    var columns = Source.Columns()
    if let name = names.text("user_id") { columns.user = name }
    if let name = names.text("item_id") { columns.item = name }
    if let name = names.text("occurred_at") { columns.time = name }
    columns.event = names.text("event_type")
    columns.value = names.text("value")
    names.finish()

    // A variable stands in for the file's choice between the two, not beside it.
    if query != nil, table != nil {
      switch (section.isGivenByVariable("query"), section.isGivenByVariable("table")) {
      case (true, false): table = nil
      case (false, true): query = nil
      default:
        let place = document.given["source.table"]?.place
        document.report(
          place ?? .file(document.file, line: 1, column: 1), path: "source.table",
          "source.table and source.query exclude each other: keep one")
      }
    }
    if let query {
      if let place = document.given["source.columns"]?.place, !section.isGivenByVariable("query") {
        document.report(
          place, path: "source.columns",
          "source.columns belongs to source.table; in a query, name the columns with AS")
      }
      return .query(query)
    }
    if table == nil, document.isSound(at: "source.query"), document.isSound(at: "source.table") {
      let place = document.given["source"]?.place
      document.report(
        place ?? .file(document.file, line: 1, column: 1), path: "source",
        "source must say where interactions are: source.table or source.query")
    }
    return .table(table ?? "", columns: columns)
  }

  private static func readEvaluation(_ section: Section) -> Evaluation {
    var section = section
    var evaluation = Evaluation()
    if let k = section.integer("k") { evaluation.k = k }
    if let sampled = section.integer("sampled") { evaluation.sampled = sampled }
    evaluation.candidates = section.text("candidates")
    section.finish()
    return evaluation
  }

  private static func readGate(_ section: Section) -> GateLimits {
    var section = section
    var gate = GateLimits()
    if let tolerance = section.number("tolerance") { gate.tolerance = tolerance }
    if let maxShrink = section.number("max_shrink") { gate.maxShrink = maxShrink }
    section.finish()
    return gate
  }

  private static func readOutput(_ section: Section) -> Output {
    var section = section
    var output = Output()
    if let schema = section.text("schema") { output.schema = schema }
    if let k = section.integer("k") { output.k = k }
    if let similar = section.integer("similar") { output.similar = similar }
    if let vectors = section.flag("vectors") { output.vectors = vectors }
    if let runs = section.integer("keep_runs") { output.keepRuns = runs }
    if let days = section.integer("keep_days") { output.keepDays = days }
    section.finish()
    return output
  }

  static let ageForm = "an age such as 90d or 2y (units: s, min, h, d, w, mo, y)"
}
