/// An order in which an epoch visits `count` things, without a list of them in memory.
///
/// It is a bijection of `0..<count` that is computed position by position: a Feistel network of four
/// rounds on numbers written in two digits, `count <= rows * columns`. The few numbers that lie
/// outside `0..<count` are sent through the network again until they land inside, which keeps it one
/// to one. Any thread can ask for any position.
@frozen
package struct EpochOrder: Sendable {
  /// How many things are visited.
  package let count: Int
  @usableFromInline let rows: UInt64
  @usableFromInline let columns: UInt64
  @usableFromInline let keys: (UInt64, UInt64, UInt64, UInt64)

  /// Chooses the order of an epoch.
  ///
  /// - Parameters:
  ///   - count: how many things to order; 0 is allowed, and then no position may be asked for.
  ///   - seed: the run's seed.
  ///   - epoch: which of the seed's orders.
  package init(count: Int, seed: UInt64, epoch: Int) {
    precondition(count >= 0, "an epoch can't visit \(count) things")
    self.count = count
    var side = UInt64(Double(count).squareRoot())
    while side * side < UInt64(count) { side += 1 }
    columns = max(1, side)
    rows = max(1, (UInt64(count) + columns - 1) / columns)
    var random = CounterRandom(seed: seed, stream: UInt64(bitPattern: Int64(epoch)))
    keys = (random.next(), random.next(), random.next(), random.next())
  }

  /// Returns which thing stands at a position of the order.
  ///
  /// - Parameter position: in `0..<count`.
  @inlinable
  package subscript(position: Int) -> Int {
    precondition(position >= 0 && position < count, "no such position in the epoch")
    var number = UInt64(position)
    repeat {
      var row = number / columns
      var column = number - row * columns
      row = shifted(row, by: column ^ keys.0, modulo: rows)
      column = shifted(column, by: row ^ keys.1, modulo: columns)
      row = shifted(row, by: column ^ keys.2, modulo: rows)
      column = shifted(column, by: row ^ keys.3, modulo: columns)
      number = row * columns + column
    } while number >= UInt64(count)
    return Int(number)
  }

  /// Adds to a digit a hash of the other one, around the digit's base.
  @inlinable
  func shifted(_ digit: UInt64, by other: UInt64, modulo base: UInt64) -> UInt64 {
    let sum = digit + mixed(other).multipliedFullWidth(by: base).high
    return sum < base ? sum : sum - base
  }
}
