import CLibpq
import Formatting

/// Codes of the fields of an error report, as libpq numbers them.
enum PQDiagnostics {
  static let sqlState = Int32(UInt8(ascii: "C"))
  static let message = Int32(UInt8(ascii: "M"))
  static let detail = Int32(UInt8(ascii: "D"))
  static let hint = Int32(UInt8(ascii: "H"))
}

/// What is being tried, put in words only when it fails.
struct Attempt {
  private let action: String
  private let sql: String

  init(_ action: String, _ sql: String) {
    (self.action, self.sql) = (action, sql)
  }

  /// The action, the start of the statement and the place, without secrets.
  func text(place: String, redaction: Redaction) -> String {
    // Secrets go first: a cut might leave half of one.
    let words = redaction(sql).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let excerpt = words.count > 160 ? words.prefix(160) + "…" : words[...]
    return excerpt.isEmpty
      ? "\(action) on \(place)" : "\(action) on \(place): \(excerpt)"
  }
}

extension Connection {
  /// Takes over a result of libpq, or throws what it reports.
  func accept(
    _ result: OpaquePointer?, _ attempt: Attempt
  ) throws(PostgresError) -> ResultHandle {
    guard let result = unsafe result else { throw connectionError(attempt) }
    let handle = unsafe ResultHandle(owning: result)
    switch handle.status {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return handle
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      abandonCopy()
      throw error(.misuse, "a COPY was started by a call that is not for COPY", attempt)
    default: throw error(from: handle, attempt)
    }
  }

  /// An error found on this side.
  func error(
    _ kind: PostgresError.Kind, _ message: String, _ attempt: Attempt
  ) -> PostgresError {
    PostgresError(
      kind: kind, message: message, attempted: attempt.text(place: place, redaction: redaction))
  }

  /// The error that a failed result reports.
  func error(from result: ResultHandle, _ attempt: Attempt) -> PostgresError {
    let state = result.errorField(PQDiagnostics.sqlState)
    guard let message = result.errorField(PQDiagnostics.message) else {
      return connectionError(attempt, text: result.errorMessage)
    }
    return PostgresError(
      kind: state.map(PostgresError.Kind.init(sqlState:)) ?? lostOrServer, sqlState: state,
      message: redaction(message),
      detail: result.errorField(PQDiagnostics.detail).map { redaction($0) },
      hint: result.errorField(PQDiagnostics.hint).map { redaction($0) },
      attempted: attempt.text(place: place, redaction: redaction))
  }

  /// The error that libpq keeps with the connection.
  func connectionError(_ attempt: Attempt, text: String? = nil) -> PostgresError {
    let text = unsafe text ?? String(cString: PQerrorMessage(handle))
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return error(
      lostOrServer, redaction(words.isEmpty ? "libpq gives no reason" : words), attempt)
  }

  /// What an error without an SQLSTATE is of.
  ///
  /// After a write that failed libpq may still call the connection well, until it is read from.
  private var lostOrServer: PostgresError.Kind { isAlive ? .server : .connection }

  /// Whether libpq itself knows the connection to be gone.
  var isLost: Bool { unsafe PQstatus(handle) != CONNECTION_OK }
}
