import Interactions
import Testing

@testable import NCF

struct VectorTests {
  @Test(
    "The product of a user's and an item's vector is what a score loses without its GMF part",
    arguments: GradientTests.specs + ObjectiveTests.specs)
  func product(spec: ModelSpec) {
    let model = GradientTests.model(spec, users: 5, items: 6)
    #expect(model.vectorWidth == (spec.fusion == .sum ? 0 : spec.gmfWidth))
    var without = model
    let outputs = model.layout.gmfOutput..<model.layout.gmfOutput + model.vectorWidth
    for place in outputs { without.dense[place] = 0 }
    for user in 0..<5 {
      let (whole, rest) = (Self.scores(model, user: user), Self.scores(without, user: user))
      for item in 0..<6 {
        let product = zip(model.vector(ofUser: user), model.vector(ofItem: item))
          .reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product - (whole[item] - rest[item])) < 1e-5)
      }
    }
  }

  private static func scores(_ model: Model, user: Int) -> [Float] {
    let scorer = NeuralScorer(model)
    var scratch = scorer.makeScratch()
    let items = (0..<UInt32(model.itemCount)).map { $0 }
    var scores = [Float](repeating: 0, count: items.count)
    var span = scores.mutableSpan
    scorer.fill(&span, user: user, items: items.span, scratch: &scratch)
    return scores
  }
}
