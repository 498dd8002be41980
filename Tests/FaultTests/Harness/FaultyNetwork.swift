import Foundation
import Glibc
import Synchronization
import TestSupport

/// A small TCP proxy before the server's socket, which can be slow, cut up, cut off or silent.
///
/// It lets through only those who name a user that nobody else knows: the server behind it trusts
/// whoever reaches its socket.
final class FaultyNetwork: Sendable {
  /// Which way bytes go.
  enum Way: Sendable {
    case toServer, toClient
  }

  /// When a COMMIT's connection is cut.
  enum CommitCut: Sendable {
    /// The server never hears of it.
    case before
    /// The server has done it, and its answer is lost.
    case after
  }

  /// What is wrong with the network.
  struct Faults: Sendable {
    /// How late each part arrives.
    var latencyMicroseconds: UInt32 = 0
    /// The most bytes that arrive at once.
    var slice = Int.max
    /// What becomes of the next COMMIT.
    var commit: CommitCut?
    /// Whether a COMMIT is held until this is no longer set.
    var holdsCommit = false
    /// How many more bytes get through one way before the connection that they are on is reset.
    var reset: (way: Way, bytes: Int)?
    /// Whether nothing arrives at the other side any more, nor any word that it doesn't.
    var isSilent = false
    /// Whether connections are refused.
    var refuses = false
  }

  private struct State {
    var faults = Faults()
    var links: [Int32: Link] = [:]
    var bytes = (toServer: 0, toClient: 0)
    var isHoldingCommit = false
  }

  private let state = Mutex(State())
  private let listener: Int32
  private let socket: String
  private let token: [UInt8]
  /// Where clients connect.
  let port: Int

  /// Opens a port on this machine.
  ///
  /// - Parameters:
  ///   - socket: the server's own.
  ///   - token: the name of a user, which a client's first words must hold.
  /// - Throws: `Unexpected` when there is no port to be had.
  init(to socket: String, token: String) throws {
    (self.socket, self.token) = (socket, Array(token.utf8))
    listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let (file, size) = (listener, length)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(file, pointer, size) == 0 && listen(file, 64) == 0
          && getsockname(file, pointer, &length) == 0
      }
    }
    guard isBound else { throw Unexpected("a port can't be had: errno \(errno)") }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [self] in accept() }
  }

  /// Closes the port and every connection.
  func close() {
    _ = shutdown(listener, Int32(SHUT_RDWR))
    cut()
  }

  /// Changes what is wrong from now on.
  func set(_ change: (inout Faults) -> Void) {
    let faults = state.withLock { state in
      change(&state.faults)
      return (state.faults, Array(state.links.values))
    }
    for socket in faults.1.map(\.client) + [listener] {
      if faults.0.isSilent { Self.drop(at: socket) } else { Self.undrop(at: socket) }
    }
  }

  /// Resets every connection.
  func cut() {
    for link in state.withLock({ Array($0.links.values) }) { link.end(resets: true) }
  }

  /// How many bytes have gone each way.
  var bytes: (toServer: Int, toClient: Int) { state.withLock { $0.bytes } }

  /// Whether a COMMIT is being held.
  var isHoldingCommit: Bool { state.withLock { $0.isHoldingCommit } }

  // MARK: - Connections

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else {
        if errno == EINTR { continue }
        _ = Glibc.close(listener)
        return
      }
      var yes: Int32 = 1
      unsafe _ = setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
      guard !state.withLock({ $0.faults.refuses }), let server = connectToServer() else {
        _ = Glibc.close(client)
        continue
      }
      let link = Link(client: client, server: server) { [weak self] in
        _ = self?.state.withLock { $0.links.removeValue(forKey: client) }
      }
      state.withLock { $0.links[client] = link }
      for way in [Way.toServer, .toClient] {
        Thread.detachNewThread { [self] in pump(link, way) }
      }
    }
  }

  private func connectToServer() -> Int32? {
    let file = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Array(socket.utf8)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
      for (place, byte) in path.prefix(room.count - 1).enumerated() {
        unsafe room[place] = byte
      }
    }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe connect(file, pointer, size) == 0
      }
    }
    if isConnected { return file }
    _ = Glibc.close(file)
    return nil
  }

  /// What becomes of some bytes.
  private enum Fate {
    case pass, lose, cut(after: Int), cutOnAnswer
  }

  private func pump(_ link: Link, _ way: Way) {
    let (from, to) = way == .toServer ? (link.client, link.server) : (link.server, link.client)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var isFirst = way == .toServer
    var resets = false
    defer {
      link.end(resets: resets)
      link.leave()
    }
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { room in
        unsafe Glibc.read(from, room.baseAddress, room.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      let bytes = buffer[..<count]
      // A request for encryption names nobody either; there is none here.
      if isFirst, count == 8 {
        guard send([UInt8(ascii: "N")], to: from) else { return }
        continue
      }
      // A request to cancel, which can do little, names nobody.
      if isFirst, count != 16, !Self.holds(bytes, token) { return }
      isFirst = false
      switch fate(of: bytes, on: link, way) {
      case .pass: break
      case .lose: continue
      case .cut(let after):
        _ = send(bytes.prefix(after), to: to)
        resets = true
        return
      case .cutOnAnswer: link.isCutOnAnswer.store(true, ordering: .sequentiallyConsistent)
      }
      guard send(bytes, to: to) else { return }
    }
  }

  private func fate(of bytes: ArraySlice<UInt8>, on link: Link, _ way: Way) -> Fate {
    if way == .toClient, link.isCutOnAnswer.load(ordering: .sequentiallyConsistent) {
      return .cut(after: 0)
    }
    let isCommit = way == .toServer && Self.isCommit(bytes)
    if isCommit {
      while state.withLock({ state in
        state.isHoldingCommit = state.faults.holdsCommit
        return state.isHoldingCommit
      }) { Breath.milliseconds(5) }
    }
    return state.withLock { state in
      if state.faults.isSilent { return .lose }
      switch way {
      case .toServer: state.bytes.toServer += bytes.count
      case .toClient: state.bytes.toClient += bytes.count
      }
      if isCommit, let cut = state.faults.commit {
        state.faults.commit = nil
        return cut == .before ? .cut(after: 0) : .cutOnAnswer
      }
      if let reset = state.faults.reset, reset.way == way {
        guard bytes.count < reset.bytes else {
          state.faults.reset = nil
          return .cut(after: reset.bytes)
        }
        state.faults.reset?.bytes -= bytes.count
      }
      return .pass
    }
  }

  private func send(_ bytes: ArraySlice<UInt8>, to file: Int32) -> Bool {
    let (slice, latency) = state.withLock { ($0.faults.slice, $0.faults.latencyMicroseconds) }
    var rest = bytes
    while !rest.isEmpty {
      if latency > 0 { usleep(latency) }
      let sent = unsafe rest.withUnsafeBytes { part in
        unsafe Glibc.send(
          file, part.baseAddress, min(part.count, slice), Int32(MSG_NOSIGNAL))
      }
      if sent < 0, errno == EINTR { continue }
      guard sent > 0 else { return false }
      rest = rest.dropFirst(sent)
    }
    return true
  }

  // MARK: - Bytes

  /// Whether a message is a simple query that says COMMIT.
  private static func isCommit(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.elementsEqual([0x51, 0, 0, 0, 11] + Array("COMMIT".utf8) + [0])
  }

  private static func holds(_ bytes: ArraySlice<UInt8>, _ token: [UInt8]) -> Bool {
    bytes.indices.contains { bytes[$0...].starts(with: token) }
  }

  /// Has the kernel drop what arrives at a socket before TCP answers it, as if the cable were out.
  private static func drop(at socket: Int32) {
    // One instruction of a packet filter: return 0, which keeps nothing.
    var instruction: UInt64 = 6
    unsafe withUnsafeMutablePointer(to: &instruction) { pointer in
      var program: [UInt] = [1, UInt(bitPattern: pointer)]
      let size = socklen_t(2 * MemoryLayout<UInt>.size)
      unsafe _ = setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, size)
    }
  }

  private static func undrop(at socket: Int32) {
    var nothing: Int32 = 0
    unsafe _ = setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, &nothing, 4)
  }
}

/// A client's connection and the one to the server that belongs to it.
private final class Link: Sendable {
  let client, server: Int32
  let isCutOnAnswer = Atomic(false)
  private let ends = Mutex(0)
  private let isGone: @Sendable () -> Void

  init(client: Int32, server: Int32, isGone: @escaping @Sendable () -> Void) {
    (self.client, self.server, self.isGone) = (client, server, isGone)
  }

  /// Ends both, so that the threads that move bytes come to their end.
  ///
  /// - Parameter resets: whether the client gets a reset instead of an end.
  func end(resets: Bool) {
    if resets {
      var wanted = linger(l_onoff: 1, l_linger: 0)
      let size = socklen_t(MemoryLayout<linger>.size)
      unsafe _ = setsockopt(client, SOL_SOCKET, SO_LINGER, &wanted, size)
    }
    _ = shutdown(client, Int32(resets ? SHUT_RD : SHUT_RDWR))
    _ = shutdown(server, Int32(SHUT_RDWR))
  }

  /// One of the two threads is done with it; the last one closes.
  func leave() {
    let isLast = ends.withLock { ends in
      ends += 1
      return ends == 2
    }
    guard isLast else { return }
    isGone()
    _ = close(client)
    _ = close(server)
  }
}
