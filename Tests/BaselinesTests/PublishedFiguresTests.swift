import Baselines
import Interactions
import Parallelism
import Ranking
import Testing

/// Figures on MovieLens-1M, split and sampled as published, beside those of others.
struct PublishedFiguresTests {
  /// Published: .4531 / .2542.
  ///
  /// The log at hand lacks 121 of the published file's 1,000,209 rows, all of very rare items, which
  /// moves NDCG by one in the fourth place. The exact figures were confirmed by a plain script.
  @Test(.enabled(if: MovieLens.folder != nil, "MovieLens-1M is not at hand"))
  func `ItemPop on MovieLens-1M gives the published figures`() throws {
    let data = try MovieLens()
    #expect(data.split.testUsers.count == data.userCount)
    let model = ItemPop(positives: data.split.beforeTest, itemCount: data.itemCount)
    let figures = try Figures(model, data)
    #expect(figures.rounded == [0.4531, 0.2541, 0.0414, 0.0204])
  }

  /// implicit 0.7.3 with these settings: .7232 / .4467, whole catalogue .0978 / .0484.
  ///
  /// From another start its figures differ by some thousandths.
  @Test(.enabled(if: MovieLens.folder != nil, "MovieLens-1M is not at hand"))
  func `iALS on MovieLens-1M is as good as implicit's`() throws {
    let data = try MovieLens()
    let factors = try ImplicitALS.train(
      positives: data.split.beforeTest, itemCount: data.itemCount, options: ALSOptions(),
      pool: WorkerPool(threads: 2))
    let figures = try Figures(factors, data)
    #expect(figures.hr > 0.7232 - 0.004 && figures.hr < 0.74, "\(figures)")
    #expect(figures.ndcg > 0.4467 - 0.003 && figures.ndcg < 0.46, "\(figures)")
    #expect(figures.fullNDCG > 0.0484 - 0.002, "\(figures)")
  }

  /// By a plain script in double precision (an inverse, and 256 eigenvectors found one by one):
  /// .7202 / .4527, whole catalogue .1101 / .0550.
  @Test(.enabled(if: MovieLens.folder != nil, "MovieLens-1M is not at hand"))
  func `EASE on MovieLens-1M gives the figures of the closed form`() throws {
    let data = try MovieLens()
    let factors = try ShallowAutoencoder.train(
      positives: data.split.beforeTest, itemCount: data.itemCount, options: EASEOptions(),
      pool: WorkerPool(threads: 2))
    let figures = try Figures(factors, data)
    #expect(abs(figures.hr - 0.7202) < 0.003 && abs(figures.ndcg - 0.4527) < 0.002, "\(figures)")
    #expect(
      abs(figures.fullHR - 0.1101) < 0.002 && abs(figures.fullNDCG - 0.0550) < 0.001,
      "\(figures)")
  }

  /// Published: .660 / .390, with its settings chosen on validation.
  @Test(.enabled(if: MovieLens.folder != nil, "MovieLens-1M is not at hand"))
  func `ItemKNN on MovieLens-1M is as good as published`() throws {
    let data = try MovieLens()
    let model = ItemKNN(
      positives: data.split.beforeTest, itemCount: data.itemCount, options: KNNOptions(),
      pool: WorkerPool(threads: 2))
    let figures = try Figures(model, data)
    #expect(figures.hr > 0.660 && figures.ndcg > 0.390, "\(figures)")
  }

  enum Method { case bpr, eals, mf }

  /// Well below what they can do, well above ItemPop: a dozen iterations keep the test short.
  @Test(
    .enabled(if: MovieLens.folder != nil, "MovieLens-1M is not at hand"),
    arguments: [Method.bpr, .eals, .mf])
  func `factorisations on MovieLens-1M are far above ItemPop`(method: Method) throws {
    let data = try MovieLens()
    let pool = WorkerPool(threads: 2)
    let (positives, itemCount) = (data.split.beforeTest, data.itemCount)
    let factors =
      switch method {
      case .bpr:
        try BPRFactorization.train(
          positives: positives, itemCount: itemCount,
          options: BPROptions(factors: 16, iterations: 12), pool: pool)
      case .mf:
        try LogLossFactorization.train(
          positives: positives, itemCount: itemCount,
          options: MFOptions(factors: 16, learningRate: 0.02, negatives: 4, iterations: 12),
          pool: pool)
      case .eals:
        try ElementwiseALS.train(
          positives: positives, itemCount: itemCount,
          options: EALSOptions(factors: 16, iterations: 12), pool: pool)
      }
    let figures = try Figures(factors, data)
    #expect(figures.hr > 0.62 && figures.ndcg > 0.36, "\(figures)")
  }

  private struct Figures {
    let hr: Double
    let ndcg: Double
    let fullHR: Double
    let fullNDCG: Double

    init(_ model: some Scorer, _ data: MovieLens) throws {
      let pool = WorkerPool(threads: 2)
      let sampled = HoldoutRanks.sampled(
        model, holdout: data.split.test, candidates: data.candidates, pool: pool)
      let full = HoldoutRanks.full(
        model, holdout: data.split.test, leavingOut: data.split.beforeTest, pool: pool)
      hr = try #require(sampled.estimate(.hr, k: 10)).value
      ndcg = try #require(sampled.estimate(.ndcg, k: 10)).value
      fullHR = try #require(full.estimate(.hr, k: 10)).value
      fullNDCG = try #require(full.estimate(.ndcg, k: 10)).value
    }

    /// To four places.
    var rounded: [Double] {
      [hr, ndcg, fullHR, fullNDCG].map { ($0 * 10_000).rounded() / 10_000 }
    }
  }
}
