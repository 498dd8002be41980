import Dispatch
import Postgres
import RunSupport

/// Asks a run to stop as soon as the server shows that the run's query waits for a lock.
struct Watcher {
  let parameters: ConnectionParameters
  let interruption: Interruption

  func start() {
    let (parameters, interruption) = (parameters, interruption)
    DispatchQueue.global().async {
      guard let connection = try? Connection(parameters, applicationName: "tests") else { return }
      for _ in 0..<10_000 {
        let found = try? connection.execute(
          """
          SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND application_name LIKE 'ncf-batch/%/pull' AND wait_event_type = 'Lock'
          """)
        if found?[row: 0, column: 0] == "1" { break }
      }
      interruption.request(reason: "SIGTERM")
    }
  }
}
