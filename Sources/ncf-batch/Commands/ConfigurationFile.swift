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
