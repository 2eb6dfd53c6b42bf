import ConformanceKit
import Stowage
import Testing

@Suite struct FactoryHarnessTests {
    private func factory(_ backend: StorageBackend) -> StorageFactory {
        StorageFactory(prefix: "KIT", store: "STORE", backends: [backend], environment: ["HOME": "/nowhere"])
    }

    @Test func aFileStandsInATemporaryFolder() throws {
        let backend = StorageBackend(name: "shelf", place: .file()) { settings in
            _ = try settings.path()
            return MemoryDriver()
        }
        let harness = try FactoryHarness(factory(backend), backend: "shelf:/tmp/kit-never-opened.shelf")
        let path = harness.storedFile(at: HarnessLocation(name: "a"))
        #expect(path?.hasSuffix("/a/store.shelf") == true && path?.contains("/stowage-kit-") == true)
        #expect(harness.abilities == [.otherSchema, .storedFile])
    }

    @Test func aServerWithoutAPlaceOfItsOwnIsRefused() {
        let backend = StorageBackend(name: "shelf", place: .server(parameters: { [] })) { _ in MemoryDriver() }
        let error = #expect(throws: StorageError.self) {
            try FactoryHarness(factory(backend).with("shelf.url", "shelf://host/data"))
        }
        #expect(error?.code == .unsupported)
    }

    @Test func memoryConformsThroughTheFactory() async throws {
        let harness = try FactoryHarness(factory(.memory))
        let report = await ConformanceRunner.run(harness, only: ConformanceFilter("REC"))
        #expect(report.succeeded, "\(report)")
    }
}
