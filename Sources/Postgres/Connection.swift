import CLibpq
import Formatting

/// A session with a PostgreSQL server, over libpq.
///
/// Not a pool, not asynchronous, no types beyond what binary COPY needs: statements block, one
/// thread uses a connection at a time, and another may only cancel what runs, through a `Canceller`.
/// The session's search path is empty, so statements name their schemas; row-level policies raise
/// an error instead of hiding rows; times are UTC.
@safe
package final class Connection {
  // Safe: set once, never null, finished only with this object, and not handed out.
  let handle: OpaquePointer
  /// Database, host and user, for error texts.
  let place: String
  let redaction: Redaction

  /// Connects and prepares the session; never prompts.
  ///
  /// Unless the parameters, environment or service file say otherwise, a server that does not
  /// answer is given up after 10 s, and a connection that has died silently after a minute.
  ///
  /// - Parameters:
  ///   - parameters: where and as whom.
  ///   - applicationName: what the server's activity view shows, unless the user's own settings
  ///     name something else.
  /// - Throws: `PostgresError` of kind `.connection`, `.authentication`, `.encryption`,
  ///   `.missingDatabase` or `.configuration`.
  package init(
    _ parameters: ConnectionParameters, applicationName: String
  ) throws(PostgresError) {
    let opened = try unsafe Opening(parameters, applicationName: applicationName).open()
    unsafe handle = unsafe opened.handle
    place = unsafe opened.place
    redaction = unsafe opened.redaction
    // From here on every stored property is set, so `deinit` finishes the connection on a throw.
    _ = try execute(
      """
      SELECT set_config('search_path', '', false), set_config('row_security', 'off', false),
        set_config('datestyle', 'ISO, YMD', false), set_config('timezone', 'UTC', false),
        set_config('intervalstyle', 'iso_8601', false), set_config('extra_float_digits', '1', false),
        set_config('bytea_output', 'hex', false),
        set_config('standard_conforming_strings', 'on', false)
      """)
  }

  deinit { unsafe PQfinish(handle) }

  /// The server's version, such as 150018 for 15.18.
  package var serverVersion: Int32 { unsafe PQserverVersion(handle) }

  /// The process on the server that serves this connection.
  package var backendPID: Int32 { unsafe PQbackendPID(handle) }

  /// Whether the connection is up, as far as can be known without a statement.
  ///
  /// Notices a connection that the server has closed; one whose network fell silent still counts as
  /// alive.
  package var isAlive: Bool {
    // Twice, for the first may find the server's farewell and only the second the end.
    unsafe PQconsumeInput(handle) == 1 && PQconsumeInput(handle) == 1
      && PQstatus(handle) == CONNECTION_OK
  }

  /// Whether the server is inside a transaction block.
  package var isInTransaction: Bool {
    unsafe PQtransactionStatus(handle) != PQTRANS_IDLE
  }

  /// What another thread needs to cancel what runs here.
  ///
  /// - Returns: an object of its own, which may outlive the connection.
  package func makeCanceller() -> Canceller { unsafe Canceller(connection: handle) }
}
