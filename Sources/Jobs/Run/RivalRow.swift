/// A row of `ncf.rivals`: how good a simple method is beside a run's model.
package struct RivalRow: Sendable, Equatable, Decodable {
  /// Name of the method, `recentpop7` for example.
  package var rival: String
  /// Its settings in words.
  package var settings: String
  /// Length of the lists.
  package var k: Int
  /// Users that both were tested on.
  package var users: Int
  /// Its hit ratio over the whole catalogue.
  package var hr: Double
  /// Its NDCG over the whole catalogue.
  package var ndcg: Double
  /// The model's NDCG on the same users.
  package var modelNdcg: Double
  /// How probable so large an NDCG above the model's is where both are equally good, by a paired test; nil
  /// with fewer than two users.
  package var pValue: Double?

  /// Creates a value from its parts.
  package init(
    rival: String, settings: String, k: Int, users: Int, hr: Double, ndcg: Double,
    modelNdcg: Double, pValue: Double?
  ) {
    (self.rival, self.settings, self.k, self.users) = (rival, settings, k, users)
    (self.hr, self.ndcg, self.modelNdcg, self.pValue) = (hr, ndcg, modelNdcg, pValue)
  }
}
