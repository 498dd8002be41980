import Baselines
import Formatting
import Jobs
import Ranking

/// Decides whether a trained model may be published, from figures alone.
struct Gate {
  /// Publish, or refuse with the reasons in the order of the rules.
  enum Verdict: Equatable {
    case publish
    case refuse(reasons: [String])

    /// Why it is refused; empty when it is not.
    var reasons: [String] {
      if case .refuse(let reasons) = self { reasons } else { [] }
    }
  }

  /// Below this probability a difference counts as significant.
  static let significance = 0.01

  /// With fewer live users a smaller number of users, or of rows, is no reason to refuse.
  static let fewestUsers = 100

  /// Applies the rules.
  ///
  /// Refused are: figures that are not finite; NDCG not above ItemPop's (first night: paired mean
  /// difference above 0; later: not below), unless a popular list is what the job publishes; NDCG below the
  /// live model's, significantly and by more than the tolerance; coverage under half the live one's;
  /// users or rows shrunk by more than allowed, where the live run had 100 users.
  ///
  /// - Parameters:
  ///   - figures: of this run and the live one.
  ///   - limits: the job's.
  /// - Returns: the verdict, with every reason that applies.
  static func decide(_ figures: Figures, limits: Job.GateLimits) -> Verdict {
    var reasons: [String] = []
    if !figures.isFinite { reasons.append("a loss or a parameter is not a finite number") }
    if figures.challenger.isEmpty {
      // The popular list is what is left where nobody can be tested.
      if !figures.isPopularList {
        reasons.append("no user has the 3 interactions that testing needs, so nothing was measured")
      }
    } else {
      // A popular list that was chosen is what is left where nothing is better by more than chance.
      if let itemPop = figures.itemPop, !figures.isPopularList {
        let (ours, popular) = (mean(figures.challenger), mean(itemPop))
        let isFirst = figures.liveUsers == nil
        if !(isFirst ? ours > popular : ours >= popular) {
          reasons.append(
            "whole-catalogue NDCG \(text(ours)) is not above ItemPop's \(text(popular))")
        }
      }
      if let live = figures.live,
        let reason = against(live, figures.stored ?? figures.challenger, limits)
      {
        reasons.append(reason)
      }
    }
    if let live = figures.liveCoverage, figures.coverage < live / 2 {
      reasons.append(
        "coverage \(text(figures.coverage)) is under half the live run's \(text(live))")
    }
    // The numbers of a few users say little.
    if let users = figures.liveUsers, users >= fewestUsers {
      if shrank(figures.users, from: users, limits) {
        reasons.append("users fell from \(users) to \(figures.users)")
      }
      if let rows = figures.liveRows, shrank(figures.rows, from: rows, limits) {
        reasons.append("rows to publish fell from \(rows) to \(figures.rows)")
      }
    }
    return reasons.isEmpty ? .publish : .refuse(reasons: reasons)
  }

  private static func against(
    _ live: [Double], _ challenger: [Double], _ limits: Job.GateLimits
  ) -> String? {
    let (ours, theirs) = (mean(challenger), mean(live))
    guard ours < theirs * (1 - limits.tolerance),
      let test = PairedTest(challenger, live), test.twoSided < significance
    else { return nil }
    return "whole-catalogue NDCG \(text(ours)) is below the live model's \(text(theirs)), "
      + "by more than \(text(limits.tolerance * 100)) % (\(Formatting.Figures.significance(test.twoSided)))"
  }

  private static func shrank(_ now: Int, from live: Int, _ limits: Job.GateLimits) -> Bool {
    Double(now) < Double(live) * (1 - limits.maxShrink)
  }

  static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// Four significant digits are enough to see why.
  private static func text(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    let rounded = (value * 10_000).rounded() / 10_000
    return "\(rounded)"
  }
}

/// What `ncf.runs.gate` holds of a decision.
struct GateRecord: Encodable {
  private let verdict: String
  private let reasons: [String]
  private let liveRunId: Int64?
  private var ndcg: Double?
  private var itempopNdcg: Double?
  private var liveNdcg: Double?
  private var compared: Int?
  private var pValue: Double?
  private var coverage: Double?
  private var liveCoverage: Double?
  private var users: Int?
  private var liveUsers: Int?
  private var rows: Int?
  private var liveRows: Int?

  /// A decision on figures.
  ///
  /// - Parameters:
  ///   - verdict: what was decided.
  ///   - figures: what it rests on; nil when training gave nothing to measure.
  ///   - live: the run that it was held against.
  ///   - isForced: whether a refusal was overruled.
  init(_ verdict: Gate.Verdict, on figures: Gate.Figures?, live: Int64?, isForced: Bool) {
    self.verdict = verdict == .publish ? "publish" : isForced ? "force" : "refuse"
    (reasons, liveRunId) = (verdict.reasons, live)
    guard let figures else { return }
    // JSON has no word for what is not a number.
    func number(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
    func mean(_ values: [Double]?) -> Double? {
      values.flatMap { $0.isEmpty ? nil : number(Gate.mean($0)) }
    }
    (ndcg, itempopNdcg) = (mean(figures.challenger), mean(figures.itemPop))
    liveNdcg = mean(figures.live)
    if let live = figures.live {
      compared = live.count
      pValue = number(PairedTest(figures.stored ?? figures.challenger, live)?.twoSided)
    }
    (coverage, liveCoverage) = (number(figures.coverage), number(figures.liveCoverage))
    (users, liveUsers) = (figures.users, figures.liveUsers)
    (rows, liveRows) = (figures.rows, figures.liveRows)
  }

  /// As JSON.
  ///
  /// - Throws: `EncodingError`.
  func json() throws -> String { try JSONText.encode(self) }
}
