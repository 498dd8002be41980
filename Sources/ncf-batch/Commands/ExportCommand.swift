import ArgumentParser
import Formatting
import Glibc
import Jobs
import Logging
import Operations
import RunSupport

/// The subcommand that hands out lists, vectors and models.
struct ExportCommand: BatchCommand {
  /// What can be exported.
  enum Content: String, ExpressibleByArgument, CaseIterable {
    case recommendations, similar, popular
    case userVectors = "user-vectors"
    case itemVectors = "item-vectors"
    case model

    /// What comes in rows; nil for a model.
    var lists: Export.Lists? { Export.Lists(rawValue: rawValue) }
  }

  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write lists, vectors or a stored model to a file.",
    discussion: """
      Lists and vectors are those that the views show, unless --run or --slot says otherwise; all of \
      them are of one run, in the order of their ids. csv is RFC 4180 with a header; jsonl has an \
      object on each line. Ids are written as the source has them. A file is there whole or not at \
      all: it is written under another name first.

      A model is a safetensors file, which numpy, PyTorch and others open; it holds what the run \
      learnt, the ids that its rows stand for, and in its metadata how scores become those that are \
      published. Reading it takes the right to read ncf.model_chunks.

      The schema is that of --schema, else NCF_OUTPUT_SCHEMA, else of the file in --config or \
      NCF_CONFIG, else ncf.

      \(Manual.examples([
        ("ncf-batch export recommendations -d shop --output lists.csv", "every user's list"),
        ("ncf-batch export similar --format jsonl -d shop | gzip >similar.jsonl.gz", "as JSON lines"),
        ("ncf-batch export model --run 41 -d shop --output model.safetensors", "for other programs"),
      ]))

      \(Manual.exitCodes(
        "all of it was written",
        [.data, .unavailable, .io, .temporary, .permission, .configuration]))
      """)

  @Argument(help: "What: recommendations, similar, popular, user-vectors, item-vectors or model.")
  var what: Content

  @Option(help: ArgumentHelp("Form of rows, csv or jsonl.", valueName: "form"))
  var format: Export.Format?

  @Option(help: ArgumentHelp("Of a run that is kept, as in ncf-batch runs.", valueName: "run"))
  var run: Int64?

  @Option(
    help: ArgumentHelp("Of the run that is live in a slot.", valueName: "name"),
    transform: RunCommand.slot)
  var slot: String?

  @Option(help: ArgumentHelp("Where to; standard output when left out.", valueName: "file"))
  var output: String?

  @OptionGroup var place: OutputSchemaOptions

  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup(title: "Talk") var talk: TalkOptions

  func validate() throws {
    if run != nil, slot != nil {
      throw ValidationError("--run and --slot exclude each other.")
    }
    if what == .model, format != nil {
      throw ValidationError("A model is a safetensors file; --format is for lists and vectors.")
    }
    if what == .model, output == nil, isatty(STDOUT_FILENO) == 1 {
      throw ValidationError("A model is no text for a terminal; name a file with --output.")
    }
  }

  func execute(in session: Session) throws {
    // Standard output is a pipe's or a file's own affair; a file of ours is tidied up.
    let interruption = output == nil ? Interruption() : try session.stopOnSignals()
    let export = Export(
      connection.parameters, schema: try place.schema(in: session), interruption: interruption)
    let choice: Export.Choice =
      if let run { .run(run) } else if let slot { .slot(slot) } else { .live }
    let file = try ExportFile(path: output)
    let done: String
    if let lists = what.lists {
      let rows = try export.write(
        lists, as: format ?? .csv, of: choice, to: file.write)
      done = "\(Figures.count(rows)) rows"
    } else {
      let model = try export.writeModel(of: choice, to: file.write)
      done = "the model of run \(model.run), \(Figures.count(model.bytes)) bytes"
    }
    try file.finish()
    session.log.notice("\(what.rawValue): \(done)\(output.map { " to \($0)" } ?? "")")
  }
}

extension Export.Format: ExpressibleByArgument {}
