import Foundation
import Testing

/// A stated number of damaged inputs, each of which must end in a value or in an error of ours.
///
/// `make test` tries some thousands; `make fuzz` a million. A crash leaves the number of its input in the
/// file `ncf-fuzz-NAME-PROCESS` of the folder for temporary files: `input(_:seed:)` makes it again.
struct Campaign {
  /// What is read; names the line of the report.
  let name: String
  /// Where the inputs come from.
  let mutator: Mutator

  /// What came of an input.
  enum Outcome {
    case accepted, refused
  }

  /// The seed of the random choices, from `NCF_FUZZ_SEED`.
  static let seed = number("NCF_FUZZ_SEED") ?? 1
  /// How many inputs all campaigns try together in `make fuzz`; nil in `make test`.
  static let total = number("NCF_FUZZ_INPUTS")

  private static func number(_ variable: String) -> UInt64? {
    ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) }
  }

  /// Tries the inputs.
  ///
  /// - Parameters:
  ///   - percent: how many of a hundred inputs of all campaigns are this one's.
  ///   - body: reads an input; says what came of it, and throws what must not be thrown.
  /// - Throws: nothing of an input: what `body` throws is recorded.
  func run(percent: Int, _ body: ([UInt8]) throws -> Outcome) throws {
    let inputs = Int(Self.total ?? 40_000) * percent / 100
    let mark = FileManager.default.temporaryDirectory
      .appending(path: "ncf-fuzz-\(name)-\(ProcessInfo.processInfo.processIdentifier)").path
    let file = unsafe open(mark, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer {
      close(file)
      unsafe _ = unlink(mark)
    }
    let before = Self.peakMegabytes
    var (accepted, slowest) = (0, Duration.zero)
    let clock = ContinuousClock()
    for number in 0..<inputs {
      var place = Array("\(number) of seed \(Self.seed)\n".utf8)
      unsafe _ = pwrite(file, &place, place.count, 0)
      let input = mutator.input(number, seed: Self.seed)
      let start = clock.now
      do {
        if try body(input) == .accepted { accepted += 1 }
      } catch {
        Issue.record("\(name), input \(number) of seed \(Self.seed): \(error)")
        return
      }
      slowest = max(slowest, clock.now - start)
    }
    // A corpus of which nothing gets through tests a first check only.
    #expect(accepted > 0 && accepted < inputs, "\(name): \(accepted) of \(inputs) were accepted")
    let peak = Self.peakMegabytes
    print(
      "fuzz: \(name): \(inputs) inputs of seed \(Self.seed), \(accepted) accepted,",
      "\(inputs - accepted) refused, slowest \(slowest), peak memory \(before) -> \(peak) MB")
    if Self.total != nil {
      // Beside other tests the peak says nothing of this one.
      #expect(peak < before + 256, "\(name): an input took too much memory")
    }
  }

  private static var peakMegabytes: Int {
    var usage = rusage()
    unsafe _ = getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss / 1_024
  }
}
