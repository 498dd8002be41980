import Interactions

extension Dataset {
  /// A hash of what is trained on, which tells whether another pull gave the same.
  ///
  /// Who gets a list, and of what, is not in it: a run that goes on asks for that anew.
  package var fingerprint: String {
    var fingerprint = content
    for time in [times.watermark, times.recentFrom, times.latest] {
      fingerprint.add(UInt64(bitPattern: time))
    }
    return fingerprint.text
  }

  /// The same for a log that was read at any time: what can be learnt, in 32 hexadecimal digits.
  package var contentFingerprint: String { content.text }

  private var content: Fingerprint {
    var fingerprint = Fingerprint()
    fingerprint.add(users)
    fingerprint.add(items)
    fingerprint.add(table.offsets)
    fingerprint.add(table.items)
    fingerprint.add(table.seconds)
    fingerprint.add(table.weights)
    fingerprint.add(sequences.offsets)
    fingerprint.add(sequences.items)
    fingerprint.add(sequences.seconds)
    for negatives in [negatives, negativesUpToLatest].compactMap({ $0 }) {
      fingerprint.add(negatives.items.offsets)
      fingerprint.add(negatives.items.items)
      fingerprint.add(negatives.weights)
    }
    if !table.weightsUpToLatest.isEmpty { fingerprint.add(table.weightsUpToLatest) }
    if let features {
      fingerprint.add(features.userNames)
      fingerprint.add(features.itemNames)
      for lists in [features.content.users, features.content.items] {
        fingerprint.add(lists.offsets)
        fingerprint.add(lists.features)
        fingerprint.add(lists.weights)
      }
    }
    return fingerprint
  }
}
