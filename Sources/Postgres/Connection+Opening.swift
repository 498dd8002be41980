import CLibpq
import Formatting

/// One attempt to connect.
struct Opening {
  /// What a successful attempt leaves: the handle is the caller's to finish.
  @unsafe
  struct Opened {
    let handle: OpaquePointer
    let place: String
    let redaction: Redaction
  }

  /// Values used where neither parameters, environment nor service file say anything.
  private static let defaults = [
    ("connect_timeout", "10"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
    ("keepalives_count", "3"), ("tcp_user_timeout", "60000"),
  ]

  private let parameters: ConnectionParameters
  private let mayMistakeCredentials: Bool
  private var keywords = CStringList()
  private var values = CStringList()

  init(_ parameters: ConnectionParameters, applicationName: String) throws(PostgresError) {
    self.parameters = parameters
    mayMistakeCredentials = parameters.database.map(Redaction.mayMistakeCredentials) ?? false
    for text in [parameters.database, parameters.host, parameters.port, parameters.user] {
      guard text?.utf8.contains(0) != true else {
        throw PostgresError(
          kind: .configuration, message: "a connection parameter holds a zero byte",
          attempted: "connect")
      }
    }
    let services = try Self.settingsInForce(parameters)
    for (keyword, value) in Self.defaults where services?.contains(keyword) == false {
      add(keyword, value)
    }
    add("fallback_application_name", String(applicationName.filter { $0 != "\0" }))
    // libpq lets what comes later win: what is inside `dbname` over the defaults above, the
    // parameters below over what is inside it.
    add("dbname", parameters.database)
    add("host", parameters.host)
    add("port", parameters.port)
    add("user", parameters.user)
    add("client_encoding", "UTF8")
  }

  private mutating func add(_ keyword: String, _ value: String?) {
    guard let value else { return }
    keywords.append(keyword)
    values.append(value)
  }

  /// Connects, or says why not.
  ///
  /// libpq keeps no SQLSTATE of a connection that failed, but verbose texts hold it. Verbosity is
  /// set on a connection, so the attempt is begun, set to verbose, and begun again, this time with
  /// all of libpq's own handling of time-outs and several hosts.
  func open() throws(PostgresError) -> Opened {
    guard let handle = unsafe withParameters({ unsafe PQconnectStartParams($0, $1, 1) }) else {
      throw PostgresError(
        kind: .connection, message: "libpq is out of memory", attempted: "connect")
    }
    if unsafe PQstatus(handle) != CONNECTION_BAD {
      // libpq would print notices.
      _ = unsafe PQsetNoticeReceiver(handle, { _, _ in }, nil)
      _ = unsafe PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
      unsafe PQreset(handle)
    }
    let names = unsafe Names(handle)
    let redaction = unsafe Redaction(
      passwords: Self.passwords(handle), publicWords: [names.user, names.database, names.host])
    guard unsafe PQstatus(handle) == CONNECTION_OK else {
      let error = unsafe failure(handle, names: names, redaction: redaction)
      unsafe PQfinish(handle)
      throw error
    }
    _ = unsafe PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
    return unsafe Opened(handle: handle, place: names.text, redaction: redaction)
  }

  private func withParameters<R>(
    _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> R?
  ) -> R? {
    let result: R?? = unsafe keywords.withPointers { keywords in
      let inner: R?? = unsafe values.withPointers { values in unsafe body(keywords, values) }
      return inner ?? nil
    }
    return result ?? nil
  }

  private func failure(
    _ handle: OpaquePointer, names: Names, redaction: Redaction
  ) -> PostgresError {
    let report = ConnectionReport(unsafe String(cString: PQerrorMessage(handle)))
    let kind: PostgresError.Kind
    if let state = report.sqlState {
      kind = .init(sqlState: state)
    } else if unsafe PQconnectionNeedsPassword(handle) != 0 {
      kind = .authentication
    } else if report.mentionsInvalidSetting {
      kind = .configuration
    } else if report.mentionsEncryption {
      kind = .encryption
    } else if report.timedOut {
      kind = .connection
    } else {
      let answer = unsafe withParameters { unsafe PQpingParams($0, $1, 1) }
      kind = answer == PQPING_NO_ATTEMPT ? .configuration : .connection
    }
    if mayMistakeCredentials {
      return PostgresError(
        kind: kind, sqlState: report.sqlState,
        message: "connecting failed; its report could show parts of a password, since the "
          + "connection string has a character in or near its credentials that must be "
          + "percent-encoded in a URI",
        attempted: "connect with a connection string")
    }
    return PostgresError(
      kind: kind, sqlState: report.sqlState, message: redaction(report.message),
      attempted: redaction("connect to \(names.text)"))
  }

  /// Passwords that a connection was given, from wherever.
  private static func passwords(_ handle: OpaquePointer) -> [String?] {
    var found = unsafe [PQpass(handle).map { text in unsafe String(cString: text) }]
    guard let options = unsafe PQconninfo(handle) else { return found }
    defer { unsafe PQconninfoFree(options) }
    for (keyword, value) in unsafe settings(options)
    where keyword == "password" || keyword == "sslpassword" {
      found.append(value)
    }
    return found
  }

  /// The keywords that environment or service file have set; `nil` when a service is named inside
  /// the connection string, whose settings can't be known before.
  ///
  /// - Throws: `.configuration` when the connection string can't be read, without quoting it.
  private static func settingsInForce(
    _ parameters: ConnectionParameters
  ) throws(PostgresError) -> Set<String>? {
    if parameters.databaseIsConnectionString, let database = parameters.database {
      var reason: UnsafeMutablePointer<CChar>? = nil
      guard let options = unsafe PQconninfoParse(database, &reason) else {
        let text = unsafe reason.map { text in unsafe String(cString: text) } ?? "it is not valid"
        unsafe PQfreemem(reason)
        throw PostgresError(
          kind: .configuration,
          message: "the connection string can't be read: \(ConnectionReport.unquoted(text))",
          attempted: "connect")
      }
      defer { unsafe PQconninfoFree(options) }
      if unsafe settings(options).contains(where: { $0.0 == "service" }) { return nil }
    }
    guard let options = unsafe PQconndefaults() else { return [] }
    defer { unsafe PQconninfoFree(options) }
    return Set(unsafe settings(options).map(\.0))
  }

  /// The keywords of a libpq option list that have a value, and these.
  static func settings(
    _ options: UnsafeMutablePointer<PQconninfoOption>
  ) -> [(String, String)] {
    var found: [(String, String)] = []
    // Safe: libpq ends the list with an entry whose keyword is null.
    var option = unsafe options
    while let keyword = unsafe option.pointee.keyword {
      if let value = unsafe option.pointee.val {
        found.append(unsafe (String(cString: keyword), String(cString: value)))
      }
      unsafe option += 1
    }
    return found
  }
}

/// What a connection is called in error texts.
private struct Names {
  let database, host, port, user: String?

  init(_ handle: OpaquePointer) {
    func text(_ value: UnsafeMutablePointer<CChar>?) -> String? {
      unsafe value.map { text in unsafe String(cString: text) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    database = unsafe text(PQdb(handle))
    host = unsafe text(PQhost(handle))
    port = unsafe text(PQport(handle))
    user = unsafe text(PQuser(handle))
  }

  var text: String {
    "database \(database ?? "(default)") at \(host ?? "(default)"), port \(port ?? "(default)"), "
      + "as \(user ?? "(default)")"
  }
}
