import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

extension FaultTests {
  /// Passwords, wherever they are given and whatever fails.
  @Suite struct SecretTests {
    /// A place where a password can be given.
    private struct Place {
      let name: String
      let arguments: [String]
      let variables: [String: String]

      /// Whether whoever lists processes sees it.
      var isShown: Bool { !arguments.isEmpty }
    }

    /// A server, or what is in its place.
    private struct Target {
      var host: String
      var port: String
      var database: String
    }

    /// Every place, with one password in it.
    private static func places(
      _ password: String, _ role: String, _ target: Target, in folder: String
    ) throws -> [Place] {
      let (host, port, database) = (target.host, target.port, target.database)
      let name = UUID().uuidString
      let (pgpass, service) = ("\(folder)/pgpass-\(name)", "\(folder)/service-\(name)")
      try Data("*:*:*:*:\(password)\n".utf8).write(to: URL(filePath: pgpass))
      unsafe _ = chmod(pgpass, 0o600)
      try Data(
        """
        [shop]
        host=\(host)
        port=\(port)
        user=\(role)
        dbname=\(database)
        password=\(password)

        """.utf8
      ).write(to: URL(filePath: service))
      let usual = [
        "PGHOST": host, "PGPORT": port, "PGUSER": role, "PGDATABASE": database,
        // No file of the caller's may help.
        "PGPASSFILE": "\(folder)/absent",
      ]
      func place(
        _ name: String, _ arguments: [String] = [], _ variables: [String: String] = [:]
      ) -> Place {
        Place(
          name: name, arguments: arguments, variables: usual.merging(variables) { $1 })
      }
      let authority = host.hasPrefix("/") ? "" : "\(host):\(port)"
      return [
        place("PGPASSWORD", [], ["PGPASSWORD": password]),
        place("PGPASSFILE, as with LoadCredential=", [], ["PGPASSFILE": pgpass]),
        place("service file", [], ["PGSERVICEFILE": service, "PGSERVICE": "shop"]),
        place(
          "connection string", ["-d", "dbname=\(database) user=\(role) password='\(password)'"]),
        place("URI", ["-d", "postgresql://\(role):\(password)@\(authority)/\(database)"]),
        place(
          "option of a URI",
          ["-d", "postgresql://\(authority)/\(database)?user=\(role)&password=\(password)"]),
        place(
          "PGDATABASE, where a URI is only a name", [],
          ["PGDATABASE": "postgresql://\(role):\(password)@/\(database)"]),
      ]
    }

    /// Holds what a run said against the secret.
    private static func check(
      _ trial: Trial, _ outcome: Program.Result, _ secrets: [String], files: [String] = [],
      at step: String
    ) {
      var texts = [("standard error", outcome.talk), ("standard output", outcome.output)]
      for file in files {
        if let data = try? Data(contentsOf: URL(filePath: file)) {
          texts.append((file, String(decoding: data, as: UTF8.self)))
        }
      }
      for (name, text) in texts {
        let shows = secrets.contains { text.contains($0) }
        trial.keeps(!shows, "\(step): \(name) shows the password:\n\(text)")
      }
    }

    /// All that the database holds, as text.
    private static func everything(_ shop: FaultShop) throws -> String {
      let connection = try shop.database.connect()
      let tables = try connection.execute(
        """
        SELECT c.oid::regclass::text FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('ncf', 'app')
        """)
      return try (0..<tables.rowCount).map { row in
        let table = tables[row: row, column: 0] ?? ""
        let text = try connection.execute("SELECT string_agg(t::text, ' ') FROM \(table) AS t")
        return text[row: 0, column: 0] ?? ""
      }.joined(separator: "\n")
    }

    @Test("A password in each place where one can be given, whatever fails: found nowhere")
    func canary() {
      Trial.of("a canary password in each place, all failures") { trial in
        let shop = try FaultShop()
        let admin = try shop.database.connect()
        let role = try PasswordRole(on: admin)
        try admin.executeScript("ALTER ROLE \(role.name) SUPERUSER")
        let weak = try PasswordRole(on: admin)
        defer { for role in [role, weak] { role.drop(on: admin) } }
        let network = try FaultyNetwork(
          to: "\(shop.server.folder)/.s.PGSQL.5432", token: role.name)
        defer { network.close() }
        let wrong = "canary-wrong-\(role.password)"
        let secrets = [role.password, weak.password]
        let right = Target(
          host: shop.server.folder, port: "5432", database: shop.database.name)
        var (nowhere, closed, proxy) = (right, right, right)
        nowhere.host = "/nonexistent"
        (closed.host, closed.port) = ("127.0.0.1", "1")
        (proxy.host, proxy.port) = ("127.0.0.1", "\(network.port)")
        let plain = ["NCF_RETRIES": "0", "PGGSSENCMODE": "disable"]
        let files = ["report.json", "metrics.prom", "page.html"].map { "\(shop.folder)/\($0)" }
        let config = try shop.job()
        let commands: [[String]] = [
          ["run", "--config", config, "-v", "--report", files[0], "--metrics", files[1]],
          ["run", "--config", config, "-v", "--json", "--log-format", "json"],
          ["check", "--config", config, "-v"], ["migrate", "status", "-v"],
          ["report", "--html", files[2], "-v"],
        ]
        let failures: [(String, Target, String, String, [String: String], Set<Int32>)] = [
          ("wrong password", right, wrong, role.name, [:], [77, 78]),
          ("no rights", right, weak.password, weak.name, [:], [77, 78]),
          ("no server", nowhere, wrong, role.name, [:], [69]),
          ("nobody listens", closed, wrong, role.name, [:], [69]),
          (
            "no TLS with require", proxy, role.password, role.name, ["PGSSLMODE": "require"],
            [78]
          ),
          (
            "no authority to verify by", proxy, role.password, role.name,
            ["PGSSLMODE": "verify-full", "PGSSLROOTCERT": "\(shop.folder)/absent.crt"], [78]
          ),
          ("unknown mode of TLS", right, role.password, role.name, ["PGSSLMODE": "odd"], [78]),
        ]
        for (failure, target, password, user, settings, codes) in failures {
          for place in try Self.places(password, user, target, in: shop.folder) {
            for command in commands {
              let at = "\(failure), \(place.name), \(command[0])"
              let outcome = try shop.start(
                command + place.arguments,
                plain.merging(place.variables) { $1 }.merging(settings) { $1 }
              ).wait()
              Self.check(trial, outcome, secrets, files: files, at: at)
              if command[0] == "run" {
                trial.tried()
                trial.keeps(
                  codes.contains(outcome.code), "\(at): \(outcome.code)\n\(outcome.talk)")
              }
              let warns = outcome.talk.contains("can be read in the process list")
              trial.keeps(warns == place.isShown, "\(at): warned \(warns)\n\(outcome.talk)")
            }
          }
        }
        try tryNights(trial, shop, role, right, files: files, config: config)
        trial.keeps(!(try Self.everything(shop)).contains("canary"), "a table shows it")
      }
    }

    /// Nights with the right password, that succeed, are cut off, or have a job that is wrong.
    private func tryNights(
      _ trial: Trial, _ shop: FaultShop, _ role: PasswordRole, _ target: Target, files: [String],
      config: String
    ) throws {
      let missing = try shop.job(source: "table: app.absent")
      let places = try Self.places(role.password, role.name, target, in: shop.folder)
      // A URI in PGDATABASE is no connection.
      for (number, place) in places.dropLast().enumerated() {
        let arguments =
          ["--report", files[0], "--metrics", files[1], "-v"] + place.arguments
        guard FaultSize.isFull || number % 2 == 0 else { continue }
        let night = try shop.night(nil, arguments, variables: place.variables).wait()
        trial.tried(night, 0, at: place.name)
        Self.check(trial, night, [role.password], files: files, at: place.name)
        let run = try shop.night("publish=stop", arguments, variables: place.variables)
        try run.waitUntilStopped()
        let sessions = try shop.value(
          """
          SELECT string_agg(a::text, ' ') FROM pg_stat_activity AS a
          WHERE application_name LIKE 'ncf-batch/%'
          """)
        trial.keeps(
          sessions?.contains(role.password) == false, "sessions: \(sessions ?? "there are none")")
        try shop.execute(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name LIKE 'ncf-batch/%' AND datname = current_database()
          """)
        let cut = try run.resume()
        trial.tried(cut, 0, 69, 75, at: "cut off, \(place.name)")
        Self.check(trial, cut, [role.password], files: files, at: "cut off, \(place.name)")
        let odd = try shop.night(config: missing, arguments, variables: place.variables).wait()
        trial.tried(odd, 78, at: "no such table, \(place.name)")
        Self.check(trial, odd, [role.password], files: files, at: "no table, \(place.name)")
        let page = try shop.start(
          ["report", "--html", files[2], "-v"] + place.arguments, place.variables
        ).wait()
        trial.keeps(page.code == 0, "the page: \(page.talk)")
        Self.check(trial, page, [role.password], files: files, at: "page, \(place.name)")
      }
    }

    @Test("A password that a query gives to another server is recorded nowhere")
    func inQueries() {
      Trial.of("a canary password inside a query of the job") { trial in
        let shop = try FaultShop()
        let secret = "canary-\(UUID().uuidString)"
        let files = ["report.json", "metrics.prom"].map { "\(shop.folder)/\($0)" }
        let asked = "'host=elsewhere password=\(secret)'"
        for (source, code) in [
          ("query: \"SELECT * FROM app.events WHERE \(asked) <> ''\"", Int32(0)),
          ("query: \"SELECT * FROM app.absent WHERE \(asked) <> ''\"", 78),
          ("query: \"SELECT * FROM app.events WHERE \(asked)::integer = 1\"", 65),
        ] {
          let outcome = try shop.night(
            config: shop.job(source: source),
            ["-v", "--report", files[0], "--metrics", files[1]]
          ).wait()
          trial.tried(outcome, code, at: source)
          Self.check(trial, outcome, [secret], files: files, at: source)
        }
        trial.keeps(!(try Self.everything(shop)).contains(secret), "a table shows it")
      }
    }
  }
}
