import Foundation
import Interactions
import Synchronization
import TestSupport
import Testing

/// One line of the table of faults, while its fault is tried.
final class Trial {
  /// What is done to the run.
  let fault: String
  /// All random choices of this fault.
  var random: CounterRandom
  private var tries = 0
  private var broken = 0
  private var codes: [Int32: Int] = [:]

  private init(_ fault: String) {
    self.fault = fault
    random = FaultSize.random(fault)
  }

  /// Tries a fault and enters what came of it into the table.
  ///
  /// - Parameters:
  ///   - fault: what is done, in words.
  ///   - body: does it, and says of each promise whether it was kept.
  static func of(_ fault: String, _ body: (Trial) throws -> Void) {
    let trial = Trial(fault)
    do {
      try body(trial)
    } catch {
      trial.keeps(false, "the trial came to its end: \(error)")
    }
    Table.enter(
      Table.Line(
        fault: fault, tries: trial.tries, broken: trial.broken,
        codes: trial.codes.sorted { $0.key < $1.key }
          .map { $0.value == 1 ? "\($0.key)" : "\($0.key) x\($0.value)" }.joined(separator: ", ")))
  }

  /// Tries a fault in a shop of its own, whose readers look on.
  ///
  /// - Parameters:
  ///   - fault: what is done, in words.
  ///   - place: after what the next night must find nothing in its way; nil where none is run.
  ///   - body: does it, and says of each promise whether it was kept.
  static func watched(
    _ fault: String, recovering place: String? = nil, _ body: (Trial, FaultShop) throws -> Void
  ) {
    of(fault) { trial in
      let shop = try FaultShop()
      try Watchers.during(trial, shop) { try body(trial, shop) }
      if let place { try shop.recovers(trial, after: place) }
    }
  }

  /// Tries a fault in a shop behind a network that can fail, whose readers look on.
  ///
  /// - Parameters:
  ///   - fault: what is done, in words.
  ///   - place: after what the next night must find nothing in its way; nil where none is run.
  ///   - body: does it, and says of each promise whether it was kept.
  static func remote(
    _ fault: String, recovering place: String? = nil, _ body: (Trial, Remote) throws -> Void
  ) {
    of(fault) { trial in
      let remote = try Remote()
      try Watchers.during(trial, remote.shop) {
        try body(trial, remote)
        guard let place else { return }
        try remote.shop.server.waitUntilGone("ncf-batch/%")
        try remote.shop.recovers(trial, after: place)
      }
      remote.network.close()
    }
  }

  /// Enters a fault that can't be tried here, and says so where it can't be missed.
  static func leftOut(_ fault: String, because reason: String) {
    print("faults: LEFT OUT: \(fault): \(reason)")
    Table.enter(Table.Line(fault: fault, tries: 0, broken: 0, codes: "left out: \(reason)"))
  }

  /// Counts a run that the fault was tried on, which must end with one of these codes.
  func tried(_ outcome: Program.Result, _ allowed: Int32..., at place: String = "") {
    tried(outcome, Set(allowed), at: place)
  }

  /// Counts a run that the fault was tried on, which must end with one of these codes.
  func tried(_ outcome: Program.Result, _ allowed: Set<Int32>, at place: String) {
    tries += 1
    codes[outcome.code, default: 0] += 1
    keeps(
      allowed.contains(outcome.code),
      "exit code \(outcome.code) \(place), may be \(allowed.sorted()):\n\(outcome.talk)")
  }

  /// Counts a try that is no run of its own.
  func tried() { tries += 1 }

  /// Records whether a promise was kept.
  func keeps(_ promise: Bool, _ text: @autoclosure () -> String) {
    guard !promise else { return }
    broken += 1
    Issue.record("\(fault) (try \(tries), seed \(FaultSize.seed)): \(text())")
  }
}

/// The table of faults, printed when the process ends.
enum Table {
  /// One line of it.
  struct Line {
    let fault: String
    let tries: Int
    let broken: Int
    let codes: String
  }

  private static let lines = Mutex<[Line]>([])
  private static let atExit: Void = { atexit { Table.show() } }()

  static func enter(_ line: Line) {
    _ = atExit
    lines.withLock { $0.append(line) }
  }

  private static func show() {
    let lines = lines.withLock { $0 }
    let rows =
      [["fault", "tries", "promise kept", "exit code"]]
      + lines.map { line in
        let kept =
          line.broken > 0 ? "BROKEN \(line.broken) times" : line.tries > 0 ? "yes" : "not tried"
        return [line.fault, "\(line.tries)", kept, line.codes]
      }
    let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
    print("\nFaults, seed \(FaultSize.seed), \(FaultSize.isFull ? "all" : "the short form")")
    for row in rows {
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      print((cells + [row[3]]).joined(separator: " | "))
    }
    let broken = lines.reduce(0) { $0 + $1.broken }
    print("\(lines.reduce(0) { $0 + $1.tries }) tries, \(broken) broken promises")
  }
}
