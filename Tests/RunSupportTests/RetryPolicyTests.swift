import Postgres
import TestSupport
import Testing

@testable import Jobs
@testable import RunSupport

/// What is tried again, how often, and after how long.
struct RetryPolicyTests {
  private let lost = PostgresError(kind: .connection, message: "it failed", attempted: "read")

  @Test func whatOthersSayIsNotTriedAgain() {
    let busy = BatchError(.temporary, "somebody came first")
    #expect(RetryPolicy(retries: 9).decide(busy, failures: 1, random: 0) == .giveUp)
  }

  @Test func thereIsALimitAndTheWaitDoublesUpToALongest() {
    let policy = RetryPolicy(retries: 7)
    func wait(_ failures: Int, _ random: UInt64) -> Int? {
      guard
        case .retry(let pause) = policy.decide(lost, failures: failures, random: random)
      else { return nil }
      return pause
    }
    #expect((1...8).map { wait($0, 0) } == [125, 250, 500, 1000, 2000, 2000, 2000, nil])
    // The largest remainder gives the longest wait.
    #expect(wait(1, 125) == 250)
    #expect(wait(3, 500) == 1000)
    #expect(RetryPolicy(retries: 0).decide(lost, failures: 1, random: 0) == .giveUp)
    for random in [UInt64.max, 12_345_678_901, 7] {
      for failures in 1...7 {
        let longest = min(250 << (failures - 1), 4_000)
        #expect((longest / 2...longest).contains(wait(failures, random) ?? -1))
      }
    }
    #expect(
      RetryPolicy(retries: 1_000).decide(lost, failures: 999, random: 0)
        == .retry(afterMilliseconds: 2000))
  }

  @Test func eachTryIsToldOnceAndTheLastErrorIsWhatIsThrown() {
    let recorder = Recorder()
    let retrier = Retrier(
      RunRequest(retries: 2), interruption: Interruption(), observer: recorder)
    var tries = 0
    let error = #expect(throws: PostgresError.self) {
      try retrier.attempt("count") {
        tries += 1
        throw PostgresError(
          kind: .conflict, sqlState: "40001", message: "time \(tries)", attempted: "count")
      }
    }
    #expect(tries == 3)
    #expect(error?.message == "time 3")
    #expect(
      recorder.warnings.map { $0.prefix { $0 != ";" } } == [
        "count: count: time 1 (SQLSTATE 40001)", "count: count: time 2 (SQLSTATE 40001)",
      ])
    #expect(recorder.warnings.last?.hasSuffix("(2 of 2)") == true)
  }

  @Test func aRequestToStopEndsTheWaiting() {
    let interruption = Interruption()
    let retrier = Retrier(
      RunRequest(retries: 50), interruption: interruption, observer: Recorder())
    var tries = 0
    expectFailure(.temporary) {
      try retrier.attempt("count") {
        tries += 1
        if tries == 2 { interruption.request(reason: "SIGTERM") }
        throw PostgresError(kind: .connection, message: "gone", attempted: "count")
      }
    }
    #expect(tries == 2)
  }
}
