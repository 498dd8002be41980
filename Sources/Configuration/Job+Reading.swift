import Jobs
import NCF
import Settings

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
    self.init(readingAll: document)
    try document.finish()
    let problems = problems
    if !problems.isEmpty { throw ConfigurationError(problems: problems.map(document.located)) }
  }

  /// The names of all variables that override a key.
  package static var variableNames: [String] { keys.map(Document.variableName) }

  /// All keys that a file may have, sections too, by their paths.
  package static var keys: [String] {
    guard let document = try? Document(text: "", file: "", variables: [:]) else { return [] }
    _ = Job(readingAll: document)
    return document.knownPaths
  }

  /// Reads all keys; what is wrong is noted in the document.
  private init(readingAll document: Document) {
    let top = Section(document)
    self.init(source: Source(relation: .query("")))
    top.read("job", &name)
    readSource(top.section("source"), in: document)
    readLists(top)
    let train = top.section("train")
    let hasWidth = readModel(top, train)
    readTraining(train)
    // The factors that the GMF part starts from say how wide it is, unless the file does.
    if training.pretrain == .factors, !hasWidth { model.gmfWidth = initial.width }
    let auto = top.section("auto")
    auto.read("budget", &self.auto.budget)
    auto.read("trials", &self.auto.trials)
    auto.read("every", &self.auto.every)
    let evaluate = top.section("evaluate")
    evaluate.read(&evaluation)
    evaluate.read("split", &evaluation.split)
    evaluate.read("horizon", &evaluation.horizon)
    evaluate.read("rivals", &evaluation.rivals)
    evaluate.read("candidates", &evaluation.candidates)
    top.section("gate").read(&gate)
    let output = top.section("output")
    output.read("schema", &self.output.schema)
    output.read(&self.output)
    output.read("vectors", &self.output.vectors)
    top.finish()
  }

  // MARK: - Rows and lists

  private mutating func readSource(_ section: Section, in document: Document) {
    source.relation = Self.readRelation(section, in: document)
    section.read(&source)
    section.read("window", &source.window)
    section.read("lookback", &source.lookback)
    source.events = section.numbers("events")
    section.read("min_value", &source.minValue)
    section.read("half_life", &source.halfLife)
    section.read("max_per_user", &source.maxPerUser)
  }

  private static func readRelation(_ section: Section, in document: Document) -> Source.Relation {
    var query: String? = section.value("query")
    var table: String? = section.value("table")
    var columns = Source.Columns()
    let names = section.section("columns")
    names.read("user_id", &columns.user)
    names.read("item_id", &columns.item)
    names.read("occurred_at", &columns.time)
    names.read("event_type", &columns.event)
    names.read("value", &columns.value)

    // A variable stands in for the file's choice between the two, not beside it.
    if query != nil, table != nil {
      switch (section.isGivenByVariable("query"), section.isGivenByVariable("table")) {
      case (true, false): table = nil
      case (false, true): query = nil
      default:
        document.report(
          at: "source.table", "source.table and source.query exclude each other: keep one")
      }
    }
    if let query {
      if document.given["source.columns"] != nil, !section.isGivenByVariable("query") {
        document.report(
          at: "source.columns",
          "source.columns belongs to source.table; in a query, name the columns with AS")
      }
      return .query(query)
    }
    if table == nil, document.isSound(at: "source.query"), document.isSound(at: "source.table") {
      document.report(
        at: "source", "source must say where interactions are: source.table or source.query")
    }
    return .table(table ?? "", columns: columns)
  }

  /// The sections that say who gets a list and what may be in it.
  private mutating func readLists(_ top: Section) {
    let user = top.section("users")
    user.read("query", &users.query)
    user.read("active_within", &users.activeWithin)
    if case .given(let count)? = user.value("cold_below") as OrAuto<Int>? {
      users.coldBelow = count
    }
    user.read("forget_absent", &users.forgetAbsent)
    user.read("features", &users.features)
    let item = top.section("items")
    item.read("eligible", &items.eligible)
    item.read("group", &items.group)
    item.read("max_per_group", &items.maxPerGroup)
    item.read("features", &items.features)
    let excluded = top.section("exclude")
    excluded.read("consumed", &exclude.consumed)
    exclude.events = excluded.list("events", wanted: "a list of names, such as [purchase, hide]")
    excluded.read("readmit_after", &exclude.readmitAfter)
    top.section("served").read("impressions", &served.impressions)
    top.read("popular.window", &popular.window)
    top.read("popular.half_life", &popular.halfLife)
  }
}
