private import FoundationEssentials

/// A file of named tensors in the safetensors format: a length, a JSON header, the bytes.
///
/// It is read as data that nobody vouches for: every length and offset is checked before use.
/// The format: https://github.com/huggingface/safetensors, "Format".
package struct SafeTensors: Sendable, Equatable {
  /// One tensor: its axis, its type, its shape, and its numbers as little-endian bytes.
  package struct Tensor: Sendable, Equatable {
    /// What the numbers are; the format's own names.
    package enum Kind: String, Sendable, Codable {
      case f32 = "F32"
      case i64 = "I64"
      case u8 = "U8"

      /// Bytes a number takes.
      package var width: Int {
        switch self {
        case .f32: 4
        case .i64: 8
        case .u8: 1
        }
      }
    }

    /// The tensor's name; unique in a file.
    package let name: String
    /// What the first dimension counts; nil where the file doesn't say.
    package let axis: TensorAxis?
    /// What the numbers are.
    package let kind: Kind
    /// Sizes, the outermost first.
    package let shape: [Int]
    /// The numbers, row-major, little-endian.
    package let bytes: [UInt8]

    /// Names a tensor's parts.
    ///
    /// - Parameters:
    ///   - name: unique in a file.
    ///   - axis: what the first dimension counts; a file with a tensor of nil can't be erased from.
    ///   - kind: what the numbers are.
    ///   - shape: sizes whose product times the kind's width is the number of bytes.
    ///   - bytes: row-major, little-endian.
    package init(name: String, axis: TensorAxis?, kind: Kind, shape: [Int], bytes: [UInt8]) {
      precondition(shape.reduce(kind.width, *) == bytes.count, "\(name): shape and bytes differ")
      (self.name, self.axis) = (name, axis)
      (self.kind, self.shape, self.bytes) = (kind, shape, bytes)
    }
  }

  /// The tensors, in the order of their bytes.
  package let tensors: [Tensor]
  /// Words about the file, by key.
  package let metadata: [String: String]

  /// The word of the header's metadata that holds the axes; `metadata` is without it.
  private static let axesKey = "axes"

  /// Collects tensors.
  ///
  /// - Parameters:
  ///   - tensors: with distinct names.
  ///   - metadata: words about them; `axes` is not among them.
  package init(tensors: [Tensor], metadata: [String: String]) {
    precondition(metadata[Self.axesKey] == nil, "the axes are written from the tensors")
    precondition(Set(tensors.map(\.name)).count == tensors.count, "a tensor's name stands twice")
    (self.tensors, self.metadata) = (tensors, metadata)
  }

  /// Finds a tensor.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - kind: what its numbers must be.
  /// - Returns: the tensor.
  /// - Throws: `CheckpointError` when there is none of that name and kind.
  package func tensor(_ name: String, _ kind: Tensor.Kind) throws(CheckpointError) -> Tensor {
    guard let found = tensors.first(where: { $0.name == name }) else {
      throw CheckpointError("the tensor \(name) is missing")
    }
    guard found.kind == kind else {
      throw CheckpointError(
        "the tensor \(name) holds \(found.kind.rawValue), not \(kind.rawValue)")
    }
    return found
  }

  /// Writes the file.
  ///
  /// - Returns: its bytes; the same tensors and metadata give the same ones.
  package func encoded() -> [UInt8] {
    var file = header
    file.reserveCapacity(file.count + tensors.reduce(0) { $0 + $1.bytes.count })
    for tensor in tensors { file += tensor.bytes }
    return file
  }

  /// The file's length.
  package var byteCount: Int { tensors.reduce(header.count) { $0 + $1.bytes.count } }

  /// Lends the file's bytes piece by piece, without a copy of the whole.
  ///
  /// - Parameters:
  ///   - size: the bytes of each piece but the last, which may be shorter and is never empty.
  ///   - body: gets each piece in order.
  /// - Throws: what `body` throws.
  package func forEachPiece(
    of size: Int, _ body: (Span<UInt8>) throws -> Void
  ) rethrows {
    var piece: [UInt8] = []
    for part in [header] + tensors.map(\.bytes) {
      var rest = part[...]
      while !rest.isEmpty {
        let taken = rest.prefix(size - piece.count)
        piece += taken
        rest = rest.dropFirst(taken.count)
        guard piece.count == size else { continue }
        try body(piece.span)
        piece.removeAll(keepingCapacity: true)
      }
    }
    if !piece.isEmpty { try body(piece.span) }
  }

  /// The length and the JSON that a file begins with.
  private var header: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // What is encoded is strings and numbers: there is nothing in it that JSON can't say.
    func json(_ value: some Encodable) -> [UInt8] {
      (try? encoder.encode(value)).map { [UInt8]($0) } ?? []
    }
    var words = metadata
    var axes: [String: TensorAxis] = [:]
    for tensor in tensors { axes[tensor.name] = tensor.axis }
    if !axes.isEmpty { words[Self.axesKey] = String(decoding: json(axes), as: UTF8.self) }
    var header: [String: HeaderEntry] = ["__metadata__": HeaderEntry(words: words)]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.bytes.count
      header[tensor.name] = HeaderEntry(
        dtype: tensor.kind.rawValue, shape: tensor.shape, dataOffsets: [offset, end])
      offset = end
    }
    var text = json(header)
    while text.count % 8 != 0 { text.append(0x20) }
    var bytes: [UInt8] = []
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: UInt64(text.count) >> UInt64(shift)))
    }
    return bytes + text
  }

  /// Reads a file.
  ///
  /// - Parameter file: all of its bytes.
  /// - Throws: `CheckpointError` for anything that is not a whole, consistent file.
  package init(decoding file: [UInt8]) throws(CheckpointError) {
    guard file.count >= 8 else {
      throw CheckpointError("\(file.count) bytes are no safetensors file")
    }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(file[$1]) << UInt64(8 * $1) }
    guard length <= 100_000_000, Int(length) <= file.count - 8 else {
      throw CheckpointError("the header's length of \(length) bytes goes beyond the file")
    }
    let start = 8 + Int(length)
    let header: [String: HeaderEntry]
    do {
      header = try JSONDecoder().decode([String: HeaderEntry].self, from: Data(file[8..<start]))
    } catch {
      throw CheckpointError("the header is not the JSON of a safetensors file")
    }
    var words = header["__metadata__"]?.words ?? [:]
    let axes = try Self.axes(words.removeValue(forKey: Self.axesKey) ?? "{}")
    var tensors: [(begin: Int, tensor: Tensor)] = []
    for (name, entry) in header where name != "__metadata__" {
      tensors.append(try Self.tensor(name, axes[name], entry, data: file[start...]))
    }
    tensors.sort { $0.begin < $1.begin }
    var expected = 0
    for (begin, tensor) in tensors {
      guard begin == expected || tensor.bytes.isEmpty else {
        throw CheckpointError("the bytes of \(tensor.name) overlap others or leave a gap")
      }
      expected += tensor.bytes.count
    }
    guard expected == file.count - start else {
      throw CheckpointError(
        "the tensors take \(expected) bytes, the file has \(file.count - start)")
    }
    self.tensors = tensors.map(\.tensor)
    metadata = words
  }

  private static func axes(_ text: String) throws(CheckpointError) -> [String: TensorAxis] {
    do {
      return try JSONDecoder().decode([String: TensorAxis].self, from: Data(text.utf8))
    } catch {
      throw CheckpointError("the axes of its tensors are not in order")
    }
  }

  private static func tensor(
    _ name: String, _ axis: TensorAxis?, _ entry: HeaderEntry, data: ArraySlice<UInt8>
  ) throws(CheckpointError) -> (begin: Int, tensor: Tensor) {
    guard let kind = entry.dtype.flatMap(Tensor.Kind.init(rawValue:)) else {
      throw CheckpointError("the tensor \(name) is of an unknown type")
    }
    guard let shape = entry.shape, let offsets = entry.dataOffsets, offsets.count == 2,
      offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= data.count
    else { throw CheckpointError("the tensor \(name) lies outside the file") }
    var size = kind.width
    for extent in shape {
      let (product, overflows) = size.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflows else {
        throw CheckpointError("the tensor \(name) has an impossible shape")
      }
      size = product
    }
    guard size == offsets[1] - offsets[0] else {
      throw CheckpointError("the tensor \(name) has other bytes than its shape needs")
    }
    let bytes = data[data.startIndex + offsets[0]..<data.startIndex + offsets[1]]
    return (
      offsets[0],
      Tensor(name: name, axis: axis, kind: kind, shape: shape, bytes: [UInt8](bytes))
    )
  }

  /// A tensor's entry in the header, or the metadata's: the format mixes both in one object.
  private struct HeaderEntry: Codable {
    var dtype: String?
    var shape: [Int]?
    var dataOffsets: [Int]?
    var words: [String: String] = [:]

    init(dtype: String, shape: [Int], dataOffsets: [Int]) {
      (self.dtype, self.shape, self.dataOffsets) = (dtype, shape, dataOffsets)
    }

    init(words: [String: String]) { self.words = words }

    private enum Key: String, CodingKey { case dtype, shape, dataOffsets = "data_offsets" }

    init(from decoder: any Decoder) throws {
      if let words = try? decoder.singleValueContainer().decode([String: String].self) {
        self.words = words
        return
      }
      let container = try decoder.container(keyedBy: Key.self)
      dtype = try container.decode(String.self, forKey: .dtype)
      shape = try container.decode([Int].self, forKey: .shape)
      dataOffsets = try container.decode([Int].self, forKey: .dataOffsets)
    }

    func encode(to encoder: any Encoder) throws {
      if dtype == nil {
        var container = encoder.singleValueContainer()
        try container.encode(words)
        return
      }
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(dtype, forKey: .dtype)
      try container.encode(shape, forKey: .shape)
      try container.encode(dataOffsets, forKey: .dataOffsets)
    }
  }
}

/// Why a stored model can't be used.
package struct CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What a person reads.
  package let description: String

  init(_ description: String) { self.description = description }
}
