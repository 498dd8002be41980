import Formatting
import Foundation
import TestSupport
import Testing

/// What the command line says before it knows of a server.
struct ArgumentTests {
  private let program = Program()

  @Test(
    "A command line that can't be understood is 64, on standard error",
    arguments: [
      (["run", "--modee", "full"], "Did you mean '--mode'?"),
      (
        ["--since", "yesterday"],
        "It must be a time such as 2026-01-01T06:30Z or an age such as 90d."
      ),
      (["--since", "2026-02-30"], "an age such as 90d"),
      (["--since", "2026-02-01", "--until", "2026-01-01"], "--since must be before --until."),
      (["--mode", "fast"], "It must be one of: auto, full, finetune."),
      (["--slot", "A slot"], "It must be 1 to 63 letters, digits, - and _."),
      (["--threads", "0"], "--threads must be from 1 to 1024, not 0."),
      (["--retries", "101"], "--retries must be from 0 to 100, not 101."),
      (["--seed", "-1"], "--seed"),
      (["--no-publish", "--force"], "--no-publish and --force exclude each other."),
      (["--dry-run", "--force"], "--dry-run publishes nothing, so --force is idle."),
      (["-v", "-q"], "--verbose and --quiet exclude each other."),
      (["migrate"], "Say what to do: up, status or verify."),
      (
        ["load", "parquet", "x", "--table", "app.events"],
        "It must be movielens or tsv, not parquet."
      ),
      (["load", "tsv", "x"], "--table"),
      (["recommend"], "<user>"),
      (["forget"], "Missing expected argument '--user <id>"),
      (["runs", "--limit", "0"], "--limit must be 1 or more, not 0."),
      (["report", "--html", "-", "--users", "101"], "--users must be from 0 to 100, not 101."),
      (["export", "similar", "--run", "1", "--slot", "b"], "--run and --slot exclude each other."),
      (
        ["export", "model", "--format", "csv"],
        "A model is a safetensors file; --format is for lists and vectors."
      ),
      (
        ["init-config", "--user-column", "u"], "Columns are of a table: name it with --table."
      ),
      (["init-config", "--list", "--json"], "--list and --json exclude each other."),
      (
        ["backtest", "--from", "90d", "--to", "2026-02-01"],
        "It must be a moment such as 2026-01-05 or 2026-01-05T03:00Z."
      ),
      (
        ["backtest", "--from", "2026-02-01", "--to", "2026-02-01"], "--from must be before --to"
      ),
      (
        ["backtest", "--from", "2026-01-01", "--to", "2026-02-01", "--every", "1mo"],
        "--every must be of seconds, minutes, hours, days or weeks, not 1mo"
      ),
      (
        ["backtest", "--from", "2026-01-01", "--to", "2026-02-01", "--every", "1s"],
        "2678400 nights are more than 10000"
      ),
      (
        ["backtest", "a.yaml", "--config", "a.yaml", "--from", "2026-01-01", "--to", "2026-02-01"],
        "a.yaml is given twice."
      ),
      (["experiment", "rq9"], "It must be one of: rq1, "),
      (
        ["experiment", "rq1", "--factors", "7"],
        "Factors must be even and at most 512: embeddings are halves of a tower."
      ),
      (
        ["experiment", "rq1", "--seeds", "x"],
        "It must be whole numbers from 0 on, with commas between."
      ),
      (
        ["experiment", "rq1", "--seeds", "1,2,1"],
        "Each seed must be given once: twice the same tells nothing more."
      ),
      (["experiment", "rq1", "--paper", "x"], "It must be ml-1m or pinterest."),
      (["tune", "--budget", "soon"], "It must be a time such as 90s, 30min or 8h."),
      (["tune", "--budget", "1s", "--trials", "0"], "--trials must be 1 or more, not 0."),
    ] as [([String], String)])
  func usage(arguments: [String], said: String) throws {
    let result = try program.start(arguments).wait()
    expect(result, 64, said)
    #expect(result.output.isEmpty)
  }

  @Test("Help is asked for by --help or -?, is data, and names every exit code")
  func help() throws {
    for flag in ["--help", "-?"] {
      let result = try program.run(flag)
      #expect(result.code == 0)
      for code in ["0", "20", "64", "65", "69", "70", "74", "75", "77", "78"] {
        #expect(result.output.contains(" \(code)  "))
      }
      #expect(result.talk.isEmpty)
    }
    #expect(try program.run("run", "-?").output.contains("--since"))
  }

  /// A command as the program describes itself to tools.
  private struct Described: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable { var kind: String }
      var names: [Name]?
      var abstract: String?
    }
    var commandName: String
    var abstract: String?
    var arguments: [Argument]?
    var subcommands: [Described]?

    /// Itself and all below, each with the words that lead there.
    func all(_ path: [String] = []) -> [(path: [String], command: Described)] {
      [(path, self)]
        + (subcommands ?? []).filter { $0.commandName != "help" }
        .flatMap { $0.all(path + [$0.commandName]) }
    }
  }

  @Test("Help of every command has examples and exit codes, says what each flag does, and obeys -?")
  func helpTeaches() throws {
    struct Whole: Decodable { var command: Described }
    let dump = try program.run("--experimental-dump-help").output
    let all = try JSONDecoder().decode(Whole.self, from: Data(dump.utf8)).command.all()
    #expect(all.count > 15)
    for (path, command) in all {
      let long = try program.start(path + ["--help"]).wait()
      let short = try program.start(path + ["-?"]).wait()
      #expect(long.code == 0 && short.output == long.output, "\(path)")
      #expect(long.output.contains("EXAMPLES\n  ncf-batch"), "\(path)")
      #expect(long.output.contains("EXIT CODES\n   0  "), "\(path)")
      #expect(long.output.contains("78  configuration"), "\(path)")
      #expect(command.abstract?.isEmpty == false, "\(path)")
      for argument in command.arguments ?? [] {
        #expect(argument.abstract?.isEmpty == false, "\(path): \(argument)")
      }
    }
  }

  @Test("Without a configuration it says where it looked: 78")
  func missingConfiguration() throws {
    let folder = try TemporaryFolder()
    expect(
      try program.run(in: folder.path), 78, "jobs/nightly.yaml can't be read: No such file",
      "--config")
  }

  @Test("A wrong configuration is named by file, line, column and key: 78")
  func wrongConfiguration() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("source: {table: a.b}\ntrain:\n  epocs: 3\n", to: "n.yaml")
    expect(
      try program.run("--config", path), 78,
      "\(path):3:3: train.epocs is not a key; did you mean epochs?")
  }

  @Test("A flag comes before its variable, and a variable before the file")
  func precedence() throws {
    let folder = try TemporaryFolder()
    let good = try folder.write("source: {table: a.b}\n", to: "good.yaml")
    var program = Program(environment: ["NCF_CONFIG": folder.path + "/absent.yaml"])
    program.environment["PGHOST"] = folder.path
    program.environment["NCF_RETRIES"] = "0"
    #expect(try program.run().code == 78)
    // Read, then on to a server that is not there.
    #expect(try program.run("--config", good).code == 69)
    program.environment["NCF_TRAIN_EPOCHS"] = "none"
    expect(
      try program.run("--config", good), 78,
      "NCF_TRAIN_EPOCHS: train.epochs must be a whole number, not none")
  }

  @Test("A variable that is misspelt is told of")
  func misspelt() throws {
    let folder = try TemporaryFolder()
    let program = Program(environment: ["NCF_TRIAN_EPOCHS": "3"])
    let result = try program.run(in: folder.path)
    #expect(result.talk.contains("did you mean NCF_TRAIN_EPOCHS?"))
  }

  @Test("A variable of a flag is held to the flag's rules: 78")
  func variableOfFlag() throws {
    let folder = try TemporaryFolder()
    let good = try folder.write("source: {table: a.b}\n", to: "good.yaml")
    for (name, value) in [
      ("NCF_SINCE", "yesterday"), ("NCF_SEED", "x"), ("NCF_THREADS", "0"),
      ("NCF_RETRIES", "-1"), ("NCF_LOG_FORMAT", "xml"), ("NCF_VECTORS", "64"),
    ] {
      expect(try Program(environment: [name: value]).run("--config", good), 78, "\(name) must be ")
    }
  }

  @Test("A server that is not there is 69, with what was tried and what to do")
  func noServer() throws {
    let folder = try TemporaryFolder()
    let config = try folder.write("source: {table: a.b}\n", to: "n.yaml")
    for arguments in [["run", "--config", config], ["migrate", "status"], ["runs"]] {
      var program = program
      program.environment["NCF_RETRIES"] = "1"
      let result = try program.start(arguments + ["-h", folder.path, "-d", "shop"]).wait()
      // Only a run is tried again: whoever waits before a terminal can do that better.
      #expect(result.talk.contains("trying again in") == (arguments[0] == "run"))
      expect(result, 69, "shop", folder.path, "what to do: ")
      #expect(result.output.isEmpty)
    }
  }

  @Test("A report that can't be written is known before the run begins: 74")
  func report() throws {
    let folder = try TemporaryFolder()
    let config = try folder.write("source: {table: a.b}\n", to: "n.yaml")
    let path = folder.path + "/absent/report.json"
    expect(try program.run("--config", config, "--report", path, "-h", folder.path), 74, path)
  }

  @Test("Log lines as JSON are one object a line, with level, time and exit code")
  func jsonLines() throws {
    let folder = try TemporaryFolder()
    let result = try program.run("--log-format", "json", in: folder.path)
    let lines = result.talk.split(separator: "\n")
    #expect(!lines.isEmpty)
    for line in lines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["time"] != nil)
      #expect(object?["level"] as? String == "error")
      #expect(object?["exit_code"] as? String == "78")
    }
  }

  @Test("A model is not written to a terminal, nor anything to where there is no room: 64 and 74")
  func output() throws {
    let terminal = try PseudoTerminal().run(program, ["export", "model"], showsOutput: true)
    #expect(terminal.code == 64)
    #expect(
      terminal.screen.contains("A model is no text for a terminal; name a file with --output."))
    let shop = try Shop(.eighty)
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    expect(
      try shop.program.start(["migrate", "status"], screen: full).wait(), 74,
      "standard output can't be written: No space left on device")
  }

  @Test("A form of log lines that there is not is 78")
  func logFormat() throws {
    expect(
      try Program(environment: ["NCF_LOG_FORMAT": "xml"]).run("runs"), 78,
      "NCF_LOG_FORMAT must be text or json, not xml")
  }

  @Test(
    "A password among words that are no option is not repeated",
    arguments: [
      ["postgresql://me:canary@host/shop"], ["run", "postgresql://me:canary@host/shop"],
      ["run", "--password=canary"], ["run", "--threads", "password=canary"],
      ["tune", "--budget", "postgresql://me:canary@host/shop"],
      ["recommend", "1", "postgresql://me:canary@host/shop"],
    ])
  func password(arguments: [String]) throws {
    let result = try program.start(arguments).wait()
    #expect(result.code == 64)
    #expect(!result.talk.contains("canary"), "\(result.talk)")
    #expect(result.talk.contains("Error: "), "\(result.talk)")
  }
}
