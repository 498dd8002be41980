import Baselines
import Interactions
package import Parallelism
package import Ranking

/// Finds for each item those most like it.
///
/// By a network, how alike two items are is the cosine of their vectors; by neighbours, what they were
/// chosen by. An item is not like itself, nothing is listed that may not be recommended, and nothing
/// whose likeness is not above 0: a list may be short, or empty.
package struct SimilarItems {
  private enum Basis {
    case vectors(MatrixFactors)
    case neighbours([[(item: UInt32, similarity: Float)]])
    case nothing
  }

  private let basis: Basis
  private let itemCount: Int
  private let k: Int
  private let eligible: [Bool]?
  private let pool: WorkerPool
  /// Each item by itself: what its own list leaves out.
  private let itself: UserItems

  /// Prepares to find them.
  ///
  /// - Parameters:
  ///   - model: what has learnt about the items.
  ///   - itemCount: how many there are.
  ///   - k: how long a list may be, 1 or more.
  ///   - eligible: for each item whether it may be listed; nil when all may.
  ///   - pool: who works.
  package init(
    _ model: PublishedModel, itemCount: Int, k: Int, eligible: [Bool]?, pool: WorkerPool
  ) {
    (self.itemCount, self.k, self.eligible, self.pool) = (itemCount, k, eligible, pool)
    itself = UserItems(
      offsets: Array(0...itemCount), items: (0..<itemCount).map { UInt32($0) })
    switch model {
    case .network(let model):
      let vectors = ItemVectors(model, pool: pool)
      basis =
        vectors.width == 0
        ? .nothing
        : .vectors(
          MatrixFactors(
            width: vectors.width, userCount: itemCount, itemCount: itemCount,
            users: vectors.values, items: vectors.values))
    case .neighbours(let model): basis = .neighbours(Self.neighbours(model))
    }
  }

  /// Finds the lists of consecutive items.
  package func lists(of items: Range<Int>) -> RecommendationLists {
    let owners = items.map { UInt32($0) }
    switch basis {
    case .vectors(let vectors):
      return Self.above0(
        topK(vectors, users: owners, k: k, history: itself, eligible: eligible, pool: pool))
    case .neighbours(let neighbours):
      var (offsets, found, scores): ([Int], [UInt32], [Float]) = ([0], [], [])
      for item in items {
        let listed = neighbours[item].filter { eligible?[Int($0.item)] ?? true }.prefix(k)
        found += listed.map(\.item)
        scores += listed.map(\.similarity)
        offsets.append(found.count)
      }
      return Self.above0(
        RecommendationLists(users: owners, offsets: offsets, items: found, scores: scores))
    case .nothing:
      return RecommendationLists(
        users: owners, offsets: [Int](repeating: 0, count: items.count + 1), items: [],
        scores: [])
    }
  }

  /// The model knows whose neighbour an item is; this is each item's own neighbours, best first.
  private static func neighbours(
    _ model: ItemKNN
  ) -> [[(item: UInt32, similarity: Float)]] {
    var lists = [[(item: UInt32, similarity: Float)]](repeating: [], count: model.itemCount)
    for neighbour in 0..<model.itemCount {
      for place in model.offsets[neighbour]..<model.offsets[neighbour + 1] {
        lists[Int(model.items[place])].append(
          (UInt32(neighbour), model.similarities[place]))
      }
    }
    // They come in the order of their numbers, which a stable sort would keep; this one says so.
    for item in lists.indices {
      lists[item].sort {
        $0.similarity != $1.similarity ? $0.similarity > $1.similarity : $0.item < $1.item
      }
    }
    return lists
  }

  /// The lists up to the first score that is not above 0.
  private static func above0(_ lists: RecommendationLists) -> RecommendationLists {
    var (offsets, items, scores): ([Int], [UInt32], [Float]) = ([0], [], [])
    for list in 0..<lists.count {
      for place in lists.range(ofList: list) where lists.scores[place] > 0 {
        items.append(lists.items[place])
        // Rounding may take a cosine a little beyond 1.
        scores.append(min(1, lists.scores[place]))
      }
      offsets.append(items.count)
    }
    return RecommendationLists(
      users: lists.users, offsets: offsets, items: items, scores: scores)
  }
}
