// swift-tools-version: 6.3
import PackageDescription

// A package of its own: who uses Stowage does not fetch the peers that it is measured against.
let package = Package(
    name: "stowage-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "stowage", path: ".."),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .systemLibrary(name: "CBenchSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .executableTarget(
            name: "stowage-bench",
            dependencies: [
                "CBenchSQLite",
                .product(name: "Stowage", package: "stowage"),
                .product(name: "StowageJSON", package: "stowage"),
                .product(name: "StowageSQLite", package: "stowage"),
                .product(name: "StowagePostgres", package: "stowage"),
                .product(name: "StowageMigration", package: "stowage"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
