import Foundation
import TestSupport
import Testing

/// The log that the paper was measured on; its licence keeps it out of this project.
struct MovieLensTests {
  private static let folder = PrivateServer.packageFolder.deletingLastPathComponent()
    .appending(path: "shared/data/ml-1m").path
  private static var isThere: Bool {
    FileManager.default.fileExists(atPath: folder + "/interactions.tsv.gz")
  }

  @Test(
    "A short night on ML-1M: whole lists, nothing consumed, and ItemPop as published",
    .enabled(if: Self.isThere, "ML-1M is not at hand: ../shared/data/ml-1m/interactions.tsv.gz"))
  func night() throws {
    let shop = try Shop(.eighty, events: false)
    try expectSuccess(
      shop.program.run(
        "load", "tsv", Self.folder + "/interactions.tsv.gz", "--table", "app.events", "--replace"))
    try shop.expect("SELECT count(*) FROM app.events", gives: "1000088")
    let config = try shop.folder.write(
      """
      source: {table: app.events}
      train: {epochs: 1, batch: 1024, finetune: {epochs: 1}}
      evaluate: {candidates: \(Self.folder)/test-negatives.tsv.gz}
      """, to: "ml.yaml")
    try expectSuccess(shop.program.run("--config", config))
    try shop.expect(
      "SELECT count(*) || ' ' || count(DISTINCT user_id) FROM ncf.recommendations",
      gives: "60400 6040")
    try shop.expect(
      """
      SELECT count(*) FROM (SELECT FROM ncf.recommendations GROUP BY user_id
        HAVING array_agg(rank ORDER BY rank) <> ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) AS faulty
      """, gives: "0")
    try shop.expect(
      "SELECT count(*) FROM ncf.recommendations JOIN app.events USING (user_id, item_id)",
      gives: "0")
    // As published, to 0.003.
    for (metric, published) in [("hr", 0.4531), ("ndcg", 0.2542)] {
      let value = try shop.value(
        """
        SELECT value FROM ncf.metrics WHERE model = 'itempop' AND split = 'test'
          AND protocol = 'sampled' AND metric = '\(metric)' AND k = 10
        """)
      #expect(abs((Double(value ?? "") ?? 0) - published) < 0.003)
    }
    // One epoch of each phase is above popularity already.
    try shop.expect(
      """
      SELECT max(value) FILTER (WHERE model = 'neumf') > max(value) FILTER (WHERE model = 'itempop')
      FROM ncf.metrics WHERE split = 'test' AND protocol = 'full' AND metric = 'ndcg' AND k = 10
      """, gives: "t")
  }
}
