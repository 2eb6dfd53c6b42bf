import ConformanceKit
import FoundationEssentials
import Glibc
import Stowage
import StowageJSON
import StowageSQLite
import Testing

/// A program for the kit's tests: another process on a store, true or with a defect, and suites that leave something out.
///
///     conformance-fixture worker --defect NAME [--mode JSON-MODE] --backend B --folder F --location L --job J --name N
///     KIT_SUITE=NAME conformance-fixture
@main struct ConformanceFixture {
    static func main() async throws {
        guard CommandLine.arguments.dropFirst().first == "worker" else { await Testing.__swiftPMEntryPoint() as Never }
        var options: [String: String] = [:]
        for index in stride(from: 2, to: CommandLine.arguments.count - 1, by: 2) {
            options[CommandLine.arguments[index]] = CommandLine.arguments[index + 1]
        }
        guard let defect = WorkerDefect(rawValue: options["--defect"] ?? ""),
            let job = ConformanceWorker.Job(rawValue: options["--job"] ?? ""), let backend = options["--backend"],
            let folder = options["--folder"], let location = options["--location"], let name = options["--name"]
        else {
            try? FileHandleOutput.write("conformance-fixture: an option is missing\n")
            exit(64)
        }
        #if SQLite
        let backends = [StorageBackend.json, .sqlite]
        #else
        let backends = [StorageBackend.json]
        #endif
        var factory = StorageFactory(prefix: "KIT", store: "STORE", backends: backends)
        if let mode = options["--mode"] { factory = factory.with("json.mode", mode) }
        let harness = try FactoryHarness(factory, backend: backend, folder: folder)
        do {
            try await ConformanceWorker.run(
                job,
                on: defect == .none ? harness : DefectiveHarness(base: harness, defect: defect),
                at: HarnessLocation(name: location),
                name: name,
                say: { try FileHandleOutput.write($0 + "\n") }
            )
        } catch {
            // What a defect leads to is the case's to judge, by what was said.
            exit(1)
        }
    }
}

/// Standard output without a buffer: what was said stays said when the process is killed.
enum FileHandleOutput {
    static func write(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            guard count > 0 else { throw StorageError(.unavailable, "standard output is closed") }
            bytes = bytes.dropFirst(count)
        }
    }
}
