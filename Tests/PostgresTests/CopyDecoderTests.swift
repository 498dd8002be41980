import Testing

@testable import Postgres

struct CopyDecoderTests {
  private static let header = CopyDecoder.signature + [0, 0, 0, 0, 0, 0, 0, 0]
  private static let trailer: [UInt8] = [0xFF, 0xFF]
  private static let row: [UInt8] = [0, 1, 0, 0, 0, 2, 0x12, 0x34]

  private func decode(_ messages: [UInt8]..., columns: Int = 1) throws -> [Int16?] {
    var decoder = CopyDecoder(columnCount: columns)
    var values: [Int16?] = []
    for message in messages {
      try unsafe message.withUnsafeBytes { bytes in
        try unsafe decoder.decode(bytes) { row in values.append(try row.nextInt16()) }
      }
    }
    try decoder.finish()
    return values
  }

  @Test func rowsMayComeOneByOneOrSeveralInAMessage() throws {
    let (header, row, trailer) = (Self.header, Self.row, Self.trailer)
    #expect(try decode(header + trailer) == [])
    #expect(try decode(header + row, row, trailer) == [0x1234, 0x1234])
    #expect(try decode(header, row + row + trailer) == [0x1234, 0x1234])
    #expect(try decode(header, [], [0, 1, 0xFF, 0xFF, 0xFF, 0xFF], trailer) == [nil])
  }

  @Test func anExtensionOfTheHeaderIsPassedOver() throws {
    let extended = CopyDecoder.signature + [0, 0, 0, 0, 0, 0, 0, 3, 9, 9, 9]
    #expect(try decode(extended + Self.row, Self.trailer) == [0x1234])
  }

  @Test func everyByteOfTheSignatureMatters() throws {
    for position in Self.header.indices.prefix(11) {
      var header = Self.header
      header[position] ^= 0x20
      let error = try failure { _ = try decode(header + Self.row, Self.trailer) }
      #expect(error.kind == .dataShape)
      #expect(error.message.contains("signature"))
    }
  }

  @Test func aStreamCutAnywhereIsNoticed() throws {
    let whole = Self.header + Self.row + Self.row + Self.trailer
    #expect(try decode(whole).count == 2)
    for length in whole.indices {
      let error = try failure { _ = try decode(Array(whole.prefix(length))) }
      #expect(error.kind == .dataShape)
    }
  }

  @Test(
    arguments: [
      ([0, 1, 0, 0, 0, 3, 1, 2], "column 1 is said to have 3 bytes, which are not there"),
      ([0, 1, 0xFF, 0xFF, 0xFF, 0xFE], "column 1 is said to have -2 bytes, which are not there"),
      (
        [0, 1, 0x7F, 0xFF, 0xFF, 0xFF],
        "column 1 is said to have 2147483647 bytes, which are not there"
      ),
      ([0, 1, 0, 0, 0, 1, 1], "column 1 has 1 bytes where 2 were expected"),
      ([0, 2, 0, 0, 0, 1, 1], "a row has 2 columns where 1 were announced"),
      ([0xFF, 0xFE], "a row has -2 columns where 1 were announced"),
      ([0], "a row is cut short"),
      ([0xFF, 0xFF, 0], "data follows the trailer"),
    ] as [([UInt8], String)])
  func aMalformedRowIsNamed(bytes: [UInt8], message: String) throws {
    let error = try failure { _ = try decode(Self.header + bytes) }
    #expect(error.kind == .dataShape)
    #expect(error.message == message)
  }

  @Test func flagsThatChangeTheFormatAreRefusedAndOthersAreNot() throws {
    let critical = CopyDecoder.signature + [0, 1, 0, 0, 0, 0, 0, 0]
    #expect(try failure { _ = try decode(critical + Self.trailer) }.message.contains("flags"))
    let harmless = CopyDecoder.signature + [0, 0, 0x80, 0, 0, 0, 0, 0]
    #expect(try decode(harmless + Self.row, Self.trailer) == [0x1234])
    let endless = CopyDecoder.signature + [0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]
    #expect(try failure { _ = try decode(endless + Self.trailer) }.message.contains("extension"))
  }

  @Test func aFieldBeyondTheLastIsAnError() throws {
    var decoder = CopyDecoder(columnCount: 1)
    let error = try failure {
      try unsafe (Self.header + Self.row).withUnsafeBytes { bytes in
        try unsafe decoder.decode(bytes) { row in
          _ = try row.nextInt16()
          _ = try row.nextInt16()
        }
      }
    }
    #expect(error.message == "the row has no more than 1 columns")
  }

  @Test func textThatIsNotUTF8IsAnError() throws {
    var decoder = CopyDecoder(columnCount: 1)
    let error = try failure {
      try unsafe (Self.header + [0, 1, 0, 0, 0, 2, 0xC3, 0x28]).withUnsafeBytes { bytes in
        try unsafe decoder.decode(bytes) { row in _ = try row.nextText() }
      }
    }
    #expect(error.message == "column 1 is not UTF-8")
  }
}
