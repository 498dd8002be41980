import Glibc

/// Tells systemd how a run is getting on, by the protocol of sd_notify(3): `systemctl status` shows it.
///
/// A datagram of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names, a path or, with an `@` in
/// front, an abstract address. Nobody waits for it and nothing depends on it: what can't be sent is lost.
struct ServiceNotice: Sendable {
  private let address: [UInt8]

  /// Finds the socket; fails where no service manager listens, or the address is of an unknown kind.
  ///
  /// - Parameter environment: `NOTIFY_SOCKET` is looked at.
  init?(_ environment: [String: String]) {
    guard let name = environment["NOTIFY_SOCKET"], name.utf8.count > 1,
      name.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
    else { return nil }
    var bytes = Array(name.utf8)
    switch bytes[0] {
    case UInt8(ascii: "@"): bytes[0] = 0
    case UInt8(ascii: "/"): break
    default: return nil
    }
    address = bytes
  }

  /// The run has begun: it holds its lock, and the server is there.
  func ready(_ status: String) { send("READY=1\nSTATUS=\(Self.line(status))") }

  /// What it is doing.
  func status(_ text: String) { send("STATUS=\(Self.line(text))") }

  /// It is about to end.
  func stopping(_ status: String) { send("STOPPING=1\nSTATUS=\(Self.line(status))") }

  /// A value is a line.
  private static func line(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: "; ")
  }

  private func send(_ message: String) {
    let socket = Glibc.socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return }
    defer { close(socket) }
    var place = sockaddr_un()
    place.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &place.sun_path) { path in
      unsafe path.copyBytes(from: address)
    }
    // An abstract address is as long as it is said to be; a path ends with its zero byte.
    let isPath = address[0] != 0
    let length =
      (MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2) + address.count + (isPath ? 1 : 0)
    let bytes = Array(message.utf8)
    unsafe withUnsafePointer(to: &place) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
        unsafe _ = sendto(
          socket, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), general,
          socklen_t(length))
      }
    }
  }
}
