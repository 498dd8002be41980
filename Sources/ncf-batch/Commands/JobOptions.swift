import ArgumentParser
import Configuration
import Jobs

/// Which job a command is about: the flag, else `NCF_CONFIG`, else `jobs/nightly.yaml` here.
struct JobOptions: ParsableArguments {
  /// Where the job is looked for when neither flag nor variable names a file.
  private static let standard = "jobs/nightly.yaml"

  @Option(
    help: ArgumentHelp(
      "The job. [NCF_CONFIG, default: \(JobOptions.standard)]", valueName: "file"),
    completion: .yaml)
  var config: String?

  /// Reads the job.
  ///
  /// - Throws: `BatchError` with exit code 78.
  func job(in session: Session) throws(BatchError) -> Job {
    try Job(path: path(in: session), variables: session.environment)
  }

  /// Where the job's file is.
  func path(in session: Session) -> String { Self.path(config, in: session) }

  /// Where a job's file is, by the flag's value.
  static func path(_ config: String?, in session: Session) -> String {
    config ?? session.variable("NCF_CONFIG") ?? standard
  }
}
