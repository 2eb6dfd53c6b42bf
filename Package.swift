// swift-tools-version: 6.3
import CompilerPluginSupport
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // Async functions run where their caller runs: a lookup that needs no wait costs no hop.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "stowage",
    products: [
        .library(name: "Stowage", targets: ["Stowage"]),
        .library(name: "StowageJSON", targets: ["StowageJSON"]),
        .library(name: "StowageSQLite", targets: ["StowageSQLite"]),
        .library(name: "StowagePostgres", targets: ["StowagePostgres"]),
        .library(name: "StowageMigration", targets: ["StowageMigration"]),
        .library(name: "StowageCommand", targets: ["StowageCommand"]),
        .library(name: "ConformanceKit", targets: ["ConformanceKit"]),
        .library(name: "ConformanceKitTesting", targets: ["ConformanceKitTesting"]),
        .library(name: "ConformanceKitCommand", targets: ["ConformanceKitCommand"]),
        .executable(name: "minsky", targets: ["minsky"]),
    ],
    traits: [
        .trait(name: "SQLite", description: "The SQLite adapter, on the system's libsqlite3."),
        .trait(name: "Postgres", description: "The Postgres adapter, on the system's libpq."),
        .trait(name: "Macros", description: "The macro @Record, which needs swift-syntax to build."),
        .default(enabledTraits: ["SQLite", "Postgres"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        // Without its trait JSON, which links full Foundation: the configuration file has a provider of its own.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Of the trait Macros alone: without it, SwiftPM neither fetches nor builds it.
        .package(url: "https://github.com/swiftlang/swift-syntax", from: "603.0.1"),
    ],
    targets: [
        .target(
            name: "Stowage",
            dependencies: [
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "HashTreeCollections", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .target(name: "StowageMacros", condition: .when(traits: ["Macros"])),
            ],
            swiftSettings: settings
        ),
        // The compiler's plugin for @Record; without the trait, a program that does nothing.
        .macro(
            name: "StowageMacros",
            dependencies: [
                .product(name: "SwiftCompilerPlugin", package: "swift-syntax", condition: .when(traits: ["Macros"])),
                .product(name: "SwiftDiagnostics", package: "swift-syntax", condition: .when(traits: ["Macros"])),
                .product(name: "SwiftParser", package: "swift-syntax", condition: .when(traits: ["Macros"])),
                .product(name: "SwiftSyntax", package: "swift-syntax", condition: .when(traits: ["Macros"])),
                .product(name: "SwiftSyntaxBuilder", package: "swift-syntax", condition: .when(traits: ["Macros"])),
                .product(name: "SwiftSyntaxMacros", package: "swift-syntax", condition: .when(traits: ["Macros"])),
            ],
            swiftSettings: settings
        ),
        .systemLibrary(name: "CFileHints"),
        .target(
            name: "StowageJSON",
            dependencies: ["Stowage", "CFileHints"],
            swiftSettings: settings
        ),
        .target(name: "StowageSQL", dependencies: ["Stowage"], swiftSettings: settings),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(
            name: "StowageSQLite",
            dependencies: [
                "Stowage", "StowageSQL",
                .target(name: "CSQLite", condition: .when(traits: ["SQLite"])),
            ],
            swiftSettings: settings
        ),
        // Loads the system's libpq when it is first needed.
        .target(name: "CLibPQ"),
        .target(
            name: "StowagePostgres",
            dependencies: [
                "Stowage", "StowageSQL",
                .target(name: "CLibPQ", condition: .when(traits: ["Postgres"])),
            ],
            swiftSettings: settings
        ),
        .target(name: "StowageMigration", dependencies: ["Stowage"], swiftSettings: settings),
        .target(
            name: "StowageProgram",
            dependencies: ["Stowage", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings
        ),
        .target(
            name: "StowageCommand",
            dependencies: [
                "Stowage", "StowageSQL", "StowageProgram", "StowageMigration", "ConformanceKit",
                "ConformanceKitCommand",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "minsky",
            dependencies: [
                "Stowage", "StowageJSON", "StowageCommand",
                .target(name: "StowageSQLite", condition: .when(traits: ["SQLite"])),
                .target(name: "StowagePostgres", condition: .when(traits: ["Postgres"])),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ConformanceKit",
            dependencies: ["Stowage"],
            path: "ConformanceKit/Sources/ConformanceKit",
            swiftSettings: settings
        ),
        .target(
            name: "ConformanceKitTesting",
            dependencies: ["ConformanceKit"],
            path: "ConformanceKit/Sources/ConformanceKitTesting",
            swiftSettings: settings
        ),
        .target(
            name: "ConformanceKitCommand",
            dependencies: [
                "Stowage", "StowageProgram", "ConformanceKit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "ConformanceKit/Sources/ConformanceKitCommand",
            swiftSettings: settings
        ),
        .target(name: "StowageTestServers", path: "Tests/TestServers", swiftSettings: settings),
        // The other processes of the kit's own tests.
        .executableTarget(
            name: "conformance-fixture",
            dependencies: ["ConformanceKit", "ConformanceKitTesting", "Stowage", "StowageJSON", "StowageSQLite"],
            path: "Tests/ConformanceFixture",
            swiftSettings: settings
        ),
        .testTarget(name: "StowageTests", dependencies: ["Stowage"], swiftSettings: settings),
        .testTarget(
            name: "StowageJSONTests",
            dependencies: ["Stowage", "StowageJSON", "ConformanceKitTesting"],
            swiftSettings: settings
        ),
        .testTarget(name: "StowageSQLTests", dependencies: ["Stowage", "StowageSQL"], swiftSettings: settings),
        .testTarget(
            name: "StowageSQLiteTests",
            dependencies: [
                "Stowage", "StowageSQL", "StowageSQLite", "ConformanceKitTesting",
                .target(name: "CSQLite", condition: .when(traits: ["SQLite"])),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StowagePostgresTests",
            dependencies: ["Stowage", "StowagePostgres", "StowageTestServers", "ConformanceKitTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AgreementTests",
            dependencies: [
                "Stowage", "StowageJSON", "StowageSQLite", "StowagePostgres", "StowageTestServers", "ConformanceKit",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ReadmeTests",
            dependencies: ["Stowage", "StowageJSON", "StowageSQLite", "StowagePostgres"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StowageBackupTests",
            dependencies: [
                "Stowage", "StowageMigration", "StowageJSON", "StowageSQLite", "StowagePostgres", "StowageTestServers",
                "ConformanceKit", .target(name: "CSQLite", condition: .when(traits: ["SQLite"])),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StowageMigrationTests",
            dependencies: [
                "Stowage", "StowageMigration", "StowageJSON", "StowageSQLite", "StowagePostgres", "StowageTestServers",
                .target(name: "CSQLite", condition: .when(traits: ["SQLite"])),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MinskyTests",
            dependencies: [
                "minsky", "Stowage", "StowageJSON", "StowageSQLite", "StowagePostgres", "StowageTestServers",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StowageCommandTests",
            dependencies: [
                "Stowage", "StowageCommand",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConformanceKitTests",
            dependencies: [
                "ConformanceKit", "ConformanceKitTesting", "Stowage", "StowageJSON", "StowageSQLite",
                "conformance-fixture",
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
