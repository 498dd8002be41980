/// What went wrong between this program and the server.
///
/// No text of it holds a password: connection strings are never quoted in it, and what the server
/// said is searched for secrets before it is kept.
package struct PostgresError: Error, Sendable, Equatable {
  /// Classes of failure that callers tell apart.
  package enum Kind: String, Sendable, CaseIterable {
    /// No server there, not willing to talk, or lost on the way (08xxx, 57P0x, 53300).
    case connection
    /// Who we are was not believed (28xxx, or a password was wanted and none was there).
    case authentication
    /// The connection's encryption could not be had as demanded.
    case encryption
    /// The database named does not exist (3D000).
    case missingDatabase
    /// The connection parameters can't be used: unreadable string, unknown service, bad value.
    case configuration
    /// The role lacks a right (42501).
    case permission
    /// A relation, column, function, type or schema does not exist (42P01, 42703, …).
    case missingObject
    /// A constraint was violated (23xxx).
    case constraint
    /// The statement was cancelled, or ran into its time limit (57014).
    case cancelled
    /// A lock was not to be had in time (55P03).
    case lockTimeout
    /// Another transaction got in the way; the same again may succeed (40001, 40P01).
    case conflict
    /// The server has no room on disk (53100).
    case diskFull
    /// What came, or was to be sent, is not in the form agreed upon.
    case dataShape
    /// A statement's result lacks a column, or a field is NULL or not of the type that is read.
    case resultShape
    /// The connection was lost during COMMIT: whether it took place is not known.
    case commitUnknown
    /// The call itself can't be carried out: a zero byte in a text, a transaction inside another.
    case misuse
    /// Anything else the server refused.
    case server
  }

  /// The class of the failure, by which callers decide.
  package var kind: Kind
  /// Five characters by which the server names the failure; `nil` when it did not come from there.
  package var sqlState: String?
  /// The server's or libpq's main sentence.
  package var message: String
  /// The server's second sentence.
  ///
  /// It may quote values of rows, so `description` leaves it out for
  /// classes 22 (data) and 23 (constraints).
  package var detail: String?
  /// The server's suggestion.
  package var hint: String?
  /// What was tried, and on what.
  package var attempted: String

  /// Builds an error from parts that hold no secret.
  ///
  /// - Parameters:
  ///   - kind: the class of the failure.
  ///   - sqlState: the server's code, if the server said one.
  ///   - message: the main sentence.
  ///   - detail: the second sentence.
  ///   - hint: a suggestion.
  ///   - attempted: what was tried, and on what.
  package init(
    kind: Kind, sqlState: String? = nil, message: String, detail: String? = nil,
    hint: String? = nil, attempted: String
  ) {
    (self.kind, self.sqlState, self.message) = (kind, sqlState, message)
    (self.detail, self.hint, self.attempted) = (detail, hint, attempted)
  }
}

extension PostgresError: CustomStringConvertible {
  /// What was tried, what was said, and the SQLSTATE, in one line.
  package var description: String {
    var text = attempted.isEmpty ? message : "\(attempted): \(message)"
    if let sqlState { text += " (SQLSTATE \(sqlState))" }
    let quotesRows = sqlState.map { $0.hasPrefix("22") || $0.hasPrefix("23") } ?? false
    if let detail, !quotesRows { text += "; \(detail)" }
    if let hint { text += "; hint: \(hint)" }
    return text
  }
}

extension PostgresError.Kind {
  /// The class a SQLSTATE belongs to.
  ///
  /// - Parameter sqlState: five characters, as in the manual's table of error codes.
  package init(sqlState: String) {
    switch sqlState {
    case "57014": self = .cancelled
    case "55P03": self = .lockTimeout
    case "42501": self = .permission
    case "53100": self = .diskFull
    case "3D000": self = .missingDatabase
    case "40001", "40P01": self = .conflict
    case "42P01", "42703", "42883", "42704", "3F000": self = .missingObject
    case "57P01", "57P02", "57P03", "57P04", "57P05", "25P03", "53300": self = .connection
    case _ where sqlState.hasPrefix("08"): self = .connection
    case _ where sqlState.hasPrefix("28"): self = .authentication
    case _ where sqlState.hasPrefix("23"): self = .constraint
    default: self = .server
    }
  }
}
