/// Takes the fields of a line one by one, without making strings.
package struct LineFields {
  private let separator: [UInt8]
  private var place = 0
  /// Whether the last field of the line was taken.
  package private(set) var isAtEnd = false

  /// Fields separated by one or two bytes; start anew with each line.
  package init(separator: [UInt8]) { self.separator = separator }

  /// Goes to the beginning of a line.
  package mutating func restart() {
    place = 0
    isAtEnd = false
  }

  /// The next field as a whole number; nil when it is none, or there are no more fields.
  package mutating func integer(in line: Span<UInt8>) -> Int64? {
    guard !isAtEnd else { return nil }
    let isNegative = place < line.count && line[place] == 0x2D
    if isNegative { place += 1 }
    var value: Int64 = 0
    let start = place
    while place < line.count, (0x30...0x39).contains(line[place]) {
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let digit = Int64(line[place] - 0x30)
      let (sum, overflowsToo) = product.addingReportingOverflow(isNegative ? -digit : digit)
      if overflows || overflowsToo { return nil }
      value = sum
      place += 1
    }
    return place > start && endField(in: line) ? value : nil
  }

  /// The next field as a decimal number such as `4` or `3.5`; nil when it is none.
  package mutating func decimal(in line: Span<UInt8>) -> Float? {
    guard !isAtEnd else { return nil }
    var (value, scale, digits, hasPoint) = (0.0, 1.0, 0, false)
    while place < line.count, digits < 16 {
      let byte = line[place]
      if byte == 0x2E, !hasPoint {
        hasPoint = true
      } else if (0x30...0x39).contains(byte) {
        value = value * 10 + Double(byte - 0x30)
        if hasPoint { scale *= 10 }
        digits += 1
      } else {
        break
      }
      place += 1
    }
    return digits > 0 && endField(in: line) ? Float(value / scale) : nil
  }

  /// Passes the separator, or sees the line's end; false when the field goes on.
  private mutating func endField(in line: Span<UInt8>) -> Bool {
    if place == line.count {
      isAtEnd = true
      return true
    }
    for byte in separator {
      guard place < line.count, line[place] == byte else { return false }
      place += 1
    }
    return true
  }
}
