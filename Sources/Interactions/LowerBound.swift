/// Finds the first position in a range that is not before what is sought, by halving.
///
/// - Parameters:
///   - range: where to look.
///   - isBefore: whether a position is before it; true up to some position and false from there.
/// - Returns: the first position for which `isBefore` is false, or the end of the range.
@inlinable
@inline(__always)
package func lowerBound(in range: Range<Int>, isBefore: (_ position: Int) -> Bool) -> Int {
  var (low, high) = (range.lowerBound, range.upperBound)
  while low < high {
    let middle = (low + high) / 2
    if isBefore(middle) { low = middle + 1 } else { high = middle }
  }
  return low
}
