/// A setting whose value can't be used.
package struct Problem: Sendable, Equatable, CustomStringConvertible {
  /// The setting's key, from the options that have it or from the top of a file: `train.negatives`.
  package var path: String
  /// The value as a message shows it; nil where it is better not repeated.
  package var value: String?
  /// What the value must be; continues "train.negatives must be".
  package var allowed: String

  /// A problem with a value.
  package init(_ path: String, _ value: String? = nil, mustBe allowed: String) {
    (self.path, self.value, self.allowed) = (path, value, allowed)
  }

  /// A problem unless a condition holds.
  package static func unless(
    _ holds: Bool, _ path: String, _ value: String? = nil, mustBe allowed: String
  ) -> Problem? {
    holds ? nil : Problem(path, value, mustBe: allowed)
  }

  /// The same problem, seen from a section above.
  package func below(_ section: String) -> Problem {
    Problem("\(section).\(path)", value, mustBe: allowed)
  }

  /// Key, what is allowed, and the value.
  package var description: String {
    "\(path) must be \(allowed)" + (value.map { ", not \($0)" } ?? "")
  }
}

extension [Problem] {
  /// The first problem of each key.
  package var firstOfEachPath: [Problem] {
    var seen: Set<String> = []
    return filter { seen.insert($0.path).inserted }
  }
}
