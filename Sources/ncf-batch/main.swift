import ArgumentParser

/// The command line: arguments in, exit code out.
Misspelling.refuseCommand(CommandLine.arguments.dropFirst())
NCFBatch.start()
