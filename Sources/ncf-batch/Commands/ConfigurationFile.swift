import ArgumentParser
import Configuration
import Jobs

/// Finds the job's file: the flag, else `NCF_CONFIG`, else `jobs/nightly.yaml` here.
enum ConfigurationFile {
  /// Where the job is looked for when nobody says.
  static let standard = "jobs/nightly.yaml"

  /// Reads the job.
  ///
  /// - Throws: `BatchError` with exit code 78.
  static func job(_ flag: String?, in session: Session) throws(BatchError) -> Job {
    try Job(path: path(flag, in: session), variables: session.environment)
  }

  /// Where the job's file is.
  static func path(_ flag: String?, in session: Session) -> String {
    flag ?? session.variable("NCF_CONFIG") ?? standard
  }
}

/// Which job a command is about.
struct JobOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The job. [NCF_CONFIG, default: \(ConfigurationFile.standard)]", valueName: "file"),
    completion: .yaml)
  var config: String?

  /// Reads the job.
  ///
  /// - Throws: `BatchError` with exit code 78.
  func job(in session: Session) throws(BatchError) -> Job {
    try ConfigurationFile.job(config, in: session)
  }

  /// Where the job's file is.
  func path(in session: Session) -> String { ConfigurationFile.path(config, in: session) }
}
