import Formatting
import Jobs

/// Which method a search chose.
extension Page {
  /// The choice in a sentence, and its trials; nothing where the job names its method.
  var choice: Markup {
    guard let choice = dossier.choice else { return .none }
    let horizon = choice.horizon.map { seconds in
      let days = Double(seconds) / 86_400
      return " The test began \(Figures.fixed(days, days.rounded() == days ? 0 : 1)) days before "
        + "the newest event."
    }
    return section(
      "choice", "The method that was chosen",
      about: """
        Each trial learnt the log without the validation interactions of \
        \(Figures.count(choice.validatedUsers)) users and ranked them over the whole catalogue. One half of the \
        users chose the settings of each method, the other half chose among the methods. The search took \
        \(Figures.duration(choice.seconds)).\(horizon ?? "")
        """,
      """
      <p>\(choice.sentence).</p>
      \(trials(of: choice).folded)\(skipped(by: choice))
      """)
  }

  private func trials(of choice: ChosenMethod) -> DataTable {
    DataTable(
      header: [
        "trial", "users learnt", "NDCG@\(choice.k), choosing settings",
        "NDCG@\(choice.k), choosing methods",
        "seconds",
      ],
      rows: choice.trials.map { trial in
        [
          trial.words + (trial.window == 0 ? "" : ", window \(trial.window)"),
          trial.oneIn == 1 ? "all" : "one in \(trial.oneIn)",
          Figures.fixed(trial.ndcg, 4), Figures.fixed(trial.ndcgOfOthers, 4),
          Figures.seconds(trial.seconds),
        ]
      }, caption: "Trials of the search, by each half of the users")
  }

  /// What was not tried, with the reasons.
  private func skipped(by choice: ChosenMethod) -> Markup {
    if choice.skipped.isEmpty { return .none }
    let lines: [Markup] = choice.skipped.map { "<li><bdi>\($0)</bdi></li>\n" }
    return """
      <details><summary>\(choice.skipped.count) not tried</summary>
      <ul>
      \(lines)</ul></details>

      """
  }
}
