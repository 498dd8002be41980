import ArgumentParser
import Configuration
import Formatting
import Glibc

/// Commands that were most likely meant.
enum Misspelling {
  /// What is wrong with a command's name; nil when nothing is, or when it is for others to say.
  ///
  /// `run` is what happens without a command and takes no operands, so that a first word which is
  /// none would only be called unexpected.
  static func message(_ arguments: some Sequence<String>) -> String? {
    var command: any ParsableCommand.Type = NCFBatch.self
    var path = "ncf-batch"
    for word in arguments {
      let below = command.configuration.subcommands
      guard !below.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
      if let next = below.first(where: { $0._commandName == word }) {
        command = next
        path += " " + word
        continue
      }
      let names = below.map { $0._commandName }
      let near = Suggestion.nearest(to: word, among: names).map { " Did you mean '\($0)'?" } ?? ""
      return "Error: '\(word)' is no command of \(path).\(near)\n"
        + "Commands: \(names.joined(separator: ", "))\n"
        + "  See '\(path) --help' for more information.\n"
    }
    return nil
  }

  /// Ends the process with 64 when the command's name is wrong.
  static func refuseCommand(_ arguments: some Sequence<String>) {
    guard let message = message(arguments) else { return }
    // Whoever forgets the -d before a URI has put a password in the place of a command.
    _ = FileWriting.write(
      Redaction.hidingPasswords(in: message), to: STDERR_FILENO)
    exit(64)
  }
}
