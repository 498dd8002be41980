import ArgumentParser

/// Timings of the engine's parts, on data the project makes or on a log of your own.
@main
struct NCFBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ncf-bench",
    abstract: "Times training, scoring, COPY and whole nights, and makes data to do it on.",
    subcommands: [Measure.self, PlantData.self], defaultSubcommand: Measure.self)
}
