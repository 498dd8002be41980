import ArgumentParser

/// The command line: arguments in, exit code out.
NCFBatch.main()
