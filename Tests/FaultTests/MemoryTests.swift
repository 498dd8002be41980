import Foundation
import Glibc
import TestSupport
import Testing

extension FaultTests {
  /// Less memory than a run needs.
  @Suite struct MemoryTests {
    /// So wide that parameters, gradients and moments of the tower take more than a gigabyte.
    private static let large = "gmf: 8, tower: [8192, 8192, 8]"

    @Test("A run that can't fit into its address space is refused before it starts: 78")
    func addressSpace() {
      Trial.of("memory limit (ulimit -v)") { trial in
        let shop = try FaultShop()
        let config = try shop.job(model: Self.large)
        try Watchers.during(trial, shop) {
          let lists = try shop.lists()
          let outcome = try shop.night(
            config: config,
            prefix: ["/bin/sh", "-c", "ulimit -v 900000; exec \"$@\"", "sh"]
          ).wait()
          trial.tried(outcome, 78)
          trial.keeps(outcome.talk.contains("the run needs about "), "it says: \(outcome.talk)")
          trial.keeps(try shop.lists() == lists, "the lists are others")
        }
        try shop.recovers(trial, after: "with memory again")
      }
    }

    /// A control group of memory, of whichever version is there.
    private final class Group {
      let folder: String
      let limit: String

      init?() {
        let isSecond = FileManager.default.fileExists(
          atPath: "/sys/fs/cgroup/cgroup.controllers")
        let root = isSecond ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
        folder = "\(root)/ncf-faults-\(getpid())-\(UInt32.random(in: .min ... .max))"
        limit = "\(folder)/\(isSecond ? "memory.max" : "memory.limit_in_bytes")"
        guard unsafe mkdir(folder, 0o755) == 0 else { return nil }
        guard unsafe access(limit, W_OK) == 0 else {
          unsafe rmdir(folder)
          return nil
        }
      }

      func set(bytes: Int) throws {
        try Data("\(bytes)".utf8).write(to: URL(filePath: limit), options: [])
      }

      /// A program and arguments that start another one in the group.
      var prefix: [String] {
        ["/bin/sh", "-c", "echo $$ > \(folder)/cgroup.procs; exec \"$@\"", "sh"]
      }

      deinit { unsafe rmdir(folder) }
    }

    @Test(
      "A control group that is too small: refused before the start, or killed with nothing lost")
    func controlGroup() {
      let fault = "memory limit (control group)"
      guard let group = Group() else {
        return Trial.leftOut(fault, because: "no control group of memory can be made here")
      }
      Trial.of(fault) { trial in
        let shop = try FaultShop()
        try group.set(bytes: 400 << 20)
        try Watchers.during(trial, shop) {
          let lists = try shop.lists()
          let config = try shop.job(model: Self.large)
          trial.tried(
            try shop.night(config: config, prefix: group.prefix).wait(), 78, at: "from the start")
          // Now the limit comes when the run is under way.
          let run = try shop.night(
            "train=stop", config: config, prefix: ["/bin/sh", "-c", "exec \"$@\"", "sh"])
          try run.waitUntilStopped()
          try Data("\(run.pid)".utf8).write(
            to: URL(filePath: "\(group.folder)/cgroup.procs"), options: [])
          trial.tried(try run.resume(), 137, at: "under way")
          try shop.server.waitUntilGone("ncf-batch/%")
          trial.keeps(try shop.lists() == lists, "the lists are others")
          try shop.recovers(trial, after: "with memory again")
        }
      }
      withExtendedLifetime(group) {}
    }
  }
}
