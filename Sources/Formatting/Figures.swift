/// Numbers as people read them.
package enum Figures {
  /// Digits in groups of three: `1,000,088`.
  package static func count(_ value: Int) -> String {
    var text = ""
    let digits = String(value.magnitude)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return value < 0 ? "-" + text : text
  }

  /// A rate to three digits: `417`, `23.5k`, `1.21M`.
  package static func rate(_ value: Double) -> String {
    guard value.isFinite, value >= 0 else { return "?" }
    for (size, letter) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= size * 0.9995 {
      let scaled = value / size
      return fixed(scaled, scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0) + letter
    }
    return fixed(value, value < 10 ? 1 : 0)
  }

  /// A length of time: `0.42 s`, `12.3 s`, `3 min 05 s`, `1 h 02 min`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    if seconds < 10 { return fixed(seconds, 2) + " s" }
    if seconds < 60 { return fixed(seconds, 1) + " s" }
    let whole = Int(min(seconds, 1e9).rounded())
    if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
    return "\(whole / 3600) h \(two(whole / 60 % 60)) min"
  }

  /// Seconds in a column of such: to a tenth and less when they are few.
  package static func seconds(_ seconds: Double) -> String {
    fixed(seconds, seconds < 10 ? 2 : seconds < 100 ? 1 : 0)
  }

  /// What is left, as a clock shows it: `0:07`, `12:40`, `1:02:03`.
  package static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    let whole = Int(min(seconds, 1e9).rounded(.up))
    let tail = "\(two(whole % 60))"
    return whole < 3600
      ? "\(whole / 60):\(tail)" : "\(whole / 3600):\(two(whole / 60 % 60)):\(tail)"
  }

  /// A number with so many decimals; a hyphen for what is not finite, as for what is not there.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return "-" }
    guard abs(value) < 1e15 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let units = Int((abs(value) * scale).rounded())
    let sign = value < 0 && units > 0 ? "-" : ""
    guard decimals > 0 else { return sign + String(units) }
    let fraction = String(units % Int(scale))
    let zeros = String(repeating: "0", count: decimals - fraction.count)
    return sign + "\(units / Int(scale)).\(zeros)\(fraction)"
  }

  /// A probability: three digits, or below a thousandth.
  ///
  /// Nothing that was measured has the probability 0.
  package static func probability(_ value: Double) -> String {
    value < 0.001 ? "< .001" : fixed(value, 3)
  }

  /// What a test says of a difference: `p < .001`, `p = 0.004`.
  package static func significance(_ value: Double) -> String {
    value < 0.001 ? "p < .001" : "p = \(fixed(value, 3))"
  }

  private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
