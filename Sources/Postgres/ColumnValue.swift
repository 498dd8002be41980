/// A value that can be read from a column's text, and given to a statement.
///
/// An enum whose raw values are texts is one by conforming.
package protocol ColumnValue: ParameterValue {
  /// Reads a column's text as the server writes it; nil when the text is not such a value.
  init?(columnText: String)
  /// What such a text is, for messages: `a whole number`.
  static var columnForm: String { get }
}

extension ColumnValue where Self: LosslessStringConvertible {
  /// The value as text, of which the server infers the type.
  package var parameter: Parameter { .text(description) }
}

extension String: ColumnValue {
  /// Takes the text as it is.
  package init?(columnText: String) { self = columnText }
  /// What such a text is, for messages.
  package static var columnForm: String { "a text" }
}

extension ColumnValue where Self: FixedWidthInteger {
  /// Reads a whole number in this type's range.
  package init?(columnText: String) { self.init(columnText, radix: 10) }
  /// What such a text is, for messages.
  package static var columnForm: String { "a whole number from \(Self.min) to \(Self.max)" }
}

extension Int: ColumnValue {}
extension Int64: ColumnValue {}
extension UInt32: ColumnValue {}
extension UInt64: ColumnValue {}

extension Double: ColumnValue {
  /// Reads a number, also `NaN` and `Infinity`.
  package init?(columnText: String) { self.init(columnText) }
  /// What such a text is, for messages.
  package static var columnForm: String { "a number" }
}

extension Bool: ColumnValue {
  /// Reads `t` or `f`.
  package init?(columnText: String) {
    guard columnText == "t" || columnText == "f" else { return nil }
    self = columnText == "t"
  }
  /// What such a text is, for messages.
  package static var columnForm: String { "t or f" }
}

extension ColumnValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  /// Reads a case by its raw value.
  package init?(columnText: String) { self.init(rawValue: columnText) }
  /// The raw value.
  package var parameter: Parameter { .text(rawValue) }
  /// The raw values, for messages.
  package static var columnForm: String {
    "one of " + allCases.map(\.rawValue).joined(separator: ", ")
  }
}
