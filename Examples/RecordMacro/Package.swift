// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "notes",
    dependencies: [
        // The trait Macros brings @Record; SQLite is the one adapter of this program.
        .package(name: "stowage", path: "../..", traits: ["Macros", "SQLite"])
    ],
    targets: [
        .executableTarget(
            name: "notes",
            dependencies: [
                .product(name: "Stowage", package: "stowage"),
                .product(name: "StowageSQLite", package: "stowage"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RecordMacroTests",
            dependencies: [
                "notes",
                .product(name: "Stowage", package: "stowage"),
                .product(name: "StowageJSON", package: "stowage"),
                .product(name: "StowageSQLite", package: "stowage"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
