package import Baselines
import Interactions
package import NCF

/// Scores by whichever model it holds.
///
/// A choice between two known scorers, not `any Scorer`: ranking is compiled for it as a whole, and
/// the choice is made once a tile.
package enum PublishedScorer: Scorer {
  /// Logits of a network.
  case network(NeuralScorer)
  /// Sums of similarities.
  case neighbours(ItemKNN)

  /// One thread's working memory, made when it is first needed.
  struct Scratch {
    fileprivate var network: ScoringScratch?
    fileprivate var neighbours: ItemKNN.Scratch?
  }

  /// How many users can be scored.
  var userCount: Int { scorer.userCount }
  /// How many items can be scored.
  var itemCount: Int { scorer.itemCount }

  private var scorer: any Scorer {
    switch self {
    case .network(let scorer): scorer
    case .neighbours(let scorer): scorer
    }
  }

  /// Makes working memory for one thread.
  func makeScratch() -> Scratch { Scratch() }

  /// Scores users against consecutive items, row by row.
  func fill(
    _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
    scratch: inout Scratch
  ) {
    switch self {
    case .network(let scorer):
      // Taken out rather than copied, so that it is changed in place.
      var own = scratch.network.take() ?? scorer.makeScratch()
      scorer.fill(&scores, users: users, items: items, scratch: &own)
      scratch.network = own
    case .neighbours(let scorer):
      var own = scratch.neighbours.take() ?? scorer.makeScratch()
      scorer.fill(&scores, users: users, items: items, scratch: &own)
      scratch.neighbours = own
    }
  }

  /// Scores a user against any items.
  func fill(
    _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>, scratch: inout Scratch
  ) {
    switch self {
    case .network(let scorer):
      var own = scratch.network.take() ?? scorer.makeScratch()
      scorer.fill(&scores, user: user, items: items, scratch: &own)
      scratch.network = own
    case .neighbours(let scorer):
      var own = scratch.neighbours.take() ?? scorer.makeScratch()
      scorer.fill(&scores, user: user, items: items, scratch: &own)
      scratch.neighbours = own
    }
  }
}
