import Jobs
import Postgres
import RunSupport

/// What is tried of the way to the server, and of the server itself.
extension Checkup {
  /// Connects as a night would.
  mutating func open() -> Connection? {
    let began = now()
    let parameters = parameters
    let found = attempt(.connection, "connect") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/check")
      let session = try connection.execute(SQL.Check.session).row()
      let database: String = try session.decode("database")
      return (connection, "database \(database) as \(try session.decode(String.self, "role"))")
    }
    guard let (connection, session) = found else { return nil }
    let milliseconds = Int(max(0, (now() - began) * 1000))
    note(.connection, .ok, "\(session), in \(milliseconds) ms")
    return connection
  }

  mutating func checkEncryption(_ connection: Connection) {
    let encryption = connection.encryption
    switch encryption.tls {
    case let tls? where encryption.verifiesServer:
      note(.tls, .ok, "\(tls), the server's certificate is verified (\(encryption.mode))")
    case let tls? where encryption.isLocal: note(.tls, .ok, "\(tls), on this machine")
    case let tls?:
      note(
        .tls, .warn, "\(tls), but nobody checks whose server it is (sslmode \(encryption.mode))",
        advice: "set PGSSLMODE=verify-full and PGSSLROOTCERT")
    case nil where encryption.isUnixSocket: note(.tls, .ok, "a Unix socket; no TLS is needed")
    case nil where encryption.isLocal:
      note(.tls, .ok, "not encrypted, but on this machine")
    case nil:
      note(
        .tls, .warn, "the connection is not encrypted: events and lists can be read on the way",
        advice: "switch ssl on in the server and set PGSSLMODE=verify-full")
    }
  }

  mutating func checkServer(_ connection: Connection) {
    let session = attempt(.server, "ask what the server is") {
      try ServerCheck.version(of: connection)
      let session = try connection.execute(SQL.Check.session).row()
      return (
        version: try session.decode(String.self, "version"),
        isStandby: try session.decode(Bool.self, "is_standby"),
        isReadOnly: try session.decode(Bool.self, "is_read_only")
      )
    }
    guard let (version, isStandby, isReadOnly) = session else { return }
    if isStandby {
      note(
        .server, .fail, "PostgreSQL \(version) is a standby, which takes no writes",
        advice: "connect to the primary: target_session_attrs=read-write",
        exitCode: .configuration)
    } else if isReadOnly {
      note(
        .server, .fail, "PostgreSQL \(version): sessions of this role or database are read-only",
        advice: "ALTER ROLE … SET default_transaction_read_only = off", exitCode: .configuration)
    } else {
      note(.server, .ok, "PostgreSQL \(version)")
    }
  }

  mutating func checkPooler(_ connection: Connection) {
    let parameters = parameters
    let isDirect: Void? = attempt(.pooler, "open a second connection") {
      let second = try Connection(parameters, applicationName: "ncf-batch/check")
      try ServerCheck.pooler(connection, second)
    }
    if isDirect != nil {
      note(.pooler, .ok, "each connection has a session of its own")
    }
  }

  mutating func checkLimits(_ connection: Connection) {
    let found = attempt(.limits, "read the session's limits") {
      try connection.execute(SQL.Check.limits).map { try $0.decode(String.self, "setting") }
    }
    guard let limits = found else { return }
    if limits.isEmpty {
      note(.limits, .ok, "no statement or session is cut off by a time limit")
    } else {
      note(
        .limits, .warn, "what takes longer is cut off: \(limits.joined(separator: ", "))",
        advice: "ALTER ROLE … SET \(limits[0].prefix { $0 != " " }) = 0 for the role of the job")
    }
  }

  /// Holds this machine's clock against the server's, by which events are judged.
  mutating func checkClock(_ connection: Connection) {
    let before = now()
    let found = attempt(.clock, "ask the server's clock") {
      try connection.execute(SQL.Check.clock).value(Double.self)
    }
    guard let found else { return }
    let ahead = found - (before + now()) / 2
    let tenths = (abs(ahead) * 10).rounded() / 10
    let text =
      tenths == 0
      ? "the server's and this machine's agree"
      : "the server's is \(tenths) s \(ahead > 0 ? "ahead of" : "behind") this machine's"
    if abs(ahead) < Self.tolerableSkew {
      note(.clock, .ok, text)
    } else {
      note(
        .clock, .warn, text,
        advice: "synchronise both (timedatectl set-ntp true); a run goes by the server's, and rows "
          + "from its future are left out")
    }
  }

  /// Seconds between two clocks that nobody need care about.
  private static let tolerableSkew = 5.0
}
