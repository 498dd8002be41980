import ArgumentParser
import CProcessor
import Jobs

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

  /// Refuses a processor that the kernels were not built for.
  static func checkProcessor() throws(BatchError) {
    guard processor_runs_kernels() != 0 else {
      throw BatchError(
        .configuration, "this processor lacks AVX2, FMA or BMI2, which the kernels are built for",
        advice: "run it on a processor from 2013 (Intel) or 2015 (AMD) on")
    }
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
