package import Jobs
package import Postgres
import RunSupport

/// Tries everything that a night needs, and writes nothing.
///
/// Each thing tried gives one finding that says what is so and, where it should be otherwise, what to
/// do. What can't be tried, because something before it failed, is said to be skipped.
package struct Checkup {
  /// One thing that was tried.
  package struct Finding: Sendable, Equatable {
    /// How it came out.
    package enum Grade: String, Sendable {
      case ok
      case warn
      case fail
      case skip
    }

    /// What was tried.
    package let subject: Subject
    /// How it came out.
    package let grade: Grade
    /// What was found, in one line.
    package let text: String
    /// What to do; nil when there is nothing to do.
    package let advice: String?
    /// What a night would end with; `success` unless it failed.
    package let exitCode: ExitCode

    /// A finding.
    package init(
      _ subject: Subject, _ grade: Grade, _ text: String, advice: String? = nil,
      exitCode: ExitCode = .success
    ) {
      (self.subject, self.grade, self.exitCode) = (subject, grade, exitCode)
      self.text = text.split(whereSeparator: \.isNewline).joined(separator: "; ")
      self.advice = advice?.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// A failure.
    package init(_ subject: Subject, _ error: BatchError) {
      self.init(
        subject, .fail, error.recordText, advice: error.advice, exitCode: error.exitCode)
    }
  }

  /// Things that are tried, in their order.
  package enum Subject: String, Sendable, CaseIterable {
    case configuration
    case processor
    case connection
    case tls
    case server
    case pooler
    case limits
    case clock
    case migrations
    case rights
    case output
    case lock
    case lists
    case method
    case source
    case sample
    case index
    case memory
  }

  /// What one trial found.
  enum Verdict {
    case ok(String)
    case warn(String, advice: String)
    case fail(String, ExitCode, advice: String)
  }

  let job: Job?
  let parameters: ConnectionParameters
  let threads: Int
  let now: @Sendable () -> Double
  private let report: (Finding) -> Void
  private(set) var findings: [Finding] = []

  /// A check-up to be made.
  ///
  /// - Parameters:
  ///   - job: what `nightly.yaml` says; nil when it can't be read.
  ///   - parameters: where the server is.
  ///   - threads: how many a night would use.
  ///   - now: this machine's clock, in seconds since 1970.
  ///   - report: told of each finding at once.
  package init(
    job: Job?, parameters: ConnectionParameters, threads: Int,
    now: @escaping @Sendable () -> Double,
    report: @escaping (Finding) -> Void
  ) {
    (self.job, self.parameters, self.threads) = (job, parameters, threads)
    (self.now, self.report) = (now, report)
  }

  /// Tries everything about the server that can be tried.
  ///
  /// - Returns: the findings, in order; failures are among them.
  package mutating func run() -> [Finding] {
    guard let connection = open() else { return skip(from: .tls, "there is no connection") }
    checkEncryption(connection)
    checkServer(connection)
    checkPooler(connection)
    checkLimits(connection)
    checkClock(connection)
    let isMigrated = checkMigrations(connection)
    checkRights(connection, isMigrated: isMigrated)
    guard let job else { return skip(from: .output, "the configuration can't be used") }
    checkOutput(job, connection)
    checkLock(job, connection, isMigrated: isMigrated)
    checkLists(job, connection, isMigrated: isMigrated)
    checkMethod(job, connection, isMigrated: isMigrated)
    checkSource(job, connection)
    return findings
  }

  /// The code that a caller gets: of the failures the one that takes most to mend, which is the
  /// highest number; 0 without failures.
  package static func exitCode(of findings: [Finding]) -> ExitCode {
    findings.map(\.exitCode).max { $0.rawValue < $1.rawValue } ?? .success
  }

  mutating func note(_ subject: Subject, _ verdict: Verdict) {
    switch verdict {
    case .ok(let text): add(Finding(subject, .ok, text))
    case .warn(let text, let advice): add(Finding(subject, .warn, text, advice: advice))
    case .fail(let text, let code, let advice):
      add(Finding(subject, .fail, text, advice: advice, exitCode: code))
    }
  }

  mutating func skip(_ subject: Subject, _ why: String) {
    add(Finding(subject, .skip, "not tried: \(why)"))
  }

  private mutating func skip(from first: Subject, _ why: String) -> [Finding] {
    for subject in Subject.allCases.drop(while: { $0 != first }) { skip(subject, why) }
    return findings
  }

  mutating func add(_ finding: Finding) {
    findings.append(finding)
    report(finding)
  }

  /// Runs one trial; what it throws is a failure of its subject.
  ///
  /// - Returns: whether it did not fail.
  @discardableResult
  mutating func attempt(
    _ subject: Subject, _ doing: String, isMigrated: Bool = true, _ body: () throws -> Verdict
  ) -> Bool {
    do throws(BatchError) {
      guard isMigrated else {
        skip(subject, "migrations are not in order")
        return false
      }
      note(subject, try BatchError.mapping(doing, body))
      return true
    } catch {
      add(Finding(subject, error))
      return false
    }
  }
}
