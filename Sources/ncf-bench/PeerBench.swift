import ArgumentParser
import Foundation

/// Runs the peers' scripts in the same sitting and prints how many times as fast we are.
struct PeerBench {
  private let figures: Figures
  private let folder: String
  private let python: String

  init(_ figures: Figures, folder: String, python: String) {
    self.figures = figures
    self.folder = folder
    self.python = python
  }

  /// PyTorch with dense Adam, for every shape and batch that was measured here.
  func training(factors: [Int], batches: [Int]) throws {
    for factor in factors {
      for batch in batches {
        let theirs = try value(
          "torch_train.py", ["\(factor)", "\(batch)"], key: "samples_per_s",
          as: "PyTorch, NeuMF-\(factor), batch \(batch)", unit: "samples/s")
        compare("training", "NeuMF-\(factor), batch \(batch)", theirs)
      }
    }
  }

  /// PyTorch's NeuMF, and implicit's dot product of 64 factors.
  func scoring(factors: [Int]) throws {
    for factor in factors {
      let theirs = try value(
        "torch_score.py", ["\(factor)"], key: "pairs_per_s", as: "PyTorch, NeuMF-\(factor)",
        unit: "pairs/s")
      compare("scoring", "NeuMF-\(factor), top 10", theirs)
    }
  }

  private func compare(_ section: String, _ name: String, _ theirs: Double) {
    let ours = figures.all.last { $0.section == section && $0.name.hasPrefix(name + ",") }?.median
    guard let ours else { return }
    figures.add(
      Figure(section: "ratios", name: name, unit: "times PyTorch", values: [ours / theirs]))
  }

  private func value(
    _ script: String, _ arguments: [String], key: String, as name: String, unit: String
  ) throws -> Double {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      [python, URL(fileURLWithPath: folder).appending(path: script).path] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0,
      let word = output.split(whereSeparator: \.isWhitespace).last(where: {
        $0.hasPrefix(key + "=")
      }), let number = Double(word.dropFirst(key.count + 1))
    else {
      throw ValidationError(
        "\(script) gave no \(key), exit \(process.terminationStatus): \(output)")
    }
    figures.add(Figure(section: "peers", name: name, unit: unit, values: [number]))
    return number
  }
}
