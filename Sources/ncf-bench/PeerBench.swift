import ArgumentParser
import Foundation
import Kernels

/// Runs the peers' scripts in the same sitting and prints how many times as fast we are.
struct PeerBench {
  let figures: Figures
  let folder: String
  let python: String

  /// PyTorch with dense Adam, for every shape and batch that was measured here.
  func training(factors: [Int], batches: [Int]) throws {
    guard try has("torch") else { return }
    for factor in factors {
      for batch in batches {
        let theirs = try value(
          script("torch_train.py") + ["\(factor)", "\(batch)"], key: "samples_per_s",
          as: "PyTorch, NeuMF-\(factor), batch \(batch)", unit: "samples/s")
        compare("training", "NeuMF-\(factor), batch \(batch)", theirs)
      }
    }
  }

  /// PyTorch's NeuMF, and implicit's dot product.
  func scoring(factors: [Int]) throws {
    if try has("torch") {
      for factor in factors {
        let theirs = try value(
          script("torch_score.py") + ["\(factor)"], key: "pairs_per_s",
          as: "PyTorch, NeuMF-\(factor)", unit: "pairs/s")
        compare("scoring", "NeuMF-\(factor), top 10", theirs)
      }
    }
    if try has("implicit") {
      // The script times the last model of its grid, which has 128 factors.
      try implicit(script("implicit_quality.py"), width: 128, against: factors)
      try implicit(["-c", Self.implicitScoring, folder], width: 64, against: factors)
    }
  }

  /// A dot product of 64 factors, timed as `implicit_quality.py` times a larger one.
  ///
  /// How fast it scores does not depend on how long it was trained.
  private static let implicitScoring = """
    \(loading)
    model = AlternatingLeastSquares(factors=64, iterations=2, num_threads=2, random_state=1)
    model.fit(seen, show_progress=False)
    times = []
    for _ in range(5):
      start = time.time(); model.recommend(np.arange(USERS), seen, N=10)
      times.append(time.time() - start)
    print(f"pairs_per_s={USERS * ITEMS / sorted(times)[2]:.0f}")
    """

  /// What the programs for implicit begin with: the log that `implicit_quality.py` trains on.
  static let loading = """
    import sys, time
    sys.path.insert(0, sys.argv[1])
    import numpy as np, scipy.sparse as sp
    from implicit.als import AlternatingLeastSquares
    from ml1m import load, USERS, ITEMS
    train, _, _ = load()
    ones = np.ones(len(train), np.float32)
    seen = sp.csr_matrix((ones, (train[:, 0], train[:, 1])), shape=(USERS, ITEMS))
    """

  private func implicit(_ program: [String], width: Int, against factors: [Int]) throws {
    let name = "implicit's dot product with \(width) factors"
    let theirs = try value(program, key: "pairs_per_s", as: name, unit: "pairs/s")
    for factor in factors {
      compare(
        "scoring", "NeuMF-\(factor), top 10", theirs, as: "NeuMF-\(factor) against \(name)",
        unit: "times implicit")
    }
  }

  private func script(_ name: String) -> [String] {
    [URL(fileURLWithPath: folder).appending(path: name).path]
  }

  private func compare(
    _ section: String, _ name: String, _ theirs: Double, as label: String? = nil,
    unit: String = "times PyTorch"
  ) {
    let ours = figures.all.last { $0.section == section && $0.name.hasPrefix(name + ",") }?.median
    guard let ours else { return }
    figures.add("ratios", label ?? name, [ours / theirs], unit: unit)
  }

  /// Tells whether Python finds a package, and says so when it doesn't.
  func has(_ package: String) throws -> Bool {
    let search = "import importlib.util, sys; sys.exit(not importlib.util.find_spec(sys.argv[1]))"
    guard try run(["-c", search, package]).status != 0 else { return true }
    print("\nnot measured: \(python) has no package \(package)")
    return false
  }

  /// The least of what a program measures with each type of processor.
  func least(
    _ program: [String], _ variables: [String] = [], key: String, as name: String, unit: String
  ) throws -> Double {
    try Self.coreTypes.map { type in
      let label = type.first.map { "\(name), \($0)" } ?? name
      return try value(program, variables + type, key: key, as: label, unit: unit)
    }.min() ?? .nan
  }

  func value(
    _ program: [String], _ variables: [String] = [], key: String, as name: String, unit: String
  ) throws -> Double {
    let (output, status) = try run(program, variables)
    guard status == 0,
      let word = output.split(whereSeparator: \.isWhitespace).last(where: {
        $0.hasPrefix(key + "=")
      }), let number = Double(word.dropFirst(key.count + 1))
    else {
      throw ValidationError("\(name): no \(key), exit \(status): \(output)")
    }
    figures.add("peers", name, [number], unit: unit)
    return number
  }

  /// Runs Python; BLAS has one thread a caller, since the peers bring threads of their own.
  private func run(
    _ arguments: [String], _ variables: [String] = []
  ) throws -> (output: String, status: Int32) {
    try Process.run(
      URL(fileURLWithPath: "/usr/bin/env"),
      ["OPENBLAS_NUM_THREADS=1"] + Self.narrowing + variables + [python] + arguments,
      reading: \.standardOutput)
  }

  /// What keeps the peers to the registers that are used here.
  private static var narrowing: [String] {
    Kernels.bits >= 512
      ? []
      : [
        "ATEN_CPU_CAPABILITY=avx2", "MKL_ENABLE_INSTRUCTIONS=AVX2", "ONEDNN_MAX_CPU_ISA=AVX2",
        "NPY_DISABLE_CPU_FEATURES=AVX512F AVX512CD AVX512_SKX",
      ]
  }

  /// Types of processor that OpenBLAS may have its best kernels for; without one it chooses itself.
  private static var coreTypes: [[String]] {
    Kernels.bits >= 512
      ? [[], ["OPENBLAS_CORETYPE=SkylakeX"], ["OPENBLAS_CORETYPE=SapphireRapids"]]
      : [["OPENBLAS_CORETYPE=Haswell"], ["OPENBLAS_CORETYPE=Zen"]]
  }
}

extension Process {
  /// Runs a program to its end and reads one of its outputs; the other one of `ncf-batch` is dropped.
  static func run(
    _ program: URL, _ arguments: [String],
    reading stream: ReferenceWritableKeyPath<Process, Any?>
  ) throws -> (output: String, status: Int32) {
    let process = Process()
    (process.executableURL, process.arguments) = (program, arguments)
    if stream == \.standardError { process.standardOutput = FileHandle.nullDevice }
    let pipe = Pipe()
    process[keyPath: stream] = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (output, process.terminationStatus)
  }
}
