/// Figures of the paper and of later work on its two data sets, where they exist as text.
///
/// Source: He et al., "Neural Collaborative Filtering", WWW 2017, Tables 2 to 4, HR@10 and NDCG@10,
/// leave-one-out, one item among 100; the epoch was picked on the test set. ItemPop and ItemKNN are
/// Rendle et al., "Neural Collaborative Filtering vs. Matrix Factorization Revisited", RecSys 2020,
/// and Ferrari Dacrema et al., TOIS 2021, on the same files.
package struct Published: Sendable, Equatable {
  /// A data set of the paper.
  package enum Dataset: String, Sendable, CaseIterable {
    /// MovieLens 1M: 6,040 users, 3,706 items.
    case movieLens = "ml-1m"
    /// Pinterest: 55,187 users, 9,916 items.
    case pinterest
  }

  /// HR@10 and NDCG@10.
  package struct Pair: Sendable, Equatable {
    /// Hit ratio.
    package let hr: Double
    /// NDCG.
    package let ndcg: Double

    /// Two figures in the order of the tables.
    package init(_ hr: Double, _ ndcg: Double) {
      (self.hr, self.ndcg) = (hr, ndcg)
    }
  }

  /// Which data set the figures are of.
  package let dataset: Dataset

  /// The figures of a data set.
  package init(_ dataset: Dataset) { self.dataset = dataset }

  /// The figures of the data set that has this size, users exactly and items within 1 %; nil when
  /// there is none.
  package init?(users: Int, items: Int) {
    switch (users, items) {
    case (6_040, 3_669...3_743): self.init(.movieLens)
    case (55_187, 9_817...10_015): self.init(.pinterest)
    default: return nil
    }
  }

  /// The factors of every table.
  package static let factors = [8, 16, 32, 64]

  /// What was published for a method by its label; nil where nothing was.
  package func pair(_ label: String, factors: Int) -> Pair? {
    let tables = dataset == .movieLens ? Tables.movieLens : Tables.pinterest
    let place = Self.factors.firstIndex(of: factors)
    switch label {
    case "ItemPop": return tables.itemPop
    case "ItemKNN": return tables.itemKNN
    case "NeuMF, pre-trained": return place.map { tables.preTrained[$0] }
    case "NeuMF": return place.map { tables.fresh[$0] }
    case "MLP-0", "MLP-1", "MLP-2", "MLP-3", "MLP-4":
      let layers = Int(String(label.suffix(1))) ?? 0
      return place.map { Pair(tables.layersHR[$0][layers], tables.layersNDCG[$0][layers]) }
    default: return nil
    }
  }
}

/// The figures of one data set.
private struct Tables {
  let itemPop: Published.Pair
  let itemKNN: Published.Pair
  /// Table 2, a pair for each number of factors.
  let preTrained: [Published.Pair]
  let fresh: [Published.Pair]
  /// Tables 3 and 4: a row for each number of factors, a column for each of MLP-0 to MLP-4.
  let layersHR: [[Double]]
  let layersNDCG: [[Double]]

  static let movieLens = Tables(
    itemPop: .init(0.453, 0.254), itemKNN: .init(0.660, 0.390),
    preTrained: [
      .init(0.684, 0.403), .init(0.707, 0.426), .init(0.726, 0.445), .init(0.730, 0.447),
    ],
    fresh: [.init(0.688, 0.410), .init(0.696, 0.420), .init(0.701, 0.425), .init(0.705, 0.426)],
    layersHR: [
      [0.452, 0.628, 0.655, 0.671, 0.678], [0.454, 0.663, 0.674, 0.684, 0.690],
      [0.453, 0.682, 0.687, 0.692, 0.699], [0.453, 0.687, 0.696, 0.702, 0.707],
    ],
    layersNDCG: [
      [0.253, 0.359, 0.383, 0.399, 0.406], [0.252, 0.391, 0.402, 0.410, 0.415],
      [0.252, 0.406, 0.410, 0.425, 0.423], [0.251, 0.409, 0.417, 0.426, 0.432],
    ])

  static let pinterest = Tables(
    itemPop: .init(0.274, 0.141), itemKNN: .init(0.874, 0.563),
    preTrained: [
      .init(0.878, 0.555), .init(0.880, 0.558), .init(0.879, 0.555), .init(0.877, 0.552),
    ],
    fresh: [.init(0.869, 0.546), .init(0.871, 0.547), .init(0.870, 0.549), .init(0.872, 0.551)],
    layersHR: [
      [0.275, 0.848, 0.855, 0.859, 0.862], [0.274, 0.855, 0.861, 0.865, 0.867],
      [0.273, 0.861, 0.863, 0.868, 0.867], [0.274, 0.864, 0.867, 0.869, 0.873],
    ],
    layersNDCG: [
      [0.141, 0.526, 0.534, 0.536, 0.539], [0.141, 0.532, 0.536, 0.538, 0.544],
      [0.142, 0.537, 0.538, 0.542, 0.546], [0.141, 0.538, 0.542, 0.545, 0.550],
    ])
}
