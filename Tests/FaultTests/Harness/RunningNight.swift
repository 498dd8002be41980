import Foundation
import Glibc
import TestSupport

/// A run of the built executable that goes on and can be stopped, signalled and waited for.
final class RunningNight {
  /// How it ended.
  struct Outcome {
    /// The exit code, or 128 and the signal that ended it, as a shell says it.
    let code: Int32
    /// What it said on standard error.
    let talk: String
    /// What it wrote to standard output.
    let output: String
  }

  private let process = Process()
  private let log: String
  private let said: String

  /// Starts it.
  ///
  /// - Parameters:
  ///   - arguments: the command line after the program's name.
  ///   - environment: beside what is not `PG*` or `NCF_*` of the caller's own.
  ///   - prefix: a program and arguments that start it, such as `env` or a shell that sets a limit.
  ///   - folder: where what it says is kept.
  /// - Throws: `CocoaError` when it can't be started.
  init(
    _ arguments: [String], environment: [String: String], prefix: [String] = [], in folder: String
  ) throws {
    let command = prefix + [try BuiltExecutable.url.path] + arguments
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    var variables = ProcessInfo.processInfo.environment.filter {
      variable in !["PG", "NCF_", "OPENBLAS_", "OMP_"].contains { variable.key.hasPrefix($0) }
    }
    variables.merge(environment) { $1 }
    process.environment = variables
    process.standardInput = FileHandle.nullDevice
    log = "\(folder)/talk-\(UUID().uuidString)"
    said = "\(log).output"
    for file in [log, said] { try Data().write(to: URL(filePath: file)) }
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: said))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: log))
    try Self.withOpenMask { try process.run() }
  }

  deinit { if process.isRunning { signal(SIGKILL) } }

  /// The process.
  var pid: Int32 { process.processIdentifier }

  /// Whether it has not ended.
  var isRunning: Bool { process.isRunning }

  /// Sends a signal.
  func signal(_ signal: Int32) { kill(pid, signal) }

  /// Waits until it has stopped at its point.
  ///
  /// - Throws: `Unexpected` when it ends instead.
  func waitUntilStopped() throws {
    var info = unsafe siginfo_t()
    // WNOWAIT leaves an end for Foundation to collect.
    while unsafe waitid(P_PID, id_t(pid), &info, WSTOPPED | WEXITED | WNOWAIT) != 0 {
      guard errno == EINTR else { break }
    }
    guard unsafe info.si_code == CLD_STOPPED else {
      let outcome = try wait()
      throw Unexpected("the run ended with \(outcome.code) before its point:\n\(outcome.talk)")
    }
  }

  /// Waits for the end.
  func wait() throws -> Outcome {
    process.waitUntilExit()
    let code = process.terminationStatus
    let texts = try [log, said].map { file in
      String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
    }
    return Outcome(
      code: process.terminationReason == .uncaughtSignal ? 128 + code : code, talk: texts[0],
      output: texts[1])
  }

  /// Lets a stopped run go on and waits for its end.
  func resume() throws -> Outcome {
    signal(SIGCONT)
    return try wait()
  }

  /// Runs `body` with no signal blocked, as in a shell: a child inherits the mask, and threads that
  /// tests run on block nearly all.
  static func withOpenMask(_ body: () throws -> Void) rethrows {
    var open = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&open)
    unsafe pthread_sigmask(SIG_SETMASK, &open, &before)
    defer { unsafe _ = pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }
}

/// What a trial can't go on from.
struct Unexpected: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Lets other processes do something, between looks at what they have done.
enum Breath {
  static func milliseconds(_ count: Int) { usleep(UInt32(count) * 1000) }

  /// Looks again and again until something holds.
  ///
  /// - Throws: `Unexpected` when it does not within two minutes, which no machine is too slow for.
  static func until(_ what: String, _ holds: () throws -> Bool) throws {
    for _ in 0..<12_000 {
      if try holds() { return }
      milliseconds(10)
    }
    throw Unexpected("it never came true that \(what)")
  }
}
