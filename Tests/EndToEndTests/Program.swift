import Foundation
import TestSupport

/// The built executable, run as a user would.
struct Program {
  /// What a run of it left behind.
  struct Result {
    /// The exit code, or the negated signal that ended it.
    var code: Int32
    /// Standard output.
    var output: String
    /// Standard error.
    var talk: String
  }

  /// A run that goes on.
  final class Running {
    let process: Process
    private let folder: TemporaryFolder

    fileprivate init(_ process: Process, _ folder: TemporaryFolder) {
      self.process = process
      self.folder = folder
    }

    /// Sends a signal.
    func signal(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end.
    func wait() throws -> Result {
      process.waitUntilExit()
      let code = process.terminationStatus
      return Result(
        code: process.terminationReason == .uncaughtSignal ? -code : code,
        output: try folder.read("out"), talk: try folder.read("err"))
    }
  }

  /// Variables beside which nothing of the caller's `PG*` and `NCF_*` is handed on.
  var environment: [String: String] = [:]

  /// Runs it to its end.
  func run(_ arguments: String..., in folder: String? = nil) throws -> Result {
    try start(arguments, in: folder).wait()
  }

  /// Starts it; `terminal` takes standard error, `screen` standard output, and `keyboard` is read from.
  func start(
    _ arguments: [String], in directory: String? = nil, terminal: FileHandle? = nil,
    screen: FileHandle? = nil, keyboard: FileHandle? = nil
  ) throws -> Running {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = try BuiltExecutable.url
    process.arguments = arguments
    var variables = ProcessInfo.processInfo.environment.filter {
      variable in !["PG", "NCF_", "OPENBLAS_", "OMP_"].contains { variable.key.hasPrefix($0) }
    }
    variables.merge(environment) { $1 }
    process.environment = variables
    if let directory { process.currentDirectoryURL = URL(filePath: directory) }
    process.standardInput = keyboard ?? FileHandle.nullDevice
    let output = try folder.handle("out")
    process.standardOutput = screen ?? output
    let talk = try folder.handle("err")
    process.standardError = terminal ?? talk
    try Self.withOpenMask { try process.run() }
    return Running(process, folder)
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

  /// Where it lies, and `ncf-bench` with it.
  static var folder: URL {
    get throws { try BuiltExecutable.url.deletingLastPathComponent() }
  }
}

/// A folder that goes when the test ends.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "ncf-end-to-end-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and gives its path.
  func write(_ text: String, to name: String) throws -> String {
    let path = "\(path)/\(name)"
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  /// The text of a file.
  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: "\(path)/\(name)")), as: UTF8.self)
  }

  func handle(_ name: String) throws -> FileHandle {
    try FileHandle(forWritingTo: URL(filePath: write("", to: name)))
  }
}
