import Formatting
import Ranking

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
    reasons = verdict.reasons
    liveRunId = live
    guard let figures else { return }
    // JSON has no word for what is not a number.
    func number(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
    func mean(_ values: [Double]?) -> Double? {
      values.flatMap { $0.isEmpty ? nil : number(Gate.mean($0)) }
    }
    ndcg = mean(figures.challenger)
    itempopNdcg = mean(figures.itemPop)
    liveNdcg = mean(figures.live)
    if let live = figures.live {
      compared = live.count
      pValue = number(PairedTest(figures.stored ?? figures.challenger, live)?.twoSided)
    }
    coverage = number(figures.coverage)
    liveCoverage = number(figures.liveCoverage)
    (users, liveUsers) = (figures.users, figures.liveUsers)
    (rows, liveRows) = (figures.rows, figures.liveRows)
  }

  /// As JSON.
  ///
  /// - Throws: `EncodingError`.
  func json() throws -> String { try JSONText.encode(self) }
}
