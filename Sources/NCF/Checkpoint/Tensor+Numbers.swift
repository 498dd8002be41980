/// Numbers to the little-endian bytes of a tensor, and back.
extension SafeTensors.Tensor {
  /// Makes a tensor of single-precision numbers.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - axis: what the first dimension counts.
  ///   - shape: sizes; their product is the number of values.
  ///   - floats: the values, row-major.
  package init(name: String, axis: TensorAxis?, shape: [Int], floats: [Float]) {
    self.init(
      name: name, axis: axis, kind: .f32, shape: shape,
      bytes: Self.bytes(floats.map(\.bitPattern)))
  }

  /// Makes a tensor of 64-bit whole numbers in one dimension.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - axis: what the dimension counts.
  ///   - integers: the values.
  package init(name: String, axis: TensorAxis?, integers: [Int64]) {
    self.init(
      name: name, axis: axis, kind: .i64, shape: [integers.count], bytes: Self.bytes(integers))
  }

  /// The values of a tensor of kind `f32`.
  package var floats: [Float] {
    precondition(kind == .f32, "\(name) holds no single-precision numbers")
    return Self.words(bytes, UInt32.self).map(Float.init(bitPattern:))
  }

  /// The values of a tensor of kind `i64`.
  package var integers: [Int64] {
    precondition(kind == .i64, "\(name) holds no whole numbers")
    return Self.words(bytes, Int64.self)
  }

  private static func bytes<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
    let width = Word.bitWidth / 8
    var bytes = [UInt8](repeating: 0, count: words.count * width)
    for (index, word) in words.enumerated() {
      for place in 0..<width {
        bytes[index * width + place] = UInt8(truncatingIfNeeded: word >> Word(8 * place))
      }
    }
    return bytes
  }

  private static func words<Word: FixedWidthInteger>(_ bytes: [UInt8], _: Word.Type) -> [Word] {
    let width = Word.bitWidth / 8
    return (0..<bytes.count / width).map { index in
      (0..<width).reduce(Word(0)) { $0 | Word(bytes[index * width + $1]) << Word(8 * $1) }
    }
  }
}
