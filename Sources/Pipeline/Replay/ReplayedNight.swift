package import Jobs

/// How a night of the past went when it was replayed.
package struct ReplayedNight: Sendable, Equatable {
  /// What a replay has to know of a night to go on from it.
  package struct Course: Sendable, Equatable {
    /// `published`, `refused`, `skipped`, or `failed` where nobody could be tested.
    package var status: RunStatus
    /// How it trained; nil where it did not.
    package var mode: TrainingMode?
    /// What a search of this night chose, as JSON; nil where there was no search.
    package var choice: String?
    /// The split by the clock; nil where each user's latest interactions were held out.
    package var clock: Clock?

    /// Creates a value from its parts.
    package init(
      status: RunStatus, mode: TrainingMode? = nil, choice: String? = nil, clock: Clock? = nil
    ) {
      (self.status, self.mode, self.choice, self.clock) = (status, mode, choice, clock)
    }
  }

  /// A split by the clock, in seconds.
  package struct Clock: Sendable, Equatable, Codable {
    /// The first second of the test, since 1970 UTC.
    package let cut: UInt32
    /// Length of the test.
    package let horizon: UInt32

    /// Names the moments.
    package init(cut: UInt32, horizon: UInt32) { (self.cut, self.horizon) = (cut, horizon) }
  }

  /// A simple method beside the lists.
  package struct Rival: Sendable, Equatable, Codable {
    /// The method, in lower case.
    package let rival: String
    /// Its figures, on the same users.
    package let means: JudgedLists.Means
  }

  /// What a later night goes on from.
  package var course: Course
  /// Why it trained as it did, or did not publish.
  package var reason: String
  /// The method in words; nil where none was trained.
  package var method: String?
  /// The moment of the night whose lists were live from then on, in seconds since 1970 UTC; nil for none.
  package var listsOf: UInt32?
  /// How many had a list.
  package var listed = 0
  /// Share of the items that may be listed which are in a list; nil without lists.
  package var coverage: Double?
  /// What became of the lists until the next night.
  package var judged: JudgedLists
  /// Simple methods on the same users, each as of this night.
  package var rivals: [Rival] = []
  /// How long it took.
  package var seconds = 0.0
}
