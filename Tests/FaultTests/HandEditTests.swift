import TestSupport
import Testing

extension FaultTests {
  /// What people do by hand to the relations of the lists, between two nights.
  @Suite struct HandEditTests {
    /// What was done, and whether the next night makes it good; otherwise it refuses, with a name.
    private static let edits: [(what: String, sql: String, isMadeGood: Bool)] = [
      ("view dropped", "DROP VIEW app.day_one, ncf.recommendations", true),
      (
        "every view dropped",
        "DROP VIEW app.day_one, ncf.recommendations, ncf.similar_items, "
          + "ncf.popular_items, ncf.recommendations_by_slot", true
      ),
      (
        "view replaced",
        """
        CREATE OR REPLACE VIEW ncf.recommendations AS
        SELECT user_id, rank, item_id, score, source, run_id FROM ncf.recommendations_by_run
        """, false
      ),
      ("view's column renamed", "ALTER VIEW ncf.recommendations RENAME rank TO place", false),
      ("view renamed", "ALTER VIEW ncf.recommendations RENAME TO lists", true),
      ("live partition dropped", "DROP TABLE ncf.recommendations_run_LIVE", true),
      (
        "live partition detached",
        "ALTER TABLE ncf.recommendations_by_run DETACH PARTITION ncf.recommendations_run_LIVE", true
      ),
      (
        "similar items' partition dropped", "DROP TABLE ncf.similar_items_run_LIVE", true
      ),
      (
        "rows deleted and changed",
        """
        DELETE FROM ncf.recommendations_run_LIVE WHERE user_id < 30;
        UPDATE ncf.recommendations_run_LIVE SET score = 0;
        """, true
      ),
      ("parent dropped", "DROP TABLE ncf.recommendations_by_run CASCADE", true),
      (
        "column added to the parent", "ALTER TABLE ncf.recommendations_by_run ADD note text", false
      ),
      (
        "column retyped",
        """
        DROP VIEW app.day_one, ncf.recommendations, ncf.recommendations_by_slot;
        ALTER TABLE ncf.recommendations_by_run ALTER score TYPE double precision;
        """, false
      ),
      (
        "next run's table made by somebody",
        "CREATE TABLE ncf.recommendations_run_NEXT (x integer)", false
      ),
      ("pointer set back", "UPDATE ncf.live SET run_id = 1", true),
      ("model's chunks deleted", "DELETE FROM ncf.model_chunks", true),
    ]

    @Test(
      "A view or partition edited or dropped by hand is noticed: published anew, or refused by name"
    )
    func edits() {
      Trial.of("view or partition edited by hand") { trial in
        for edit in Self.edits {
          let shop = try FaultShop()
          trial.keeps(try shop.night().wait().code == 0, "no second night")
          let live = try shop.live()
          try shop.execute(
            edit.sql.replacing("LIVE", with: "\(live)").replacing("NEXT", with: "\(live + 1)"))
          let outcome = try shop.night().wait()
          if edit.isMadeGood {
            trial.tried(outcome, 0, at: edit.what)
            try shop.isServed(trial, edit.what)
          } else {
            trial.tried(outcome, 78, at: edit.what)
            trial.keeps(
              outcome.talk.contains("recommendations"),
              "\(edit.what): the refusal names no relation: \(outcome.talk)")
            trial.keeps(try shop.live() == live, "\(edit.what): the pointer moved")
          }
        }
      }
    }
  }
}

extension FaultShop {
  /// Holds that every user has a whole list of the live run.
  func isServed(_ trial: Trial, _ place: String) throws {
    let found = try value(
      """
      SELECT concat_ws(' ', count(*), count(DISTINCT user_id), min(run_id), max(run_id))
      FROM ncf.recommendations
      """)
    let whole = "\(Self.users * Self.k) \(Self.users) \(try live()) \(try live())"
    trial.keeps(found == whole, "\(place): readers see \(found ?? ""), and not \(whole)")
  }
}
