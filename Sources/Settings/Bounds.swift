/// The numbers that a setting may have; all of them are finite.
package struct Bounds: Sendable, CustomStringConvertible {
  private let range: ClosedRange<Double>
  /// What is allowed; continues "train.negatives must be".
  package let description: String

  private init(_ range: ClosedRange<Double>, _ description: String) {
    (self.range, self.description) = (range, description)
  }

  /// Numbers from `least` on.
  package static func from(_ least: Double, _ noun: String? = nil) -> Bounds {
    let prefix = noun.map { $0 + ", " } ?? ""
    return Bounds(least...Double.greatestFiniteMagnitude, "\(prefix)\(text(least)) or more")
  }

  /// Numbers from `least` to `most`, both included.
  package static func from(
    _ least: Double, to most: Double, _ noun: String = "a number"
  ) -> Bounds {
    Bounds(least...most, "\(noun) from \(text(least)) to \(text(most))")
  }

  /// Numbers from `least`, which is included, up to `limit`, which is not.
  package static func from(_ least: Double, upTo limit: Double, _ noun: String) -> Bounds {
    Bounds(least...limit.nextDown, "\(noun) from \(text(least)) up to \(text(limit))")
  }

  /// Numbers above 0.
  ///
  /// The least one is a normal number: a thread that computes may take subnormal ones for 0.
  package static let aboveZero = Bounds(
    Double.leastNormalMagnitude...Double.greatestFiniteMagnitude, "a number above 0")

  /// Numbers above 0, at most `most`.
  package static func aboveZero(to most: Double) -> Bounds {
    Bounds(Double.leastNormalMagnitude...most, "a number above 0, at most \(text(most))")
  }

  /// Whether a number is allowed.
  package func contains(_ number: Double) -> Bool { range.contains(number) }

  /// The problem with a number; nil when it is allowed.
  package func problem(_ path: String, _ number: Int) -> Problem? {
    .unless(contains(Double(number)), path, "\(number)", mustBe: description)
  }

  /// The problem with a number; nil when it is allowed.
  package func problem(_ path: String, _ number: some BinaryFloatingPoint) -> Problem? {
    .unless(contains(Double(number)), path, "\(number)", mustBe: description)
  }

  private static func text(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(number)"
  }
}
