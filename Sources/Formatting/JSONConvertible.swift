/// A value that has a form in JSON.
package protocol JSONConvertible {
  /// The value in JSON.
  var json: JSON { get }
}

extension JSON: JSONConvertible {
  /// The value itself.
  package var json: JSON { self }
}

extension JSON: ExpressibleByDictionaryLiteral {
  /// An object with members in this order.
  package init(dictionaryLiteral members: (String, any JSONConvertible)...) {
    self = .object(members.map { ($0, $1.json) })
  }
}

extension Bool: JSONConvertible {
  /// `true` or `false`.
  package var json: JSON { .boolean(self) }
}

extension JSONConvertible where Self: BinaryInteger {
  /// A whole number.
  package var json: JSON { .integer(Int(self)) }
}

extension Int: JSONConvertible {}
extension Int32: JSONConvertible {}
extension Int64: JSONConvertible {}

extension Double: JSONConvertible {
  /// A number; null when it is not finite.
  package var json: JSON { .number(self) }
}

extension String: JSONConvertible {
  /// A text.
  package var json: JSON { .text(self) }
}

extension Optional: JSONConvertible where Wrapped: JSONConvertible {
  /// The value, or null.
  package var json: JSON { self?.json ?? .null }
}

extension Array: JSONConvertible where Element: JSONConvertible {
  /// A list.
  package var json: JSON { .list(map(\.json)) }
}
