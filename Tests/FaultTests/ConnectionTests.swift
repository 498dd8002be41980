import Interactions
import TestSupport
import Testing

extension FaultTests {
  /// Servers and networks that go away.
  @Suite struct ConnectionTests {
    @Test(
      "The server is restarted in each phase: tried again, or the old lists are served",
      arguments: FaultServer.Manner.allCases)
    func restart(manner: FaultServer.Manner) {
      Trial.watched("server restart (\(manner.rawValue)) in each phase") { trial, shop in
        for (place, point) in FaultTests.points.enumerated() {
          // In the short form each manner has every other point.
          let isChosen = place % 2 == (manner == .fast ? 0 : 1)
          guard FaultSize.isFull || isChosen || point == "moved" else { continue }
          let run = try shop.night("\(point)=stop")
          try run.waitUntilStopped()
          try shop.server.restart(manner)
          trial.tried(try run.resume(), 0, 69, at: "at \(point)")
          try shop.isWhole(trial, "restarted at \(point)")
          try shop.recovers(trial, after: "after a restart at \(point)")
        }
      }
    }

    @Test("The connections are cut in each phase")
    func cut() {
      Trial.remote("connections cut in each phase", recovering: "after cuts") { trial, remote in
        for point in FaultTests.points {
          let run = try remote.night("\(point)=stop")
          try run.waitUntilStopped()
          remote.network.cut()
          trial.tried(try run.resume(), 0, 69, 75, at: "at \(point)")
          try remote.shop.isWhole(trial, "cut at \(point)")
        }
      }
    }

    @Test("The connection is reset at bytes chosen at random, either way")
    func reset() {
      Trial.remote("connection reset at a random byte", recovering: "after resets") {
        trial, remote in
        trial.tried(try remote.night().wait(), 0)
        let bytes = remote.network.bytes
        for number in 0..<FaultSize.pick(10, full: 100) {
          let way: FaultyNetwork.Way = number % 2 == 0 ? .toServer : .toClient
          let total = way == .toServer ? bytes.toServer : bytes.toClient
          let place = 1 + trial.random.uniform(below: total)
          remote.network.set { $0.reset = (way, place) }
          trial.tried(try remote.night().wait(), 0, 69, 75, at: "\(way) at byte \(place)")
          remote.network.set { $0.reset = nil }
          remote.network.cut()
          try remote.shop.server.waitUntilGone("ncf-batch/%")
          try remote.shop.isWhole(trial, "reset \(way) at byte \(place)")
        }
      }
    }

    @Test(
      "The connection is cut during COMMIT of the publish: the outcome is found out",
      arguments: [FaultyNetwork.CommitCut.before, .after])
    func commit(cut: FaultyNetwork.CommitCut) {
      Trial.remote(
        "cut during COMMIT, \(cut) the server has it", recovering: "after a COMMIT that was cut"
      ) { trial, remote in
        for _ in 0..<FaultSize.pick(2, full: 10) {
          let before = try remote.shop.live()
          let run = try remote.night("moved=stop")
          try run.waitUntilStopped()
          remote.network.set { $0.commit = cut }
          let outcome = try run.resume()
          // What was done is known to be done; what was not may have been tried again.
          trial.tried(outcome, cut == .after ? [0] : [0, 69], at: "")
          let isPublished = try remote.shop.live() > before
          trial.keeps(isPublished == (outcome.code == 0), "\(outcome.code) is not what is live")
          try remote.shop.isWhole(trial, "cut \(cut)")
        }
      }
    }

    @Test("Over a slow network that cuts everything up, the same lists come out")
    func slow() {
      Trial.remote("latency, and 7 bytes at a time") { trial, remote in
        trial.tried(try remote.shop.night(seed: 77).wait(), 0)
        let lists = try remote.shop.lists()
        remote.network.set { ($0.slice, $0.latencyMicroseconds) = (7, 20) }
        trial.tried(try remote.night(seed: 77).wait(), 0)
        trial.keeps(try remote.shop.lists() == lists, "the lists are others")
      }
    }

    @Test("A connection that falls silent is noticed within its time, not waited for")
    func silent() {
      Trial.remote("half-open connection", recovering: "after silence") { trial, remote in
        // The short form has shorter times; those that a run has by itself take minutes to try.
        let times =
          FaultSize.isFull
          ? ""
          : " keepalives_idle=1 keepalives_interval=1 keepalives_count=2 tcp_user_timeout=3000"
            + " connect_timeout=2"
        for point in FaultSize.isFull ? ["read", "filled", "moved"] : ["filled"] {
          let run = try remote.night(
            "\(point)=stop",
            ["--retries", "1", "-d", "dbname=\(remote.shop.database.name)\(times)"])
          try run.waitUntilStopped()
          remote.network.set { $0.isSilent = true }
          trial.tried(try run.resume(), 69, at: "at \(point)")
          remote.network.set { $0.isSilent = false }
          remote.network.cut()
          try remote.shop.server.waitUntilGone("ncf-batch/%")
          try remote.shop.isWhole(trial, "silent at \(point)")
        }
      }
    }
  }
}
