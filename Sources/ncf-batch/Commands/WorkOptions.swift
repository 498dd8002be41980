import ArgumentParser
import Jobs
import Kernels

/// The job and the threads of commands that train beside the nightly run.
struct WorkOptions: ParsableArguments {
  private static let threadRange = 1...1024

  @OptionGroup var source: JobOptions

  @Option(
    help: "Threads; results don't depend on it. [NCF_THREADS, default: one a processor]")
  var threads: Int?

  func validate() throws {
    if let threads { try Self.check(threads: threads) }
  }

  /// Refuses a number of threads that makes no sense.
  static func check(threads: Int) throws {
    if !threadRange.contains(threads) {
      throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
    }
  }

  /// Threads by the flag, else the variable, else the machine.
  func threads(in session: Session) throws(BatchError) -> Int {
    if let threads { return threads }
    return try Self.threads(in: session)
  }

  /// Threads by the variable, else the machine.
  static func threads(in session: Session) throws(BatchError) -> Int {
    let variable = try session.variable(
      "NCF_THREADS", wanted: "a whole number from 1 to 1024"
    ) { text in
      Int(text).flatMap { threadRange.contains($0) ? $0 : nil }
    }
    return variable ?? Machine.processors
  }

  /// Chooses the kernels: those of the widest registers, or by the variable of others.
  ///
  /// - Throws: 78 when the processor can't run them.
  static func chooseKernels(in session: Session) throws(BatchError) {
    let bits = try session.variable("NCF_VECTORS", wanted: "128, 256 or 512") { text in
      Int(text).flatMap { [128, 256, 512].contains($0) ? $0 : nil }
    }
    do throws(KernelsError) {
      try Kernels.use(bits: bits)
    } catch {
      throw BatchError(.configuration, error.description, advice: error.advice)
    }
  }

  /// What the arithmetic is done with, for people.
  static var kernels: String {
    let processor = Kernels.processor
    return "kernels for \(Kernels.bits) bits"
      + (processor.isEmpty ? "" : ", \(processor)")
      + "; widest here: \(Kernels.supported.last ?? 0)"
  }

  /// Whole numbers with commas between.
  static func numbers<Number: FixedWidthInteger & Sendable>(
    _ text: String, from lowest: Number
  ) throws -> [Number] {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map {
      Number($0).flatMap { $0 >= lowest ? $0 : nil }
    }
    let found = numbers.compactMap { $0 }
    guard found.count == numbers.count, !found.isEmpty else {
      throw ValidationError("It must be whole numbers from \(lowest) on, with commas between.")
    }
    return found
  }
}

extension CaseIterable where Self: RawRepresentable, RawValue == String {
  /// Reads an argument that is the name of a case.
  ///
  /// - Throws: `ValidationError` that lists the names.
  static func argument(_ text: String) throws -> Self {
    guard let value = Self(rawValue: text) else {
      let names = allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("It must be one of: \(names).")
    }
    return value
  }
}
