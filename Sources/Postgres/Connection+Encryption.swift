import CLibpq

/// How a connection is protected on its way, as libpq set it up.
package struct Encryption: Sendable, Equatable {
  /// Whether the server is reached by a Unix socket, which no network sees.
  package let isUnixSocket: Bool
  /// Whether the server is on this machine, by a socket or a loopback address.
  package let isLocal: Bool
  /// Protocol and cipher, such as `TLSv1.3, TLS_AES_256_GCM_SHA384`; nil when nothing is encrypted.
  package let tls: String?
  /// libpq's `sslmode` in force, such as `prefer` or `verify-full`.
  package let mode: String

  /// Whether the server had to prove who it is.
  package var verifiesServer: Bool { tls != nil && (mode == "verify-full" || mode == "verify-ca") }
}

extension Connection {
  /// How the connection is protected.
  package var encryption: Encryption {
    func text(_ value: UnsafePointer<CChar>?) -> String? {
      unsafe value.map { text in unsafe String(cString: text) }
    }
    let host = unsafe text(UnsafePointer(PQhost(handle))) ?? ""
    let isSocket = host.hasPrefix("/") || host.hasPrefix("@")
    let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
    var tls: String?
    if unsafe PQsslInUse(handle) == 1 {
      let parts = unsafe [
        text(PQsslAttribute(handle, "protocol")), text(PQsslAttribute(handle, "cipher")),
      ]
      tls = parts.compactMap { $0 }.joined(separator: ", ")
    }
    return Encryption(
      isUnixSocket: isSocket, isLocal: isSocket || isLoopback, tls: tls,
      mode: setting("sslmode") ?? "prefer")
  }

  /// A keyword of the connection's own parameters; none of them secret.
  private func setting(_ keyword: String) -> String? {
    guard let options = unsafe PQconninfo(handle) else { return nil }
    defer { unsafe PQconninfoFree(options) }
    return unsafe Opening.settings(options).first { $0.0 == keyword }?.1
  }
}
