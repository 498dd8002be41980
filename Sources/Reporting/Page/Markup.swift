import Formatting

/// HTML and SVG whose parts are what they were meant as: what is written in the source is markup, what
/// is put into it by `\(…)` is text and is escaped, whatever it holds.
///
/// It comes out as well-formed XML too, as long as the source closes what it opens.
package struct Markup: Sendable, Equatable {
  /// The text of the page.
  package private(set) var text: String

  /// Nothing.
  package static let none = Markup(text: "")

  private init(text: String) { self.text = text }

  /// Parts one after the other.
  package init(_ parts: [Markup]) { text = parts.map(\.text).joined() }

  /// Adds markup at the end.
  package static func += (whole: inout Markup, part: Markup) { whole.text += part.text }

  /// One after the other.
  package static func + (first: Markup, second: Markup) -> Markup {
    Markup(text: first.text + second.text)
  }

  /// A text as content or as an attribute's value.
  ///
  /// What HTML and XML have no form for, control characters and noncharacters, is replaced; so is what
  /// would turn round the direction of the text after it.
  static func escape(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\t", "\n": escaped.unicodeScalars.append(scalar)
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{202A}"..."\u{202E}",
        "\u{2066}"..."\u{2069}":
        escaped += "\u{FFFD}"
      default:
        escaped.unicodeScalars.append(
          scalar.value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(scalar.value)
            ? "\u{FFFD}" : scalar)
      }
    }
    return escaped
  }
}

extension Markup: ExpressibleByStringInterpolation {
  /// Collects markup and escaped texts.
  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    /// Begins with nothing.
    package init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + interpolationCount * 8)
    }

    /// Takes markup as the source has it.
    package mutating func appendLiteral(_ literal: String) { text += literal }

    /// Takes a text, escaped.
    package mutating func appendInterpolation(_ value: String) { text += Markup.escape(value) }

    /// Takes a whole number.
    package mutating func appendInterpolation(_ value: Int) { text += String(value) }

    /// Takes a run's number.
    package mutating func appendInterpolation(_ value: Int64) { text += String(value) }

    /// Takes a coordinate, to a tenth.
    package mutating func appendInterpolation(_ value: Double) { text += Figures.fixed(value, 1) }

    /// Takes markup as it is.
    package mutating func appendInterpolation(_ value: Markup) { text += value.text }

    /// Takes parts, one after the other.
    package mutating func appendInterpolation(_ values: [Markup]) {
      for value in values { text += value.text }
    }
  }

  /// Markup that the source has.
  package init(stringLiteral value: String) { text = value }

  /// Markup with texts in it.
  package init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }
}

extension Markup {
  /// A picture with its caption, and with words for whoever can't see it.
  static func figure(
    id: String, caption: Markup, description: String, width: Double, height: Double,
    _ picture: Markup
  ) -> Markup {
    """
    <figure><figcaption id="\(id)-title">\(caption)</figcaption>
    <svg viewBox="0 0 \(width) \(height)" role="img" aria-labelledby="\(id)-title \(id)-desc">
    <desc id="\(id)-desc">\(description)</desc>
    \(picture)</svg></figure>

    """
  }

  /// What stands instead of a picture without data.
  static func emptyFigure(_ title: String) -> Markup {
    """
    <figure><figcaption>\(title)</figcaption><p class="empty">Nothing was recorded.</p></figure>

    """
  }
}
