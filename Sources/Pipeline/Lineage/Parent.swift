import Recommenders

/// An earlier run whose model this one may go on from.
package struct Parent {
  /// Its number.
  let run: Int64
  /// Its model, as it was before it absorbed anything that was held out.
  let stored: LiveModel
  /// What it knew of the log.
  let knowledge: Knowledge
  /// Its watermark as `ncf.runs` has it, microseconds since 1970 UTC.
  let watermark: Int64
  /// Nights that were trained further since the last one that was trained in full.
  let nights: Int
  /// Whether it ran by the same configuration and seed.
  let isSameJob: Bool
  /// Why its model can't be trained further by this job, in words; nil when it can.
  let obstacle: String?
}
