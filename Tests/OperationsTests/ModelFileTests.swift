import Baselines
import Foundation
import Interactions
import NCF
import Operations
import Parallelism
import Ranking
import Recommenders
import Store
import TestSupport
import Testing

@testable import Jobs

/// A stored model as other programs find it.
struct ModelFileTests {
  /// A shape or a method, and what its job says.
  struct Kind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout Job) -> Void

    static func spec(_ name: String, _ spec: ModelSpec) -> Kind {
      Kind(testDescription: name) {
        $0.model = spec
        let isOnePart = spec.gmfWidth == 0 || spec.tower.isEmpty
        if isOnePart || spec.sharedEmbeddings { $0.training.pretrain = .none }
        $0.training.pretraining.epochs = 4
      }
    }

    static func method(_ method: Job.Method) -> Kind {
      Kind(testDescription: method.rawValue) {
        $0.method = method
        $0.baselines[ALSOptions.self].factors = 6
        $0.baselines[ALSOptions.self].iterations = 4
        $0.baselines[KNNOptions.self].neighbours = 10
      }
    }
  }

  static let kinds: [Kind] = [
    .spec("NeuMF", ModelSpec(gmfWidth: 5, tower: [12, 7, 3])),
    .spec("GMF, probit", ModelSpec(gmfWidth: 9, tower: [], link: .probit)),
    .spec("MLP, tanh", ModelSpec(gmfWidth: 0, tower: [16, 9, 4], activation: .tanh)),
    .spec("MLP-0", ModelSpec(gmfWidth: 3, tower: [10])),
    .spec(
      "shared, fused by sum",
      ModelSpec(
        gmfWidth: 6, tower: [12, 6], activation: .sigmoid, fusion: .sum, sharedEmbeddings: true)),
    .method(.baseline(.ials)), .method(.baseline(.itempop)), .method(.baseline(.itemknn)),
  ]

  @Test(
    "NumPy computes the same scores from the file, by what its documentation says",
    .enabled(if: PythonPackages.areThere("model"), "\(PythonPackages.missing)"),
    arguments: kinds)
  func scores(kind: Kind) throws {
    let shop = try Shop()
    let run = try #require(
      try shop.run(shop.job(kind.change), RunRequest(publish: false)).runID)
    var file = Data()
    let exported = try Export(shop.database.parameters).writeModel(of: .run(run)) { bytes in
      for index in bytes.indices { file.append(bytes[index]) }
    }
    #expect(exported.bytes == file.count)
    try file.write(to: URL(filePath: "\(shop.folder.path)/model.safetensors"))

    let stored = try #require(try ModelStore(on: shop.connection).load(run: run))
    let scorer = stored.model.scorer(pool: WorkerPool(threads: 1))
    var scratch = scorer.makeScratch()
    let users = (0..<UInt32(scorer.userCount)).map { $0 }
    var scores = [Float](repeating: 0, count: users.count * scorer.itemCount)
    var span = scores.mutableSpan
    scorer.fill(&span, users: users.span, items: 0..<scorer.itemCount, scratch: &scratch)
    let other = SafeTensors(
      tensors: [
        SafeTensors.Tensor(
          name: "scores", axis: .rows(.user), shape: [scorer.userCount, scorer.itemCount],
          floats: scores)
      ], metadata: [:])
    try Data(other.encoded()).write(to: URL(filePath: "\(shop.folder.path)/scores.safetensors"))

    let script = PrivateServer.packageFolder.appending(
      path: "Tests/EndToEndTests/Python/rebuild_scores.py")
    let done = try PythonPackages.run(
      "model",
      [
        "python", script.path, "\(shop.folder.path)/model.safetensors", "--raw",
        "\(shop.folder.path)/scores.safetensors",
      ])
    #expect(done.code == 0, "\(done.output)\(done.talk)")
    #expect(done.output.contains("compared \(scores.count),"), "\(done.output)")
  }
}
