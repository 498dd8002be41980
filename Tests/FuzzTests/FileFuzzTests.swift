import CZlib
import Foundation
import Interactions
import Jobs
import Source
import Testing

@testable import Operations
@testable import Postgres

/// Files of interactions and candidates that somebody gave.
struct FileFuzzTests {
  private static let words = [
    "\t", "::", "\n", "\r\n", "\r", "-", "+", ".", "0.5", " ", "\0", "e", "9223372036854775807",
    "253402300799", "253402300800", "é", "\t\t", ":", "1\t2\t3\n", "1::2::3.5::4\n",
  ].map { Array($0.utf8) }

  /// A file of a test's own, written anew for each input.
  private final class Scratch {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "ncf-fuzz-\(UUID().uuidString)").path

    deinit { unsafe _ = unlink(path) }

    func write(_ bytes: [UInt8]) throws {
      let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      defer { close(file) }
      let written = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(file, $0.baseAddress, $0.count)
      }
      guard written == bytes.count else { throw POSIXError(.EIO) }
    }

    /// What gzip makes of it.
    func gzipped(_ bytes: [UInt8]) throws -> [UInt8] {
      let file = unsafe gzopen(path, "wb")
      let written = unsafe bytes.withUnsafeBytes {
        unsafe gzwrite(file, $0.baseAddress, UInt32($0.count))
      }
      guard unsafe gzclose(file) == Z_OK, written == bytes.count else { throw POSIXError(.EIO) }
      return try Array(Data(contentsOf: URL(filePath: path)))
    }
  }

  /// The rows that a file is loaded as.
  private func rows(_ path: String, _ format: Loader.Format) throws -> [[Int64]] {
    let sink = StreamSink()
    var lines = try GzipLines(path: path)
    var writer = CopyWriter(columnCount: 5, sink: sink)
    try Loader(ConnectionParameters()).send(
      &lines, path: path, format: format, to: &writer, progress: { _ in })
    try writer.finish()
    var rows: [[Int64]] = []
    var decoder = CopyDecoder(columnCount: 5)
    try unsafe sink.stream.withUnsafeBytes { bytes in
      try unsafe decoder.decode(bytes) { row in
        let ids = [try row.nextInt64(), try row.nextInt64()]
        try row.skip()
        let value = try row.nextFloat()
        let time = try row.nextTimestamp()
        rows.append([ids[0] ?? 0, ids[1] ?? 0, Int64(value?.bitPattern ?? 0), time ?? 0])
      }
    }
    return rows
  }

  /// The slow, obvious twin: nil for a file that must be refused.
  private func twin(_ text: String, _ format: Loader.Format) -> [[Int64]]? {
    // By bytes: a carriage return and a newline are one character to a string.
    var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { String($0) ?? "" }
    if lines.last?.isEmpty == true { lines.removeLast() }
    var rows: [[Int64]] = []
    for line in lines {
      let line = line.utf8.last == 0x0D ? String(line.dropLast()) : line
      var fields = line.components(separatedBy: format == .tsv ? "\t" : "::")
      var value: Float = 0
      if format == .movielens {
        guard fields.count == 4, let rating = decimal(fields.remove(at: 2)) else { return nil }
        value = rating
      }
      guard fields.count == 3, let user = whole(fields[0]), let item = whole(fields[1]),
        let time = whole(fields[2]), time >= 0, time < 253_402_300_800
      else { return nil }
      rows.append([user, item, Int64(value.bitPattern), time * 1_000_000])
    }
    return rows
  }

  private func whole(_ text: String) -> Int64? {
    let digits = text.utf8.drop { $0 == 0x2D }
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }), !text.hasPrefix("--") else {
      return nil
    }
    return Int64(text)
  }

  private func decimal(_ text: String) -> Float? {
    let digits = text.utf8.filter { $0 != 0x2E }
    guard !digits.isEmpty, digits.count <= 16, text.utf8.count <= digits.count + 1,
      digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    // As the loader has it: a whole number, divided by a power of ten.
    let behind = text.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first
    var scale = 1.0
    for _ in 0..<(behind?.utf8.count ?? 0) { scale *= 10 }
    return Double(String(decoding: digits, as: UTF8.self)).map { Float($0 / scale) }
  }

  /// Whether a file was taken; what was not must be refused as bad data, or as one that can't be read.
  private func outcome(_ body: () throws -> Void) throws -> Campaign.Outcome {
    do {
      try body()
      return .accepted
    } catch let error as BatchError {
      #expect(error.exitCode == .data || error.exitCode == .io)
      return .refused
    }
  }

  @Test(arguments: [
    (Loader.Format.tsv, "1\t2\t3\n-5\t9223372036854775807\t1700000000\r\n7\t8\t9"),
    (.movielens, "1::1193::5::978300760\n2::661::3.5::978302109\r\n-3::914::0::0\n"),
  ])
  func aDamagedLogIsWhatItsTwinSaysOrRefused(format: Loader.Format, seed: String) throws {
    let scratch = Scratch()
    let mutator = Mutator(seeds: [Array(seed.utf8)], words: Self.words)
    try Campaign(name: format.rawValue, mutator: mutator).run(percent: 5) { input in
      try scratch.write(input)
      // A file may come to begin like an archive; what is in it is another test's.
      let isArchive = input.starts(with: [0x1F, 0x8B])
      let expected = isArchive ? nil : twin(String(decoding: input, as: UTF8.self), format)
      do {
        let rows = try rows(scratch.path, format)
        if !isArchive { #expect(rows == expected, "\(input)") }
        return .accepted
      } catch let error as BatchError {
        if !isArchive { #expect(expected == nil, "\(input): \(error)") }
        #expect(error.exitCode == .data || error.exitCode == .io)
        return .refused
      }
    }
  }

  @Test func aDamagedArchiveIsReadToItsEndOrRefused() throws {
    let scratch = Scratch()
    let long = (0..<4_000).map { "\($0)\t\($0 % 7)\t\($0 * 3)\n" }.joined()
    let seeds = try ["1\t2\t3\n7\t8\t9\n", long].map { try scratch.gzipped(Array($0.utf8)) }
    let words: [[UInt8]] = [
      [0x1F, 0x8B], [0x1F, 0x8B, 8, 0], [0, 0, 0xFF, 0xFF], [8], [4, 0xFF, 0xFF], seeds[0],
    ]
    let mutator = Mutator(seeds: [seeds[0], seeds[0], seeds[1]], words: words)
    try Campaign(name: "archives", mutator: mutator).run(percent: 3) { input in
      try scratch.write(input)
      return try outcome { _ = try rows(scratch.path, .tsv) }
    }
  }

  @Test func damagedCandidatesAreSetsOfKnownItemsOrRefused() throws {
    let scratch = Scratch()
    let users = Vocabulary(kind: .text, identifiers: .texts(["", "1", "ann", "é"]))
    let items = Vocabulary(kind: .bigint, identifiers: .integers([10, 20, 30, 40]))
    let seeds = ["ann\t30\t10\n1\t20\n", "é\t40\t40\t99\r\n\nzoe\t10"].map { Array($0.utf8) }
    let mutator = Mutator(seeds: seeds, words: Self.words)
    try Campaign(name: "candidates", mutator: mutator).run(percent: 4) { input in
      try scratch.write(input)
      return try outcome {
        let file = try CandidateFile(path: scratch.path, users: users, items: items)
        for user in 0..<users.count {
          let own = Array(file.candidates[user])
          #expect(own.allSatisfy { $0 < 4 } && own == Set(own).sorted())
          #expect(file.hasLine[user] || own.isEmpty)
        }
      }
    }
  }

  @Test func anArchiveThatUnpacksToOneEndlessLineIsRefused() throws {
    let scratch = Scratch()
    let bomb = try scratch.gzipped([UInt8](repeating: 0x31, count: 40 << 20))
    #expect(bomb.count < 1 << 20)
    try scratch.write(bomb)
    let error = #expect(throws: BatchError.self) { try rows(scratch.path, .tsv) }
    #expect(error?.exitCode == .data)
    #expect(error?.what.contains("the line is longer than 16 MiB") == true)
  }
}
