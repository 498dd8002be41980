import Foundation
import Jobs
import Reporting

/// The file that a node exporter reads.
struct MonitoringFile {
  private let path: String
  private let file: ReportFile
  private let began = Date()

  /// The file that a run will write when it ends.
  ///
  /// - Throws: `BatchError` with exit code 74 when its folder takes no files.
  init(path: String) throws(BatchError) {
    self.path = path
    file = try ReportFile(path: path)
  }

  /// Tells of a run that came to its end.
  ///
  /// - Throws: `BatchError` with exit code 74.
  func write(_ outcome: RunOutcome) throws(BatchError) {
    try write(
      Exposition(outcome, endedAt: Date().timeIntervalSince1970, version: Version.text))
  }

  /// Tells of a run that ended early.
  ///
  /// - Throws: `BatchError` with exit code 74.
  func write(_ error: BatchError, job: String) throws(BatchError) {
    let now = Date()
    try write(
      Exposition(
        error, job: job, seconds: now.timeIntervalSince(began),
        endedAt: now.timeIntervalSince1970, version: Version.text))
  }

  private func write(_ exposition: Exposition) throws(BatchError) {
    // A file that can't be read has nothing to keep; one that can't be written is told of below.
    let old = (try? Data(contentsOf: URL(filePath: path))).map {
      String(decoding: $0, as: UTF8.self)
    }
    try file.write(exposition.text(keeping: old ?? ""))
  }
}
