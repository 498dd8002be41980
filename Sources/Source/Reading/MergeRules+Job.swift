import Interactions
import Jobs
import Ranking

extension MergeRules {
  /// The rules of a job.
  ///
  /// - Parameters:
  ///   - job: what `nightly.yaml` says.
  ///   - moments: where its ages begin.
  init(_ job: Job, _ moments: Moments) {
    self.init()
    halfLife = job.source.halfLife?.seconds
    maximumPerUser = job.source.maxPerUser
    minimumInteractions = job.source.minInteractions
    exclusion = job.exclude.events != nil ? .marked : job.exclude.consumed ? .counted : .none
    readmittedBefore = moments.readmittedBefore
    popularSince = moments.popularSince
    popularHalfLife = (job.popular.halfLife ?? job.source.halfLife)?.seconds
  }
}
