// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "stowage-lmdb",
    products: [.library(name: "StowageLMDB", targets: ["StowageLMDB"])],
    dependencies: [
        // Without its traits: neither libsqlite3 nor libpq is needed.
        .package(name: "stowage", path: "../..", traits: [])
    ],
    targets: [
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
        .target(
            name: "StowageLMDB",
            dependencies: ["CLMDB", .product(name: "Stowage", package: "stowage")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "sessions",
            dependencies: ["StowageLMDB", .product(name: "Stowage", package: "stowage")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "conform",
            dependencies: [
                "StowageLMDB", .product(name: "Stowage", package: "stowage"),
                .product(name: "ConformanceKitCommand", package: "stowage"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StowageLMDBTests",
            dependencies: [
                "StowageLMDB", "conform", "sessions", .product(name: "Stowage", package: "stowage"),
                .product(name: "ConformanceKitTesting", package: "stowage"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
