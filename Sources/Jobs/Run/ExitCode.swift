/// What the process returns to its caller; the numbers are a contract.
package enum ExitCode: Int32, Sendable, CaseIterable {
  /// Published, or there was nothing to do.
  case success = 0
  /// Refused by the gate; the old lists are still served.
  case refused = 20
  /// The command line can't be understood.
  case usage = 64
  /// The data can't be used.
  case data = 65
  /// The server can't be reached, or the connection was lost.
  case unavailable = 69
  /// A bug of this program.
  case software = 70
  /// Reading or writing locally failed, or a disk is full.
  case io = 74
  /// Try again: another run holds the lock or came first, or a signal stopped this one cleanly.
  case temporary = 75
  /// The role may not do what is needed.
  case permission = 77
  /// Configuration: pending migrations, schema drift, an old server, a pooler, too little memory.
  case configuration = 78
}
