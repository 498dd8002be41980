import ArgumentParser
import Postgres

/// Where to connect, spelled as in psql.
struct ConnectionOptions: ParsableArguments {
  @Option(
    name: [.short, .customLong("dbname")],
    help: ArgumentHelp("Database: its name, a conninfo string or a URI.", valueName: "dbname"))
  var database: String?

  @Option(
    name: [.short, .long], help: "Host name, or the folder of the server's Unix socket.")
  var host: String?

  @Option(name: [.short, .long], help: "Port.")
  var port: String?

  @Option(
    name: [.customShort("U"), .customLong("username")],
    help: ArgumentHelp("Role to connect as.", valueName: "username"))
  var user: String?

  @Flag(
    name: [.customShort("w"), .customLong("no-password")],
    help: "Accepted as in psql; a password is never asked for anyway.")
  var noPassword = false

  /// The values as they are; libpq finds those that are left out.
  var parameters: ConnectionParameters {
    ConnectionParameters(database: database, host: host, port: port, user: user)
  }
}
