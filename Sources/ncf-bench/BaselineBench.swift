import ArgumentParser
import Baselines
import Interactions
import Parallelism

/// Times the factorisations that neural models are held against.
struct BaselineBench {
  /// Settings that are timed here and at the peer.
  static let grid = [ALSOptions()]

  private let figures: Figures
  private let split: HoldoutSplit
  private let itemCount: Int
  private let repeats: Int
  private let pool: WorkerPool

  init(_ figures: Figures, table: InteractionTable, repeats: Int, pool: WorkerPool) {
    self.figures = figures
    split = HoldoutSplit(table, UserSequences(firstEventsOf: table))
    itemCount = table.itemCount
    (self.repeats, self.pool) = (repeats, pool)
  }

  /// What a figure of iALS is called.
  static func name(_ options: ALSOptions) -> String {
    "iALS, \(options.factors) factors, \(options.iterations) iterations"
  }

  /// What the figure of an inverse is called.
  static func inverseName(_ order: Int) -> String { "inverse of \(order) x \(order)" }

  /// Seconds of a whole training on everything but the test items.
  func run() throws {
    for options in Self.grid { try time(options, as: Self.name(options)) }
    let ease = EASEOptions()
    guard itemCount <= ShallowAutoencoder.mostItems else { return }
    try time(ease, as: "EASE, \(ease.factors) factors, \(itemCount) items")
    let inverse = InverseProbe(order: itemCount, pool: pool)
    figures.add(
      "baselines", Self.inverseName(itemCount), (0..<repeats).compactMap { _ in inverse.seconds() },
      unit: "s")
  }

  private func time(_ options: any FactorizationOptions, as name: String) throws {
    var values: [Double] = []
    for _ in 0..<repeats {
      let elapsed = try ContinuousClock().measure {
        _ = try options.factorize(
          split.beforeTest, weights: [], itemCount: itemCount, pool: pool, report: { _ in })
      }
      values.append(elapsed / .seconds(1))
    }
    figures.add("baselines", name, values, unit: "s")
  }
}

extension PeerBench {
  /// implicit's ALS with the same settings on MovieLens-1M, by conjugate gradients, its default.
  func baselines(repeats: Int, order: Int) throws {
    if try has("numpy") { try inverse(repeats: repeats, order: order) }
    guard try has("implicit") else { return }
    for options in BaselineBench.grid {
      let name = BaselineBench.name(options)
      let theirs = try least(
        [
          "-c", Self.implicitTraining, folder, "\(options.factors)", "\(options.regularization)",
          "\(options.alpha)", "\(options.iterations)", "\(repeats)",
        ], key: "seconds", as: "implicit, \(name)", unit: "s")
      guard let ours = figures.median("baselines", name) else { continue }
      figures.add("ratios", name, [ours / theirs], unit: "times implicit's seconds")
    }
  }

  /// NumPy's inverse of such a matrix as EASE has, on two threads.
  private func inverse(repeats: Int, order: Int) throws {
    let name = BaselineBench.inverseName(order)
    let theirs = try least(
      ["-c", Self.numpyInverse, "\(order)", "\(repeats)"], ["OPENBLAS_NUM_THREADS=2"],
      key: "seconds", as: "NumPy, \(name)", unit: "s")
    guard let ours = figures.median("baselines", name) else { return }
    figures.add("ratios", name, [ours / theirs], unit: "times NumPy's seconds")
  }

  private static let numpyInverse = """
    import sys, time
    import numpy as np
    n = int(sys.argv[1])
    a = np.random.default_rng(1).random((n, n), dtype=np.float32)
    a = (a + a.T) / 2 + n * np.eye(n, dtype=np.float32)
    times = []
    for _ in range(int(sys.argv[2]) + 1):
        start = time.time(); np.linalg.inv(a)
        times.append(time.time() - start)
    times = times[1:]
    print(f"seconds={sorted(times)[len(times) // 2]:.4f}")
    """

  /// Trains on what `implicit_quality.py` trains on, as often as asked, and prints the median.
  private static let implicitTraining = """
    \(loading)
    times = []
    for _ in range(int(sys.argv[6])):
        model = AlternatingLeastSquares(
            factors=int(sys.argv[2]), regularization=float(sys.argv[3]), alpha=float(sys.argv[4]),
            iterations=int(sys.argv[5]), num_threads=2, random_state=1)
        start = time.time(); model.fit(seen, show_progress=False)
        times.append(time.time() - start)
    print(f"seconds={sorted(times)[len(times) // 2]:.4f}")
    """
}
