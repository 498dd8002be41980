// swift-tools-version: 6.2
import PackageDescription

/// Kernels are built for x86-64-v3 (AVX2 and FMA); the command line checks the processor before it
/// calls them. Other architectures are built as they are.
#if arch(x86_64)
  let kernelFlags: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-march=x86-64-v3"])]
#else
  let kernelFlags: [SwiftSetting] = []
#endif

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
    .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CProcessor"),

    // Parts that know nothing of each other's trade.
    .target(name: "Postgres", dependencies: ["CLibpq"]),
    .target(name: "Interactions"),
    .target(name: "Parallelism", dependencies: ["CProcessor"]),
    .target(name: "Notation"),

    // Models and how they are judged.
    .target(
      name: "NCF", dependencies: ["Interactions", "Parallelism", "CBLAS", "CProcessor"],
      swiftSettings: kernelFlags),
    .target(
      name: "Baselines", dependencies: ["Interactions", "Parallelism", "CBLAS", "CProcessor"],
      swiftSettings: kernelFlags),
    .target(name: "Ranking", dependencies: ["Interactions", "Parallelism"]),
    .target(name: "Planted", dependencies: ["Interactions"]),

    // The job.
    .target(
      name: "Migrations", path: "migrations",
      resources: [
        "0001_schema", "0002_runs", "0003_metrics", "0004_epochs", "0005_stages", "0006_models",
        "0007_live", "0008_trials", "0009_baselines", "0010_rollback", "0011_slots", "0012_gate",
        "0013_lists", "0014_forgetting", "0015_fine_tuning", "0016_features", "0017_checkpoints",
        "0018_ease",
      ].map { .embedInCode("\($0).sql") }),
    .target(
      name: "Pipeline",
      dependencies: [
        "Postgres", "Interactions", "Parallelism", "Notation", "NCF", "Baselines", "Ranking",
        "Migrations", "CZlib",
      ]),
    .target(
      name: "Experiments",
      dependencies: ["NCF", "Baselines", "Ranking", "Interactions", "Parallelism", "Notation"]),
    .target(
      name: "Configuration",
      dependencies: [
        "Pipeline", "NCF", "Baselines", "Interactions", .product(name: "Yams", package: "Yams"),
      ]),
    .target(name: "Reporting", dependencies: ["Pipeline", "Notation"]),
    .executableTarget(
      name: "ncf-batch",
      dependencies: [
        "Pipeline", "Configuration", "Experiments", "Reporting", "Notation", "Interactions", "NCF",
        "Parallelism", "Postgres", "CProcessor",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "ncf-bench",
      dependencies: [
        "Planted", "NCF", "Ranking", "Baselines", "Interactions", "Parallelism",
        "Postgres",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Tests mirror Sources; EndToEndTests runs the built binary.
    .target(name: "TestSupport", dependencies: ["Postgres"], path: "Tests/TestSupport"),
    .testTarget(name: "PostgresTests", dependencies: ["Postgres", "TestSupport"]),
    .testTarget(name: "InteractionsTests", dependencies: ["Interactions", "Planted"]),
    .testTarget(name: "ParallelismTests", dependencies: ["Parallelism"]),
    .testTarget(name: "NotationTests", dependencies: ["Notation"]),
    .testTarget(
      name: "NCFTests",
      dependencies: ["NCF", "Interactions", "Parallelism", "Ranking", "Baselines", "Planted"],
      resources: [.copy("Recorded")]),
    .testTarget(name: "BaselinesTests", dependencies: ["Baselines", "Ranking", "Planted"]),
    .testTarget(
      name: "RankingTests", dependencies: ["Ranking", "Baselines"],
      resources: [.copy("Recorded")]),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: [
        "Experiments", "Baselines", "Interactions", "NCF", "Parallelism", "Planted", "Ranking",
      ]),
    .testTarget(
      name: "PipelineTests", dependencies: ["Pipeline", "Baselines", "Planted", "TestSupport"]),
    .testTarget(name: "ConfigurationTests", dependencies: ["Configuration", "Baselines"]),
    .testTarget(name: "ReportingTests", dependencies: ["Reporting", "Pipeline"]),
    .testTarget(
      name: "FaultTests",
      dependencies: [
        "Pipeline", "Interactions", "NCF", "Parallelism", "Postgres", "TestSupport", "ncf-batch",
      ], exclude: ["Shim"]),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "Baselines", "Configuration", "CZlib", "Interactions", "NCF", "Parallelism", "Pipeline",
        "Postgres",
      ]),
    .testTarget(
      name: "EndToEndTests", dependencies: ["Pipeline", "Planted", "TestSupport", "ncf-batch"],
      exclude: ["Python"]),
  ]
)

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
