internal import FoundationEssentials
internal import Stowage

// DUR-1, DUR-2: processes that are killed. DUR-3: disks that fill up. SCH-1: processes that start at once.
extension ConformanceCases {
    static let crashes: [ConformanceCase] = [
        ConformanceCase(
            "dur.crash.kill-9",
            ["DUR-2", "DUR-1"],
            level: .stochastic,
            capability: .durability,
            needs: .workers
        ) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "first"))
            try await notes.close()
            let files = names(check)
            var generator = check.generator()
            for round in 0..<5 {
                let name = "r\(round)"
                let worker = try check.worker(.write, name)
                let end = ContinuousClock.now.advanced(by: .seconds(30))
                while worker.lines.count < 5, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(2)) }
                try? await Task.sleep(for: .milliseconds(generator.below(60)))
                worker.kill()
                try await expectWhole(check, name, worker.lines, atLeast: 5)
                worker.removeOutput()
            }
            check.expectEqual(names(check), files, "what dead processes left behind is gone")
        },
        ConformanceCase("dur.full-disk", ["DUR-3", "DUR-2"], capability: .durability, needs: .workers) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "first"))
            try await notes.close()
            _ = try check.storedFile()
            let worker = try check.worker(.fill, "f")
            check.expect(try await worker.waitForEnd(), "a process on a full disk ends")
            check.expectSame(worker.lines.last, "error storageFull", "a full disk is a typed error")
            try await expectWhole(check, "f", worker.lines.dropLast(), atLeast: 5)
            worker.removeOutput()
        },
        ConformanceCase(
            "sch.initialize.eight-processes",
            ["SCH-1", "LIF-1"],
            level: .stochastic,
            capability: .multipleProcesses,
            needs: .workers
        ) { check in
            _ = try check.database()
            let workers = try (0..<8).map { try check.worker(.open, "p\($0)") }
            for worker in workers {
                check.expect(try await worker.waitForEnd(), "a process that opens a new store ends")
                worker.removeOutput()
            }
            let notes = try check.reopen().storage(Note.self)
            try await notes.initialize()
            check.expectEqual(
                try await notes.fetch().map(\.id),
                (0..<8).map { "p\($0)" },
                "eight processes make one store at once, and none loses its record"
            )
        },
    ]

    /// Opens the store after a worker's end: every acknowledged batch is there, and no batch in part.
    private static func expectWhole(
        _ check: CaseContext,
        _ name: String,
        _ acknowledged: [String],
        atLeast count: Int
    ) async throws {
        check.expect(acknowledged.count >= count, "the process acknowledged writes before its end")
        let notes = try check.reopen().storage(Note.self)
        try await notes.initialize()
        var parts: [Int: Int] = [:]
        for note in try await notes.fetch() {
            let words = note.id.split(separator: "-")
            if words.count == 3, words[0] == name, let number = Int(words[1]) { parts[number, default: 0] += 1 }
        }
        let lost = acknowledged.compactMap { Int($0) }.filter { parts[$0] == nil }
        check.expectEqual(lost, [], "every acknowledged write is there", rule: "DUR-1")
        let halves = parts.filter { $0.value != ConformanceWorker.batch }.keys.sorted()
        check.expectEqual(halves, [], "no batch is there in part")
        check.expect(parts.count <= acknowledged.count + 1, "nothing is there that was not written")
        try await notes.create(Note(id: "after \(name)"))
        try await notes.close()
    }

    /// The files beside the store; none when it is no file.
    private static func names(_ check: CaseContext) -> [String] {
        guard let path = try? check.storedFile(), let slash = path.lastIndex(of: "/") else { return [] }
        return ((try? FileManager.default.contentsOfDirectory(atPath: String(path[..<slash]))) ?? []).sorted()
    }
}
