/// The sizes of a history block, and where its shared parameters lie in one run of numbers.
package struct HistoryShape: Sendable, Equatable, Codable {
  /// Numbers in an item's vectors and in each state, a multiple of 8.
  package let width: Int
  /// How many decayed sums there are, each with decays of its own.
  package let states: Int
  /// Outputs of the hidden layer, a multiple of 8; 0 without one.
  package let hidden: Int

  /// Names the sizes.
  package init(width: Int, states: Int, hidden: Int) {
    precondition(width > 0 && width % 8 == 0 && states > 0 && hidden >= 0 && hidden % 8 == 0)
    (self.width, self.states, self.hidden) = (width, states, hidden)
  }

  /// Numbers in all states together.
  package var stateWidth: Int { width * states }
  /// Numbers in an item's row of outputs: its vector, its bias, and zeros up to a multiple of 8.
  package var outputWidth: Int { width + 8 }

  /// The logits of the decays, states x width, from the beginning on.
  var logits: Int { 0 }
  /// The gain of the layer norm.
  var gain: Int { stateWidth }
  /// The bias of the layer norm.
  var bias: Int { 2 * stateWidth }
  /// The linear map, stateWidth x width.
  var linear: Int { 3 * stateWidth }
  /// The hidden layer's weights, stateWidth x hidden.
  var hiddenWeights: Int { linear + stateWidth * width }
  /// The hidden layer's bias.
  var hiddenBias: Int { hiddenWeights + stateWidth * hidden }
  /// The map of the hidden layer's outputs, hidden x width.
  var hiddenOutput: Int { hiddenBias + hidden }
  /// How many shared parameters there are.
  package var sharedCount: Int { hiddenOutput + hidden * width }
}
