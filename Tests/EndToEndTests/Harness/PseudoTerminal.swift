import Foundation
import Glibc
import TestSupport

/// A terminal without a screen: what a program writes to it can be read.
final class PseudoTerminal {
  /// The program's end.
  let device: FileHandle
  private let screen: FileHandle

  // Linux' TIOCSPTLCK and TIOCGPTN, whose definitions Swift can't import.
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  init() throws {
    let main = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (locked, number): (Int32, Int32) = (0, 0)
    guard main >= 0, unsafe ioctl(main, Self.setLock, &locked) == 0,
      unsafe ioctl(main, Self.getNumber, &number) == 0
    else { throw Unexpected("no pseudo-terminal: \(errno)") }
    screen = FileHandle(fileDescriptor: main, closeOnDealloc: true)
    let end = unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard end >= 0 else { throw Unexpected("no terminal device: \(errno)") }
    device = FileHandle(fileDescriptor: end, closeOnDealloc: true)
    var size = winsize(ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0)
    unsafe _ = ioctl(end, UInt(TIOCSWINSZ), &size)
  }

  /// Runs a program on it, and gives what it wrote there and its exit code.
  ///
  /// With `showsOutput` standard output goes there too, beside standard error; `typed` is what somebody
  /// has typed ahead.
  func run(
    _ program: Program, _ arguments: [String], showsOutput: Bool = false, typed: String? = nil
  ) throws -> (code: Int32, screen: String) {
    if let typed { try screen.write(contentsOf: Data(typed.utf8)) }
    let running = try program.start(
      arguments, terminal: device, screen: showsOutput ? device : nil,
      keyboard: typed == nil ? nil : device)
    try device.close()
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    // The last program's end of a terminal gone, reading fails with EIO.
    while true {
      let count = unsafe read(screen.fileDescriptor, &chunk, chunk.count)
      if count <= 0 { break }
      bytes += chunk[..<count]
    }
    return (try running.wait().code, String(decoding: bytes, as: UTF8.self))
  }
}
