import Formatting
import Jobs

/// The choice of a method, as JSON and in a sentence.
extension RunReport {
  static func json(_ choice: ChosenMethod) -> JSON {
    [
      "search_run_id": choice.searchRun, "searched_at": choice.searchedAt, "method": choice.name,
      "words": choice.words,
      "settings": JSON.object(choice.settings.map { ($0.key, json(setting: $0.value)) }),
      "popular": choice.isPopularList, "k": choice.k, "ndcg": choice.ndcg,
      "popular_ndcg": choice.bestPopularList?.ndcgOfOthers,
      "validated_users": choice.validatedUsers, "seconds": choice.seconds,
      "horizon_seconds": choice.horizon, "trials": choice.trials.map(json),
      "skipped": choice.skipped,
    ]
  }

  private static func json(_ trial: ChosenMethod.Trial) -> JSON {
    [
      "method": trial.method, "words": trial.words, "popular": trial.isPopularList,
      "one_in": trial.oneIn, "window": trial.window, "ndcg": trial.ndcg,
      "ndcg_of_others": trial.ndcgOfOthers,
      "seconds": trial.seconds,
    ]
  }

  /// A number where it is one.
  private static func json(setting value: String) -> JSON {
    Int(value).map(JSON.integer) ?? Double(value).map(JSON.number) ?? .text(value)
  }
}

extension ChosenMethod {
  /// What was chosen, among how many, by which run, and how it ranks beside the best popular list.
  var sentence: String {
    let methods = "\(methodCount) method\(methodCount == 1 ? "" : "s")"
    let settings = "\(settingCount) setting\(settingCount == 1 ? "" : "s")"
    let beside =
      isPopularList
      ? "nothing ranked better by more than chance, so that everybody gets the popular list"
      : bestPopularList.map { "the best popular list \(Figures.fixed($0.ndcgOfOthers, 4))" }
    return "\(phrase) was chosen among \(methods) and \(settings) by run \(searchRun) of "
      + "\(searchedOn) UTC; its validation NDCG@\(k) was \(Figures.fixed(ndcg, 4))"
      + (beside.map { ", \($0)" } ?? "")
  }

  /// The name with the settings in brackets.
  private var phrase: String {
    let settings = words.dropFirst(name.count).drop { ", ".contains($0) }
    return settings.isEmpty ? name : "\(name) (\(settings))"
  }
}
