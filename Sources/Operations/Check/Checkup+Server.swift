import Jobs
import Postgres
import RunSupport

/// What is tried of the way to the server, and of the server itself.
extension Checkup {
  /// Connects as a night would.
  mutating func open() -> Connection? {
    let began = now()
    var opened: Connection?
    attempt(.connection, "connect") { [parameters, now] in
      let connection = try Connection(parameters, applicationName: "ncf-batch/check")
      let session = try connection.execute(SQL.Check.session).row()
      let database: String = try session.decode("database")
      let role: String = try session.decode("role")
      opened = connection
      return .ok("database \(database) as \(role), in \(Int(max(0, (now() - began) * 1000))) ms")
    }
    return opened
  }

  mutating func checkEncryption(_ connection: Connection) {
    let encryption = connection.encryption
    let verdict: Verdict =
      switch encryption.tls {
      case let tls? where encryption.verifiesServer:
        .ok("\(tls), the server's certificate is verified (\(encryption.mode))")
      case let tls? where encryption.isLocal: .ok("\(tls), on this machine")
      case let tls?:
        .warn(
          "\(tls), but nobody checks whose server it is (sslmode \(encryption.mode))",
          advice: "set PGSSLMODE=verify-full and PGSSLROOTCERT")
      case nil where encryption.isUnixSocket: .ok("a Unix socket; no TLS is needed")
      case nil where encryption.isLocal: .ok("not encrypted, but on this machine")
      case nil:
        .warn(
          "the connection is not encrypted: events and lists can be read on the way",
          advice: "switch ssl on in the server and set PGSSLMODE=verify-full")
      }
    note(.tls, verdict)
  }

  mutating func checkServer(_ connection: Connection) {
    attempt(.server, "ask what the server is") {
      try ServerCheck.version(of: connection)
      let session = try connection.execute(SQL.Check.session).row()
      let version: String = try session.decode("version")
      if try session.decode("is_standby") {
        return .fail(
          "PostgreSQL \(version) is a standby, which takes no writes", .configuration,
          advice: "connect to the primary: target_session_attrs=read-write")
      }
      if try session.decode("is_read_only") {
        return .fail(
          "PostgreSQL \(version): sessions of this role or database are read-only", .configuration,
          advice: "ALTER ROLE … SET default_transaction_read_only = off")
      }
      return .ok("PostgreSQL \(version)")
    }
  }

  mutating func checkPooler(_ connection: Connection) {
    attempt(.pooler, "open a second connection") { [parameters] in
      let second = try Connection(parameters, applicationName: "ncf-batch/check")
      try ServerCheck.pooler(connection, second)
      return .ok("each connection has a session of its own")
    }
  }

  mutating func checkLimits(_ connection: Connection) {
    attempt(.limits, "read the session's limits") {
      let limits = try connection.execute(SQL.Check.limits).map {
        try $0.decode(String.self, "setting")
      }
      guard let first = limits.first else {
        return .ok("no statement or session is cut off by a time limit")
      }
      return .warn(
        "what takes longer is cut off: \(limits.joined(separator: ", "))",
        advice: "ALTER ROLE … SET \(first.prefix { $0 != " " }) = 0 for the role of the job")
    }
  }

  /// Holds this machine's clock against the server's, by which events are judged.
  mutating func checkClock(_ connection: Connection) {
    attempt(.clock, "ask the server's clock") { [now] in
      let before = now()
      let found: Double = try connection.execute(SQL.Check.clock).value()
      let ahead = found - (before + now()) / 2
      let tenths = (abs(ahead) * 10).rounded() / 10
      let text =
        tenths == 0
        ? "the server's and this machine's agree"
        : "the server's is \(tenths) s \(ahead > 0 ? "ahead of" : "behind") this machine's"
      if abs(ahead) < Self.tolerableSkew { return .ok(text) }
      return .warn(
        text,
        advice: "synchronise both (timedatectl set-ntp true); a run goes by the server's, and rows "
          + "from its future are left out")
    }
  }

  /// Seconds between two clocks that nobody need care about.
  private static let tolerableSkew = 5.0
}
