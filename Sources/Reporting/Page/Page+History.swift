import Formatting
import Jobs

/// How the run stands among the job's nights, and what it cost.
extension Page {
  /// HR and NDCG of the job's runs, with what was refused.
  var course: Markup {
    let nights = dossier.history
    guard nights.contains(where: { $0.ndcg.model != nil }) else { return .none }
    let k = dossier.run.k
    let charts: [Markup] = [
      chart("ndcg", "NDCG@\(k), whole catalogue", \.ndcg),
      chart("hr", "HR@\(k), whole catalogue", \.hr),
    ]
    let rows = nights.reversed().map { night -> [String] in
      let figures = [night.ndcg.model, night.ndcg.live, night.ndcg.itemPop, night.hr.model]
      let reason = night.reason?.split(separator: "\n").first.map(String.init)
      return ["\(night.runID)", night.startedAt, night.status.rawValue]
        + figures.map(Self.fourDecimals) + [reason ?? ""]
    }
    let many = nights.count == 1 ? "The job's first run." : "The job's last \(nights.count) runs."
    return section(
      "course", "History",
      about: """
        \(many) A cross is a run that the gate refused: the lists of the night before went on being served. \
        A stroke on the axis is one that failed or was stopped. The live model is measured on the same \
        night's users as the new one.
        """,
      """
      <div class="two">
      \(charts)</div>
      \(DataTable(
        header: [
          "run", "began, UTC", "status", "NDCG@\(k)", "live model", "ItemPop", "HR@\(k)", "reason",
        ], rows: rows, caption: "Runs of the job, newest first").folded)
      """)
  }

  private func chart(
    _ id: String, _ title: String, _ path: KeyPath<RunDossier.Night, RunDossier.Standing>
  ) -> Markup {
    let nights = dossier.history
    func series(
      _ look: ModelLook, _ value: KeyPath<RunDossier.Standing, Double?>, ownOnly: Bool
    ) -> LineChart.Series? {
      let points = nights.enumerated().compactMap { index, night -> LineChart.Point? in
        if ownOnly, night.status == .refused { return nil }
        return night[keyPath: path][keyPath: value].map { LineChart.Point(x: Double(index), y: $0) }
      }
      guard !points.isEmpty else { return nil }
      let here = ownOnly ? nights.lastIndex { $0.runID == dossier.run.runID } : nil
      return LineChart.Series(
        look: look, points: points, mark: points.last { $0.x == here.map(Double.init) })
    }
    let refused = nights.indices.filter { nights[$0].status == .refused }
    let faults = nights.enumerated().compactMap { index, night -> LineChart.Fault? in
      switch night.status {
      case .refused:
        // So many words would lie on each other; the last one says what the crosses are.
        LineChart.Fault(
          x: Double(index), y: night[keyPath: path].model,
          word: index == refused.last ? "refused" : nil)
      case .failed, .interrupted, .abandoned:
        LineChart.Fault(x: Double(index), y: nil, word: nil)
      case .running, .published, .trained, .skipped: nil
      }
    }
    return LineChart(
      id: "course-\(id)", title: title, along: "runs, by the day they began",
      series: [
        series(ModelLook(model: "itempop"), \.itemPop, ownOnly: false),
        series(ModelLook(model: "live"), \.live, ownOnly: false),
        series(ModelLook(model: ownModel, isOwn: true), \.model, ownOnly: true),
      ].compactMap { $0 },
      ticks: dayTicks, faults: faults
    ).figure
  }

  /// The days of a few runs, evenly apart.
  private var dayTicks: [(at: Double, word: String)] {
    let nights = dossier.history
    let step = max(1, (nights.count + 3) / 4)
    return nights.indices.reversed().filter { (nights.count - 1 - $0).isMultiple(of: step) }
      .map { (Double($0), String(nights[$0].startedAt.dropFirst(5).prefix(5))) }
  }

  /// Time and memory, and what the run was asked and read.
  var cost: Markup {
    let run = dossier.run
    let bars = dossier.stages.map { stage in
      BarChart.Bar(
        name: stage.stage.rawValue, value: stage.seconds,
        figure: "\(Figures.duration(stage.seconds)), \(Self.bytes(stage.peakRSSBytes))")
    }
    var facts: [(String, String?)] = [
      ("rows read", run.rowsRead.map(Figures.count)),
      ("interactions", run.rowsUsed.map(Figures.count)),
    ]
    facts += dossier.rejected.map { ("left out: \($0.reason)", Figures.count($0.rows)) }
    facts += [
      ("users", run.users.map(Figures.count)), ("items", run.items.map(Figures.count)),
      ("popular list for", run.coldUsers.map { "\(Figures.count($0)) users" }),
      ("knows the log until", run.watermark.map { "\($0) UTC" }),
      ("seed", run.seed), ("machine", run.host.isEmpty ? nil : run.host),
      ("ncf-batch", run.version), ("PostgreSQL", run.serverVersion),
    ]
    let named: [Markup] = facts.compactMap { name, value in
      value.map { "<dt>\(name)</dt><dd><bdi>\($0)</bdi></dd>\n" }
    }
    let models = run.modelSHA256.map { [("model", $0)] } ?? []
    let sums: [Markup] = ([("configuration", run.configSHA256)] + models).map { name, sum in
      "<dt>\(name), SHA-256</dt><dd><code>\(sum)</code></dd>\n"
    }
    return section(
      "cost", "Time, and what was read",
      about: "Time of each stage, and the most memory that the process had held by its end.",
      """
      <div class="two">
      \(BarChart.lying(id: "stages", title: "Stages", bars))<dl class="facts">
      \(named)\(sums)</dl>
      </div>

      """)
  }

  /// A figure of quality; a hyphen for none.
  static func fourDecimals(_ value: Double?) -> String {
    value.map { Figures.fixed($0, 4) } ?? "-"
  }

  static func bytes(_ count: Int) -> String {
    let mebibytes = Double(count) / 1_048_576
    return mebibytes < 1000
      ? "\(Figures.fixed(mebibytes, 0)) MiB" : "\(Figures.fixed(mebibytes / 1024, 1)) GiB"
  }
}
