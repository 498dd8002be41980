import Jobs
import NCF
import Yams

/// A value that one word of a file stands for.
protocol ScalarValue {
  /// What a file must have; continues "output.k must be".
  static var wanted: String { get }
  /// Words that may have been meant.
  static var names: [String] { get }

  /// The value that a scalar stands for; nil when it stands for none.
  init?(scalar: Node.Scalar)
}

extension ScalarValue {
  static var names: [String] { [] }
}

/// Text; a number or a word may stand without quotes.
extension String: ScalarValue {
  static var wanted: String { "text" }
  init?(scalar: Node.Scalar) { self = scalar.string }
}

extension ScalarValue where Self: FixedWidthInteger {
  init?(scalar: Node.Scalar) {
    guard let value = scalar.plain.flatMap({ Self($0) }) else { return nil }
    self = value
  }
}

extension Int: ScalarValue {
  static var wanted: String { "a whole number" }
}

extension UInt64: ScalarValue {
  static var wanted: String { "a whole number from 0 to \(UInt64.max)" }
}

/// A finite number in decimal digits; Swift's own reading would take "nan" and hexadecimal too.
extension Double: ScalarValue {
  static var wanted: String { "a number" }
  init?(scalar: Node.Scalar) {
    guard let text = scalar.plain,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
      let value = Double(text), value.isFinite
    else { return nil }
    self = value
  }
}

extension Float: ScalarValue {
  static var wanted: String { Double.wanted }
  init?(scalar: Node.Scalar) {
    guard let value = Double(scalar: scalar) else { return nil }
    self = Float(value)
  }
}

/// A value, or `auto` where the job finds it.
enum OrAuto<Value: ScalarValue>: ScalarValue {
  case auto
  case given(Value)

  static var wanted: String { "auto or \(Value.wanted)" }
  static var names: [String] { ["auto"] }

  init?(scalar: Node.Scalar) {
    if scalar.string == "auto" {
      self = .auto
    } else if let value = Value(scalar: scalar) {
      self = .given(value)
    } else {
      return nil
    }
  }
}

/// True or false, in just these words.
extension Bool: ScalarValue {
  static var wanted: String { "true or false" }
  init?(scalar: Node.Scalar) {
    guard let text = scalar.plain, text == "true" || text == "false" else { return nil }
    self = text == "true"
  }
}

extension Age: ScalarValue {
  static var wanted: String { "an age such as 90d or 2y (units: s, min, h, d, w, mo, y)" }
  init?(scalar: Node.Scalar) { self.init(scalar.string) }
}

extension Job.Evaluation.Horizon: ScalarValue {
  static var wanted: String { OrAuto<Age>.wanted }
  static var names: [String] { OrAuto<Age>.names }
  init?(scalar: Node.Scalar) {
    switch OrAuto<Age>(scalar: scalar) {
    case .auto: self = .auto
    case .given(let age): self = .age(age)
    case nil: return nil
    }
  }
}

/// One of an enumeration's raw values.
extension ScalarValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  static var names: [String] { allCases.map(\.rawValue) }
  static var wanted: String { names.alternatives }
  init?(scalar: Node.Scalar) { self.init(rawValue: scalar.string) }
}

extension Activation: ScalarValue {}
extension Fusion: ScalarValue {}
extension Link: ScalarValue {}
extension Objective: ScalarValue {}
extension Optimizer: ScalarValue {}
extension Job.Method: ScalarValue {}
extension Job.Evaluation.Split: ScalarValue {}
extension RunRequest.Mode: ScalarValue {}
extension RunRequest.Resume: ScalarValue {}

extension [String] {
  /// "a, b or c".
  var alternatives: String {
    guard let last, count > 1 else { return joined() }
    return dropLast().joined(separator: ", ") + " or \(last)"
  }
}

extension Node.Scalar {
  /// The text when it stands without quotes.
  var plain: String? {
    switch style {
    case .any, .plain: string
    case .singleQuoted, .doubleQuoted, .literal, .folded: nil
    }
  }
}

extension Node {
  /// Whether it stands for no value.
  var isNull: Bool { ["", "~", "null", "Null", "NULL"].contains(scalar?.plain) }

  /// As a message shows it: short, and without what a mapping or a list holds.
  var shown: String {
    switch self {
    case .scalar(let scalar):
      let text = scalar.string.shown
      return scalar.string.isLikeSecret || scalar.plain != nil ? text : "the text \"\(text)\""
    case .mapping: return "a mapping"
    case .sequence: return "a list"
    case .alias: return "an alias"
    }
  }
}

extension String {
  /// As a message shows it: short, and hidden where it may be a secret.
  var shown: String {
    if isLikeSecret { return "a text like a secret" }
    return count > 40 ? prefix(40) + "…" : self
  }

  /// Whether it is not to be repeated where others may read it, whatever it is doing here.
  fileprivate var isLikeSecret: Bool {
    let text = lowercased()
    return text.contains("://") || text.contains("password")
  }
}
