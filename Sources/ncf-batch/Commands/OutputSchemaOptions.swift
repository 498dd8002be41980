import ArgumentParser
import Configuration
import Jobs

/// Which job's views are read.
struct OutputSchemaOptions: ParsableArguments {
  @Option(help: "The output schema. [NCF_OUTPUT_SCHEMA, default: output.schema, else ncf]")
  var schema: String?

  @Option(help: ArgumentHelp("The job. [NCF_CONFIG]", valueName: "file"), completion: .yaml)
  var config: String?

  /// The flag's, else the variable's, else the job's, else the usual one.
  func schema(in session: Session) throws(BatchError) -> String {
    if let schema = schema ?? session.variable("NCF_OUTPUT_SCHEMA") { return schema }
    guard let file = config ?? session.variable("NCF_CONFIG") else { return Job.Output.usualSchema }
    return try Job(path: file, variables: session.environment).output.schema
  }
}
