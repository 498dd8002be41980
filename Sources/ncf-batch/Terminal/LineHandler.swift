import Formatting
import Foundation
import Logging

/// Turns log events into lines on standard error.
///
/// Beside a progress bar a line is just its message; elsewhere it has time and level in front, or is a
/// JSON object with the metadata as members.
struct LineHandler: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  private let console: Console
  private let format: TalkOptions.LogFormat

  init(console: Console, format: TalkOptions.LogFormat) {
    (self.console, self.format) = (console, format)
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    switch format {
    case .json: console.line(json(event))
    case .text where console.hasBar: console.line(spoken(event))
    case .text:
      let name = Self.name(of: event.level).uppercased()
      let indented = event.message.description.replacing("\n", with: "\n  ")
      console.line("\(Self.now()) \(name) \(indented)")
    }
  }

  private func spoken(_ event: LogEvent) -> String {
    let text = event.message.description.replacing("\n", with: "\n  ")
    let (word, color): (String, Int) =
      switch event.level {
      case .error, .critical: ("ncf-batch: ", 31)
      case .warning: ("warning: ", 33)
      case .trace, .debug, .info, .notice: ("", 0)
      }
    if word.isEmpty || !console.hasColor { return word + text }
    return "\u{1B}[\(color)m\(word)\u{1B}[0m\(text)"
  }

  private func json(_ event: LogEvent) -> String {
    var members: [(String, JSON)] = [
      ("time", .text(Self.now())), ("level", .text(Self.name(of: event.level))),
      ("message", .text(event.message.description)),
    ]
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) {
      members.append((key, .text(value.description)))
    }
    return JSON.object(members).compact
  }

  private static func name(of level: Logger.Level) -> String {
    switch level {
    case .critical, .error: "error"
    case .warning: "warning"
    case .notice, .info: "info"
    case .debug, .trace: "debug"
    }
  }

  /// The time in UTC, to the millisecond.
  private static func now() -> String {
    Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }
}
