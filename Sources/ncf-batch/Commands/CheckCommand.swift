import ArgumentParser
import Configuration
import Formatting
import Foundation
import Jobs
import Operations

/// The subcommand that tries everything a night needs.
struct CheckCommand: BatchCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Try everything that a night needs, write nothing, and say what to do.",
    discussion: """
      One line for each thing tried: the configuration, the processor, the connection, its TLS, the \
      server, a pooler in between, time limits, both clocks, migrations, rights, the output schema, a \
      run that is at work, what is served, the choice of a method, the source's types, a sample of its \
      rows, an index for source.window, and memory. It needs no more rights than a night.

        ok    as it should be
        warn  a night would run, but better look at it
        fail  a night would fail; what to do stands behind it
        skip  not tried, because something before it failed

      With --json it prints {"job", "exit_code", "checks": [{"check", "result", "exit_code", \
      "message", "advice"}]}.

      \(Manual.examples([
        ("ncf-batch check -d shop", "the job in jobs/nightly.yaml"),
        ("ncf-batch check --config shop.yaml --json -d shop", "for a program"),
      ]))

      \(Manual.exitCodes(
        "nothing failed; there may be warnings",
        [.data, .unavailable, .permission, .configuration]))
      If several things fail it is the highest of their codes, each being what a night would have \
      ended with.
      """)

  @OptionGroup var source: JobOptions

  @Option(help: "Threads that a night would use. [NCF_THREADS, default: one a processor]")
  var threads: Int?

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func validate() throws {
    if let threads { try WorkOptions.check(threads: threads) }
  }

  func execute(in session: Session) throws {
    Signals.ignoreClosedPipes()
    var findings: [Checkup.Finding] = []
    var failure: BatchError?
    let lines = CheckLines(environment: session.environment)
    func take(_ finding: Checkup.Finding) {
      findings.append(finding)
      guard !json, failure == nil else { return }
      do { try lines.write(finding) } catch { failure = error }
    }
    let job = readJob(in: session, take)
    take(Self.processor(in: session))
    let threads = try threads ?? WorkOptions.threads(in: session)
    var checkup = Checkup(
      job: job, parameters: connection.parameters, threads: threads,
      now: { Date().timeIntervalSince1970 }, report: take)
    _ = checkup.run()
    if let failure { throw failure }
    let code = Checkup.exitCode(of: findings)
    if json { try StandardOutput.write(Self.json(findings, job, code).pretty) }
    if code != .success { throw ArgumentParser.ExitCode(code.rawValue) }
  }

  private func readJob(in session: Session, _ take: (Checkup.Finding) -> Void) -> Job? {
    let path = source.path(in: session)
    do throws(BatchError) {
      let job = try Job(path: path, variables: session.environment)
      take(Checkup.Finding(.configuration, .ok, "\(path): job \(job.name)"))
      return job
    } catch {
      take(Checkup.Finding(.configuration, error))
      return nil
    }
  }

  private static func processor(in session: Session) -> Checkup.Finding {
    do {
      try WorkOptions.chooseKernels(in: session)
      return Checkup.Finding(.processor, .ok, WorkOptions.kernels)
    } catch {
      return Checkup.Finding(.processor, error)
    }
  }

  private static func json(
    _ findings: [Checkup.Finding], _ job: Job?, _ code: Jobs.ExitCode
  ) -> JSON {
    let checks = findings.map { finding -> JSON in
      [
        "check": finding.subject.rawValue, "result": finding.grade.rawValue,
        "exit_code": finding.exitCode.rawValue, "message": finding.text, "advice": finding.advice,
      ]
    }
    return ["job": job?.name, "exit_code": code.rawValue, "checks": checks]
  }
}
