// swift-tools-version: 6.2
import PackageDescription

/// Kernels are built once for each set of registers; the program chooses when it starts. Nothing else
/// may be built for more than the baseline: see `scripts/lint-objects`.
#if arch(x86_64)
  let sets: [(name: String, flags: [String])] = [
    ("Kernels128", ["-march=x86-64-v2", "-mfma"]),
    ("Kernels256", ["-march=x86-64-v3"]),
    ("Kernels512", ["-march=x86-64-v4", "-mprefer-vector-width=512"]),
  ]
#else
  let sets: [(name: String, flags: [String])] = [("Kernels128", [])]
#endif

let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "ncf-batch",
  products: [
    .executable(name: "ncf-batch", targets: ["ncf-batch"]),
    .executable(name: "ncf-bench", targets: ["ncf-bench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // The system's libraries: module maps and shims, nothing else.
    .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CProcessor"),

    // Leaves: parts that know nothing of the job.
    .target(name: "Formatting"),
    .target(name: "Settings"),
    .target(name: "Elementary"),
    .target(name: "Interactions", dependencies: ["Settings", "Elementary"]),
    .target(name: "Parallelism", dependencies: ["CProcessor"]),
    .target(name: "Postgres", dependencies: ["CLibpq", "Formatting"]),
    .target(name: "SyntheticData", dependencies: ["Interactions"]),

    // The arithmetic: the source of all kernels, and the choice among what the sets make of it. Kernels
    // are generic, so their bodies have to be in the module's file for the sets to specialise.
    .target(
      name: "Lanes", dependencies: ["CProcessor"],
      swiftSettings: [.unsafeFlags(["-enable-cmo-everything"])]),
    .target(
      name: "Kernels",
      dependencies: ["Lanes", "CProcessor"] + sets.map { .target(name: $0.name) }),

    // Models and how they are judged.
    .target(
      name: "NCF",
      dependencies: [
        "Settings", "Interactions", "Parallelism", "Elementary", "Kernels", "Lanes", "CProcessor",
      ]),
    .target(
      name: "Baselines",
      dependencies: ["Settings", "Interactions", "Parallelism", "Elementary", "Kernels", "Lanes"]),
    .target(
      name: "Ranking",
      dependencies: ["Interactions", "Parallelism", "Elementary", "Kernels", "Lanes"]),

    // What a run is told and what is told of it: values, no input or output.
    .target(
      name: "Jobs",
      dependencies: ["NCF", "Baselines", "Ranking", "Settings", "Interactions", "Formatting"]),
    .target(
      name: "Configuration",
      dependencies: [
        "Jobs", "NCF", "Baselines", "Settings", "Interactions", "Formatting", yams,
      ]),
    .target(name: "Reporting", dependencies: ["Jobs", "NCF", "Formatting"]),

    // The job, from the rows that it reads to the lists that it publishes.
    .target(
      name: "RunSupport",
      dependencies: [
        "Jobs", "NCF", "Baselines", "Postgres", "Parallelism", "Interactions", "Formatting",
      ]),
    .target(
      name: "Recommenders",
      dependencies: [
        "Jobs", "NCF", "Baselines", "Ranking", "Settings", "Interactions", "Parallelism",
        "Formatting", "Elementary",
      ]),
    .target(
      name: "Source",
      dependencies: [
        "RunSupport", "Jobs", "Postgres", "Interactions", "Ranking", "Parallelism", "Formatting",
        "CZlib",
      ]),
    .target(
      name: "Migrations", path: "migrations",
      resources: [
        "0001_runs", "0002_metrics", "0003_models", "0004_live", "0005_trials", "0006_erasure",
        "0007_served", "0008_backtests",
      ].map { .embedInCode("\($0).sql") }),
    .target(
      name: "Store",
      dependencies: [
        "Recommenders", "RunSupport", "Jobs", "Postgres", "Interactions", "NCF", "Formatting",
        "Migrations",
      ]),
    .target(
      name: "Pipeline",
      dependencies: [
        "Store", "Source", "Recommenders", "RunSupport", "Jobs", "Postgres", "Interactions",
        "Parallelism", "Formatting", "NCF", "Baselines", "Ranking",
      ]),
    .target(
      name: "Operations",
      dependencies: [
        "Pipeline", "Store", "Source", "Recommenders", "RunSupport", "Jobs", "Postgres",
        "Interactions", "Parallelism", "Formatting", "NCF", "Baselines", "Ranking",
      ]),
    .target(
      name: "Experiments",
      dependencies: [
        "Recommenders", "NCF", "Baselines", "Ranking", "Settings", "Interactions", "Parallelism",
        "Formatting",
      ]),

    .executableTarget(
      name: "ncf-batch",
      dependencies: [
        "Operations", "Pipeline", "Store", "Source", "Recommenders", "RunSupport", "Jobs",
        "Configuration", "Experiments", "Reporting", "Formatting", "Interactions", "NCF",
        "Parallelism", "Postgres", "Ranking", "Kernels",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "ncf-bench",
      dependencies: [
        "SyntheticData", "NCF", "Ranking", "Baselines", "Interactions", "Parallelism",
        "Postgres", "Formatting", "Kernels", "Lanes",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Tests mirror Sources; EndToEndTests runs the built binary.
    .target(
      name: "TestSupport",
      dependencies: ["Pipeline", "Store", "RunSupport", "Jobs", "NCF", "Postgres"],
      path: "Tests/TestSupport"),
    .testTarget(name: "FormattingTests", dependencies: ["Formatting"]),
    .testTarget(name: "InteractionsTests", dependencies: ["Interactions", "SyntheticData"]),
    .testTarget(name: "ElementaryTests", dependencies: ["Elementary"]),
    .testTarget(
      name: "KernelsTests", dependencies: ["Kernels", "Lanes", "Interactions", "Elementary"]),
    .testTarget(name: "ParallelismTests", dependencies: ["Parallelism"]),
    .testTarget(name: "PostgresTests", dependencies: ["Postgres", "Formatting", "TestSupport"]),
    .testTarget(
      name: "NCFTests",
      dependencies: [
        "NCF", "Ranking", "Baselines", "Settings", "Parallelism", "Interactions", "SyntheticData",
        "Kernels", "Lanes",
      ], resources: [.copy("Recorded")]),
    .testTarget(
      name: "BaselinesTests",
      dependencies: [
        "Baselines", "Ranking", "Parallelism", "Interactions", "SyntheticData", "Kernels", "Lanes",
      ]),
    .testTarget(
      name: "RankingTests", dependencies: ["Ranking", "Parallelism", "Interactions"],
      resources: [.copy("Recorded")]),
    .testTarget(
      name: "JobsTests", dependencies: ["Jobs", "Baselines", "NCF", "Formatting", "TestSupport"]),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: ["Configuration", "Jobs", "Baselines", "NCF", "Interactions", "TestSupport"]),
    .testTarget(name: "ReportingTests", dependencies: ["Reporting", "Jobs"]),
    .testTarget(
      name: "RunSupportTests", dependencies: ["RunSupport", "Jobs", "Postgres", "TestSupport"]),
    .testTarget(
      name: "RecommendersTests",
      dependencies: [
        "Recommenders", "Jobs", "Ranking", "Baselines", "NCF", "Parallelism",
        "Interactions", "SyntheticData",
      ]),
    .testTarget(
      name: "SourceTests",
      dependencies: [
        "Source", "RunSupport", "Jobs", "Postgres", "Parallelism", "Interactions", "TestSupport",
      ]),
    .testTarget(
      name: "StoreTests",
      dependencies: [
        "Store", "Migrations", "Recommenders", "RunSupport", "Jobs", "Baselines", "NCF", "Postgres",
        "Parallelism", "Interactions", "TestSupport",
      ]),
    .testTarget(
      name: "PipelineTests",
      dependencies: [
        "Pipeline", "Operations", "Store", "Source", "Recommenders", "RunSupport", "Jobs",
        "Ranking", "Baselines", "NCF", "Postgres", "Parallelism", "Interactions", "SyntheticData",
        "TestSupport",
      ]),
    .testTarget(
      name: "OperationsTests",
      dependencies: [
        "Operations", "Store", "Recommenders", "RunSupport", "Jobs", "Ranking", "Baselines", "NCF",
        "Postgres", "Parallelism", "Interactions", "TestSupport",
      ]),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: [
        "Experiments", "Recommenders", "Baselines", "NCF", "Parallelism", "Interactions",
        "SyntheticData",
      ]),
    .testTarget(
      name: "FaultTests",
      dependencies: [
        "Pipeline", "Store", "Source", "RunSupport", "Jobs", "NCF", "Postgres", "Parallelism",
        "Interactions", "TestSupport", "ncf-batch",
      ], exclude: ["Shim"]),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "Operations", "Source", "Recommenders", "Configuration", "Jobs", "Baselines", "NCF",
        "Postgres", "Parallelism", "Interactions", "Formatting", "CZlib",
      ]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "RunSupport", "Postgres", "Formatting", "Kernels", "TestSupport", "ncf-batch",
      ],
      exclude: ["Python"]),
  ]
)

for set in sets {
  package.targets.append(
    .target(
      name: set.name, dependencies: ["Lanes", "CProcessor"],
      swiftSettings: set.flags.isEmpty
        ? [] : [.unsafeFlags(set.flags.flatMap { ["-Xcc", $0] })]))
}

// `make test FILTER=PostgresTests` compiles no other tests.
if let name = Context.environment["NCF_TEST_TARGET"],
  package.targets.contains(where: { $0.type == .test && $0.name == name })
{
  package.targets.removeAll { $0.type == .test && $0.name != name }
}

// Strictness is the same everywhere: Swift 6 concurrency (the tools version's language mode), every
// unsafe construct marked as such, and existentials spelled out.
for target in package.targets where target.type != .system {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .strictMemorySafety(),
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
