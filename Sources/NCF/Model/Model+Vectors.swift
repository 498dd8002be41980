/// The part of a model that is a product of two vectors, for those who search for neighbours themselves.
///
/// With `p, q` the GMF part's rows of a user and an item and `h` its output weights, a user's vector is
/// `sign(h) sqrt(|h|) p` and an item's `sqrt(|h|) q`, element by element. Their dot product is
/// `h . (p * q)`: all of the score that plain matrix factorisation and a factorisation give; of a GMF's
/// score all but the output bias, which is the same for every pair; of a NeuMF's what the tower and that
/// bias don't give. Weights shared out so, items that lie close count as alike by what moves scores. A
/// tower is no product of vectors: without a GMF part, or with fusion by sum, where the products go
/// through the activation, there are none.
extension Model {
  /// Numbers in a vector; 0 when there are none.
  package var vectorWidth: Int { layout.outputFactors }

  /// A user's vector.
  ///
  /// - Parameter user: below `userCount`.
  /// - Returns: `vectorWidth` numbers.
  package func vector(ofUser user: Int) -> [Float] {
    (0..<vectorWidth).map { factor in
      let weight = dense[layout.gmfOutput + factor]
      let root = weight.magnitude.squareRoot()
      return (weight < 0 ? -root : root) * users[user * layout.rowStride + factor]
    }
  }

  /// An item's vector.
  ///
  /// - Parameter item: below `itemCount`.
  /// - Returns: `vectorWidth` numbers.
  package func vector(ofItem item: Int) -> [Float] {
    (0..<vectorWidth).map { factor in
      dense[layout.gmfOutput + factor].magnitude.squareRoot()
        * items[item * layout.rowStride + factor]
    }
  }
}
