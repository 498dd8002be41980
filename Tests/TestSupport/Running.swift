package import Foundation
import Glibc

/// A program that runs and can be signalled and waited for.
package final class Running {
  private let process = Process()
  private let folder: TemporaryFolder

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - command: its path and its arguments.
  ///   - directory: where it is run; the caller's own folder when left out.
  ///   - environment: all of its variables; the caller's own when left out.
  ///   - terminal: takes standard error.
  ///   - screen: takes standard output.
  ///   - keyboard: is standard input.
  /// - Throws: `CocoaError` when it can't be started.
  package init(
    _ command: [String], in directory: String? = nil, environment: [String: String]? = nil,
    terminal: FileHandle? = nil, screen: FileHandle? = nil, keyboard: FileHandle? = nil
  ) throws {
    folder = try TemporaryFolder()
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.environment = environment
    if let directory { process.currentDirectoryURL = URL(filePath: directory) }
    process.standardInput = keyboard ?? FileHandle.nullDevice
    let (output, talk) = (try folder.handle("out"), try folder.handle("err"))
    process.standardOutput = screen ?? output
    process.standardError = terminal ?? talk
    // With no signal blocked, as in a shell: a child inherits the mask, and threads that tests run on
    // block nearly all.
    var (open, before) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&open)
    unsafe pthread_sigmask(SIG_SETMASK, &open, &before)
    defer { unsafe _ = pthread_sigmask(SIG_SETMASK, &before, nil) }
    try process.run()
  }

  deinit { if process.isRunning { signal(SIGKILL) } }

  /// The process.
  package var pid: Int32 { process.processIdentifier }

  /// Whether it has not ended.
  package var isRunning: Bool { process.isRunning }

  /// Sends a signal.
  ///
  /// - Parameter signal: which.
  package func signal(_ signal: Int32) { kill(pid, signal) }

  /// Waits for the end.
  ///
  /// - Returns: how it ended and what it said.
  /// - Throws: `CocoaError` when what it said can't be read.
  package func wait() throws -> Program.Result {
    process.waitUntilExit()
    let code = process.terminationStatus
    let isSignal = process.terminationReason == .uncaughtSignal
    return Program.Result(
      code: isSignal ? 128 + code : code, output: try folder.read("out"),
      talk: try folder.read("err"))
  }
}
