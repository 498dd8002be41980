package import Interactions
package import Postgres
import RunSupport

/// What a rival would have listed when a run was published, for some of its users.
package struct RivalList: Sendable {
  /// The most users for whom a run's rivals are kept.
  package static let mostUsers = 20_000

  /// The method, in lower case, such as `itempop`.
  package let name: String
  /// The users' indices.
  package let users: [UInt32]
  /// For each of them the items' indices, best first.
  package let items: [[UInt32]]

  /// Creates a value from its parts.
  ///
  /// - Parameters:
  ///   - name: the method, in lower case.
  ///   - users: the users' indices.
  ///   - items: for each of them the items' indices, best first.
  package init(name: String, users: [UInt32], items: [[UInt32]]) {
    precondition(users.count == items.count, "a list for each user")
    (self.name, self.users, self.items) = (name, users, items)
  }
}

extension Connection {
  /// Writes rivals' lists to `ncf.rival_lists`, inside the caller's transaction.
  ///
  /// - Parameters:
  ///   - rivals: the lists.
  ///   - run: the published run.
  ///   - user: finds a user's id.
  ///   - items: the items' ids.
  /// - Throws: `PostgresError`.
  package func writeRivalLists(
    _ rivals: [RivalList], run: Int64, user: (Int) -> (ids: Vocabulary, index: Int),
    items: Vocabulary
  ) throws {
    guard !rivals.isEmpty else { return }
    _ = try copyIn(SQL.Served.copyRivalLists) { writer in
      for rival in rivals {
        for (index, list) in zip(rival.users, rival.items) {
          let (ids, place) = user(Int(index))
          try writer.beginRow(columns: 4)
          try writer.write(run)
          try writer.writeText(rival.name)
          try writer.writeText(ids.text(at: place))
          try writer.writeTexts(list.map { items.text(at: Int($0)) })
        }
      }
    }
  }
}
