import Foundation
import Postgres
import TestSupport
import Testing

extension FaultTests {
  /// Disks that are full, on the server and here.
  @Suite struct DiskTests {
    /// A small file system in memory.
    private final class SmallDisk {
      let path: String

      init(mebibytes: Int) throws {
        path = "/tmp/ncf-small-disk-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: false)
        guard
          try FaultServer.run(
            ["mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=0777", "tmpfs", path]) == 0
        else { throw Unexpected("a small file system can't be mounted at \(path)") }
      }

      /// Fills it to the last byte.
      func fill() throws {
        let status = try FaultServer.run(
          [
            "sh", "-c",
            "dd if=/dev/zero of=\(path)/filler bs=4k; dd if=/dev/zero of=\(path)/rest bs=1",
          ])
        guard status != 0 else { throw Unexpected("\(path) does not become full") }
      }

      /// Makes room again.
      func empty() throws {
        _ = try FaultServer.run(["rm", "-f", "\(path)/filler", "\(path)/rest"])
      }

      deinit {
        _ = try? FaultServer.run(["umount", "--lazy", path])
        try? FileManager.default.removeItem(atPath: path)
      }
    }

    @Test("The server's disk is full: 74, and the old lists are served")
    func server() {
      let fault = "disk full on the server"
      guard FaultServer.isRoot else {
        return Trial.leftOut(fault, because: "only root can mount a small file system")
      }
      Trial.of(fault) { trial in
        let server = try FaultServer.shared()
        let disk = try SmallDisk(mebibytes: 48)
        let folder = "\(disk.path)/space"
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: false)
        guard try FaultServer.run(["chown", "postgres:", folder]) == 0 else {
          throw Unexpected("chown \(folder)")
        }
        let space = "small_\(UInt32.random(in: .min ... .max))"
        let admin = try Connection(server.asTestServer.parameters(), applicationName: "faults")
        try admin.execute("CREATE TABLESPACE \(space) LOCATION '\(folder)'")
        defer { _ = try? admin.execute("DROP TABLESPACE \(space)") }
        do {
          let shop = try FaultShop(tablespace: space)
          try Watchers.during(trial, shop) {
            for point in ["publish", "filled", "attached"] {
              let lists = try shop.lists()
              let run = try shop.night("\(point)=stop")
              try run.waitUntilStopped()
              try disk.fill()
              let outcome = try run.resume()
              // What is left at "attached" may fit into pages that are there.
              trial.tried(outcome, point == "attached" ? [0, 74] : [74], at: "full at \(point)")
              try disk.empty()
              guard outcome.code != 0 else { continue }
              trial.keeps(
                outcome.talk.contains("53100"), "full at \(point), it says: \(outcome.talk)")
              trial.keeps(try shop.lists() == lists, "full at \(point), the lists are others")
            }
            try shop.recovers(trial, after: "with room again")
          }
          try shop.isBounded(trial)
          try admin.execute("DROP DATABASE \(shop.database.name) WITH (FORCE)")
        }
      }
    }

    @Test("There is no room for the report: 74, and what the run did in the database is done")
    func report() {
      let fault = "disk full here (report)"
      guard FaultServer.isRoot else {
        return Trial.leftOut(fault, because: "only root can mount a small file system")
      }
      Trial.of(fault) { trial in
        let disk = try SmallDisk(mebibytes: 1)
        let shop = try FaultShop()
        let report = "\(disk.path)/report.json"
        try Watchers.during(trial, shop) {
          trial.tried(try shop.night(nil, ["--report", report]).wait(), 0)
          let before = try Data(contentsOf: URL(filePath: report))
          try disk.fill()
          let outcome = try shop.night(nil, ["--report", report]).wait()
          trial.tried(outcome, 74)
          trial.keeps(outcome.talk.contains(report), "it names no file: \(outcome.talk)")
          trial.keeps(
            try Data(contentsOf: URL(filePath: report)) == before, "the older report has changed")
          let status = try shop.value("SELECT status FROM ncf.runs ORDER BY run_id DESC LIMIT 1")
          trial.keeps(status == "published", "the run is marked \(status ?? "-")")
          try shop.isWhole(trial, "without a report")
        }
      }
    }
  }
}
