/// One row of `ncf.stages`.
package struct StageRecord: Sendable, Equatable, Decodable {
  /// Which stage.
  package var stage: Stage
  /// Wall time, seconds.
  package var seconds: Double
  /// Rows that went through it.
  package var rows: Int
  /// Bytes moved to or from the server, where the stage moves any.
  package var bytes: Int
  /// Largest resident size of the process so far, bytes.
  package var peakRSSBytes: Int

  /// Creates a value from its parts.
  package init(stage: Stage, seconds: Double, rows: Int, bytes: Int, peakRSSBytes: Int) {
    (self.stage, self.seconds, self.rows, self.bytes) = (stage, seconds, rows, bytes)
    self.peakRSSBytes = peakRSSBytes
  }
}
