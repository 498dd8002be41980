/// What a baseline may ask for while it learns.
package struct FitGuide {
  /// What an earlier fit has learnt, and what becomes of it.
  package enum Earlier: Sendable {
    /// Users' states move on over the log, and nothing is trained: of the same catalogue.
    case moved(FittedHistory)
    /// Its epochs and shares are taken over, nothing else.
    case repeated(FittedHistory)

    /// What the earlier fit has learnt.
    var fitted: FittedHistory {
      switch self {
      case .moved(let fitted), .repeated(let fitted): fitted
      }
    }
  }

  /// What an earlier fit has learnt; nil for none.
  package var earlier: Earlier?
  /// NDCG on interactions that are not learnt; nil where nothing can be judged.
  package var judge: (FittedBaseline) throws -> Double?
  /// Fits a part of what is learnt; nil: at once, with this guide.
  package var part: ((any BaselineOptions) throws -> FittedBaseline)?

  /// Names what there is.
  ///
  /// - Parameters:
  ///   - earlier: what an earlier fit has learnt; nil for none.
  ///   - judge: NDCG on interactions that are not learnt; nil where nothing can be judged.
  ///   - part: fits a part of what is learnt; nil: at once, with this guide.
  package init(
    earlier: Earlier? = nil, judge: @escaping (FittedBaseline) throws -> Double? = { _ in nil },
    part: ((any BaselineOptions) throws -> FittedBaseline)? = nil
  ) {
    (self.earlier, self.judge, self.part) = (earlier, judge, part)
  }
}
