import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

/// What systemd is told.
struct ServiceNoticeTests {
  /// A socket as systemd has one.
  private final class Listener {
    let descriptor: Int32

    init(_ name: String) throws {
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      var bytes = Array(name.utf8)
      if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
      unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
      let length = socklen_t(2 + bytes.count + (bytes[0] == 0 ? 0 : 1))
      let bound = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe bind(descriptor, $0, length)
        }
      }
      guard bound == 0 else {
        throw Unexpected(unsafe String(cString: strerror(errno)))
      }

    }

    deinit { close(descriptor) }

    /// Reads until `end` comes.
    func messages(until end: String) -> [String] {
      var messages: [String] = []
      while !(messages.last?.contains(end) ?? false) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        if count <= 0 { break }
        messages.append(String(decoding: buffer[0..<count], as: UTF8.self))
      }
      return messages
    }
  }

  @Test(
    "systemd hears when the run is ready, its stage, and how it ended, at either kind of address",
    arguments: [false, true])
  func night(isAbstract: Bool) throws {
    let shop = try Shop(.eighty)
    let name = isAbstract ? "@ncf-\(UUID().uuidString)" : "\(shop.folder.path)/notify"
    let listener = try Listener(name)
    let config = try shop.jobFile()
    var program = shop.program
    program.environment["NOTIFY_SOCKET"] = name
    let run = try program.start(["run", "--config", config, "--force"])
    let messages = listener.messages(until: "STOPPING=1")
    try expectSuccess(run.wait())
    #expect(messages.first == "READY=1\nSTATUS=run 1 of job shop")
    #expect(messages.contains("STATUS=run 1: pull"), "\(messages)")
    #expect(messages.contains("STATUS=run 1: train"), "\(messages)")
    #expect(messages.last == "STOPPING=1\nSTATUS=run 1 published", "\(messages)")
  }

  @Test("Nobody listening, or no such address, is no reason for a run to fail")
  func nobody() throws {
    let shop = try Shop(.eighty)
    for name in [
      "/nowhere/notify", "@nobody", "vsock:2:1", "@", String(repeating: "/x", count: 99),
    ] {
      try expectSuccess(shop.night(["NOTIFY_SOCKET": name]))
    }
  }

  @Test("A run that fails says so")
  func failure() throws {
    let shop = try Shop(.eighty, events: false)
    let name = "\(shop.folder.path)/notify"
    let listener = try Listener(name)
    var program = shop.program
    program.environment["NOTIFY_SOCKET"] = name
    let run = try program.start(["run", "--config", shop.jobFile()])
    let last = listener.messages(until: "STOPPING=1").last
    #expect(try run.wait().code == 65)
    #expect(last?.hasPrefix("STOPPING=1\nSTATUS=ended with 65: ") == true, "\(last ?? "")")
  }
}
