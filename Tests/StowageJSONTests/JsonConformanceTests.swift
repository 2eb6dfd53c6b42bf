import ConformanceKit
import Foundation
import Stowage
import StowageJSON
import Testing

/// Keeps each store of the kit in a folder of its own.
struct JsonHarness: ConformanceHarness {
    let adapter = "json"

    private func folder(_ location: HarnessLocation) -> String { NSTemporaryDirectory() + "stowage-kit-\(location)" }

    func open(
        at location: HarnessLocation,
        access: StorageAccess,
        options: StorageOptions
    ) throws -> StorageDatabase {
        .json(path: folder(location) + "/store.json", access: access, options: options)
    }

    func destroy(_ location: HarnessLocation) async throws {
        try? FileManager.default.removeItem(atPath: folder(location))
    }
}

@Suite struct JsonConformanceTests {
    @Test(arguments: ConformanceCases.all)
    func conforms(_ conformanceCase: ConformanceCase) async throws {
        try await conformanceCase.verify(on: JsonHarness())
    }
}
