import Formatting

/// Where to connect and as whom, handed to libpq as it is.
///
/// `nil` leaves a value to libpq: PG* variables, a service file, `.pgpass`, its built-in default. A
/// password has no member of its own: it comes from those places or from inside `database`.
package struct ConnectionParameters: Sendable {
  /// A database name, a `key=value` connection string or a `postgresql://` URI.
  package var database: String?
  /// A host name, an address, or the directory of a Unix socket.
  package var host: String?
  /// A port number, as text.
  package var port: String?
  /// The role to log in as.
  package var user: String?

  /// Collects the values; those left out are libpq's to find.
  ///
  /// - Parameters:
  ///   - database: a database name, connection string or URI.
  ///   - host: a host name, address or socket directory.
  ///   - port: a port number.
  ///   - user: the role to log in as.
  package init(
    database: String? = nil, host: String? = nil, port: String? = nil, user: String? = nil
  ) {
    (self.database, self.host, self.port, self.user) = (database, host, port, user)
  }

  /// Whether libpq will expand `database` instead of taking it for a name.
  var databaseIsConnectionString: Bool {
    guard let database else { return false }
    return Redaction.isURI(database) || database.contains("=")
  }
}
