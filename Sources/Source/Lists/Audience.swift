import Interactions

/// Who gets which list, by the indices of a serving view.
package struct Audience: Sendable, Equatable {
  /// Users whose lists the model makes, in the order of their ids.
  package let scored: [UInt32]
  /// Users who get the popular list: those of the dataset, then the others, each in the order of their ids.
  package let cold: [UInt32]

  /// How many get a list.
  package var count: Int { scored.count + cold.count }

  /// Creates a value from its parts.
  init(scored: [UInt32], cold: [UInt32]) { (self.scored, self.cold) = (scored, cold) }

  /// Divides the users of a log's table.
  ///
  /// Users with enough interactions and a recent event are scored. The popular list goes to those with
  /// too few, and, where it is said who should have a list, to those of them who have not been seen for
  /// long. Otherwise users without a recent event get none.
  ///
  /// - Parameters:
  ///   - log: what was read.
  ///   - asked: who should have a list; nil for everybody in the log.
  ///   - activeSince: an event is recent from this second on.
  ///   - coldBelow: fewer interactions are too few.
  init(_ log: InteractionLog, asked: Vocabulary?, activeSince: UInt32, coldBelow: Int) {
    let offsets = log.table.offsets
    let wanted = asked.map { log.users.indices(in: $0) }
    var (scored, cold): ([UInt32], [UInt32]) = ([], [])
    for user in 0..<log.users.count {
      if let wanted, wanted[user] == nil { continue }
      let isActive = log.latest[user] >= activeSince
      if isActive, offsets[user + 1] - offsets[user] >= coldBelow {
        scored.append(UInt32(truncatingIfNeeded: user))
      } else if isActive || wanted != nil {
        cold.append(UInt32(truncatingIfNeeded: user))
      }
    }
    self.init(scored: scored, cold: cold)
  }
}
