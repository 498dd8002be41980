import Formatting
import FoundationEssentials

/// What `ncf.runs.config` holds: the job with every default, and what was asked of this run.
package struct RunConfiguration: Encodable {
  /// What the request changes about the job.
  struct Request: Encodable {
    var since: String?
    var until: String?
    var mode: RunRequest.Mode
    var slot: String
    var publish: Bool
    var force: Bool
    var threads: Int
  }

  /// The job, without the passwords that its queries may give to other servers.
  let job: Job
  /// The request.
  let request: Request
  /// Name of the experiment, where it is one.
  let experiment: String?

  /// A job and what was asked of it.
  package init(job: Job, request: RunRequest, experiment: String? = nil) {
    self.job = job.withoutPasswords
    self.experiment = experiment
    self.request = Request(
      since: request.since?.description, until: request.until?.description,
      mode: request.mode ?? job.nightly.mode, slot: request.slot, publish: request.publish,
      force: request.force,
      threads: request.threads)
  }

  /// As JSON; the same values give the same text.
  ///
  /// - Throws: `EncodingError` for a number that JSON has no form for.
  package func json() throws -> String { try JSONText.encode(self) }
}
