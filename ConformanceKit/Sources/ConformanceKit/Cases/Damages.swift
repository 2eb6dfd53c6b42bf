internal import FoundationEssentials
internal import Stowage

// DUR-4 and DUR-5: stores that cannot be read are named and left alone. TXN-5: commits that nobody answered.
extension ConformanceCases {
    static let damages: [ConformanceCase] = [
        ConformanceCase("dur.damage.truncated", ["DUR-4", "STA-2"], needs: .storedFile) { check in
            let whole = try await stored(check)
            for part in [whole.count / 2, whole.count - whole.count / 8] {
                try await expectDamage(check, Array(whole[..<part]), "a file that was cut off after \(part) bytes")
            }
            try write(whole, to: check.storedFile())
            let again = try check.reopen().storage(Note.self)
            try await again.initialize()
            check.expectEqual(try await again.count(), 400, "the whole file is read again")
        },
        ConformanceCase("dur.damage.foreign-file", ["DUR-4", "STA-2"], needs: .storedFile) { check in
            _ = try await stored(check)
            var generator = check.generator()
            let noise = (0..<5000).map { _ in UInt8(truncatingIfNeeded: generator.next()) | 0x80 }
            try await expectDamage(check, Array("#!/bin/sh\necho this is no store\n".utf8), "a file of text")
            try await expectDamage(check, noise, "a file of noise")
        },
        ConformanceCase("dur.foreign.schema-is-named", ["DUR-4", "SCH-3"], needs: .otherSchema) { check in
            let loose = try await check.storage(LooseItem.self)
            try await loose.createMany([LooseItem(id: "a", size: 1), LooseItem(id: "b")])
            try await loose.close()
            let strict = try check.reopen().storage(StrictItem.self)
            let error = await check.expectError(
                .corrupt,
                .schemaMismatch,
                from: "a store whose records another program made"
            ) {
                try await strict.initialize()
                _ = try await strict.fetch()
            }
            let place = error?.place
            check.expect(
                error?.collection == "items" || place?.table == "items" || place?.path != nil,
                "the error names the table or the file"
            )
            let again = try check.reopen().storage(LooseItem.self)
            try await again.initialize()
            check.expectSame(
                try await again.fetch(),
                [LooseItem(id: "a", size: 1), LooseItem(id: "b")],
                "the store is not touched"
            )
        },
        ConformanceCase("dur.duplicate.ids", ["DUR-5"], needs: .storedFile) { check in
            try await expectDuplicate(check, of: "duplicate-b", as: "duplicate-a") { error in
                error.recordID == "duplicate-a" || error.message.contains("duplicate-a")
            }
        },
        ConformanceCase("dur.duplicate.keys", ["DUR-5"], needs: .storedFile) { check in
            try await expectDuplicate(check, of: "\"tag\"", as: "\"text\"") { error in
                error.field == "text" || error.message.contains("text")
            }
        },
    ]

    static let lostConnections: [ConformanceCase] = [
        ConformanceCase("txn.commit-unknown.severed", ["TXN-5"], needs: .losesConnections) { check in
            let notes = try await check.storage(Note.self)
            let fault = try check.connections()
            try await fault.holdCommits(Note.collection)
            for isTransaction in [true, false] {
                let task = aside {
                    if isTransaction {
                        try await notes.transaction { _ = try await $0.create(Note(id: "a")) }
                    } else {
                        _ = try await notes.create(Note(id: "a"))
                    }
                }
                let end = ContinuousClock.now.advanced(by: .seconds(20))
                while try await fault.sever() == 0 {
                    guard check.expect(ContinuousClock.now < end, "a commit is reached") else { return }
                    try await Task.sleep(for: .milliseconds(20))
                }
                let error = await check.expectError(.commitUnknown, from: "a commit whose connection is severed") {
                    try await task.value
                }
                check.expectEqual(error?.isRetryable, false, "an unknown commit is not worth a blind retry")
                check.expectEqual(try await fault.sever(), 0, "nothing is retried that could apply twice")
            }
            check.expectEqual(try await notes.count(), 0, "the storage works on with other connections", rule: "LIF-2")
        }
    ]

    /// The bytes of a closed store of 400 notes.
    private static func stored(_ check: CaseContext) async throws -> [UInt8] {
        let notes = try await check.storage(Note.self)
        try await notes.createMany((1000..<1400).map { Note(id: "n\($0)", text: "the text of \($0)", tag: "t\($0)") })
        try await notes.close()
        return try FileBytes.read(check.storedFile())
    }

    /// Puts bytes in the place of the store: every way of opening fails with the file's name, and touches nothing.
    private static func expectDamage(_ check: CaseContext, _ bytes: [UInt8], _ what: String) async throws {
        let path = try check.storedFile()
        try write(bytes, to: path)
        for access in [StorageAccess.readOnly, .readWrite] {
            let notes = try check.reopen(access: access).storage(Note.self)
            let error = await check.expectError(.corrupt, .schemaMismatch, from: "reading \(what)") {
                try await notes.initialize()
                _ = try await notes.fetch()
            }
            check.expect(error == nil || error?.place?.path == path, "the error names the file")
            try await notes.close()
            check.expect(try FileBytes.read(path) == bytes, "\(what) is not touched")
        }
    }

    /// Two records of a store that is kept as text, with one's words replaced by the other's.
    private static func expectDuplicate(
        _ check: CaseContext,
        of word: String,
        as other: String,
        isNamed: (StorageError) -> Bool
    ) async throws {
        let notes = try await check.storage(Note.self)
        try await notes.createMany(["duplicate-a", "duplicate-b"].map { Note(id: $0, text: "x", tag: "y") })
        try await notes.close()
        let path = try check.storedFile()
        guard let text = String(validating: try FileBytes.read(path), as: UTF8.self), !text.utf8.contains(0) else {
            try check.skip("the store is not kept as text, where ids and keys could stand twice")
        }
        let parts = text.split(separator: word, omittingEmptySubsequences: false)
        guard check.expect(parts.count > 1, "the file shows \(word)") else { return }
        let changed = Array(parts.joined(separator: other).utf8)
        try write(changed, to: path)
        let again = try check.reopen().storage(Note.self)
        let error = await check.expectError(.corrupt, from: "reading duplicates") {
            try await again.initialize()
            _ = try await again.fetch()
        }
        check.expect(error.map(isNamed) ?? true, "the error names what stands twice")
        try await again.close()
        check.expect(try FileBytes.read(path) == changed, "the file is not touched")
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }
}
