#if SQLite
import Testing

@testable import Stowage
@testable import StowageSQLite

struct ConcurrencyTests {
    private func increment(_ driver: SqliteDriver) async throws {
        let transaction = try await driver.begin(.readWrite, context: anHour)
        let rows = Rows(Sample.notes)
        try await transaction.get([Key(.text("n"))], in: Sample.notes, includingUnknown: false, rows: rows.add)
        guard case .int(let count)? = rows.all.first?.values[2] else { throw StorageError(.notFound, "no counter") }
        _ = try await transaction.write(
            WriteBatch(
                [.update(Key(.text("n")), [Assignment(field: 2, value: .int(count + 1))])],
                in: Sample.notes
            )
        )
        try await transaction.commit()
    }

    @Test func sixtyFourWritersAtOnce() async throws {
        let store = try await Store(Sample.notes)
        try await withThrowingTaskGroup { group in
            for task in 0..<64 {
                group.addTask {
                    for number in 0..<10 {
                        try await store.write(.insert(Sample.note("\(task)-\(number)")))
                        #expect(try await store.get(.text("\(task)-\(number)")) != nil)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.ids().count == 640)
    }

    @Test func inAGroupEachWriteSucceedsOrFailsAlone() async throws {
        let store = try await Store(Sample.notes)
        // The writer is held, so that all of these queue and share one commit.
        let transaction = try await store.driver.begin(.readWrite, context: anHour)
        let results = try await withThrowingTaskGroup(of: (Int, StorageError.Code?).self) { group in
            for task in 0..<40 {
                group.addTask {
                    do {
                        let batch = WriteBatch(
                            [.insert(Sample.note("\(task / 2)")), .insert(Sample.note("\(task / 2)-more"))],
                            in: Sample.notes
                        )
                        _ = try await store.driver.write(batch, context: anHour)
                        return (task, nil)
                    } catch let error as StorageError { return (task, error.code) }
                }
            }
            await Task.yield()
            await transaction.rollBack()
            var codes: [StorageError.Code?] = []
            for try await (_, code) in group { codes.append(code) }
            return codes
        }
        #expect(results.filter { $0 == nil }.count == 20)
        #expect(results.filter { $0 == .alreadyExists }.count == 20)
        #expect(try await store.ids().count == 40)
    }

    @Test func noUpdateIsLost() async throws {
        let store = try await Store(Sample.notes)
        let others = try await [Store(Sample.notes, in: store.folder), Store(Sample.notes, in: store.folder)]
        try await store.write(.insert(Sample.note("n", nil, 0)))
        try await withThrowingTaskGroup { group in
            for task in 0..<30 {
                group.addTask {
                    let driver = ([store] + others)[task % 3].driver
                    for _ in 0..<5 { try await increment(driver) }
                }
            }
            try await group.waitForAll()
        }
        for each in [store] + others { #expect(try await each.get(.text("n"))?.values[2] == .int(150)) }
    }

    @Test func manyOpenANewFileAtOnce() async throws {
        let folder = try TemporaryFolder()
        try await withThrowingTaskGroup { group in
            for number in 0..<24 {
                group.addTask {
                    let store = try await Store(Sample.notes, in: folder)
                    try await store.write(.insert(Sample.note("\(number)")))
                    try await store.driver.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(try await Store(Sample.notes, in: folder).ids().count == 24)
    }

    @Test func theLockOfAnotherProgramEndsInATimeoutThatSaysSo() async throws {
        let store = try await Store(Sample.notes)
        let other = try Raw(store.folder)
        try other.run("BEGIN IMMEDIATE")
        let batch = WriteBatch([.insert(Sample.note("a"))], in: Sample.notes)
        // On a busy machine a short deadline can pass before the writer has had its turn: then it is given more.
        var milliseconds = 30
        var error: StorageError?
        repeat {
            let context = OperationContext(deadline: .after(.milliseconds(milliseconds)))
            error = await expect(.timeout) { _ = try await store.driver.write(batch, context: context) }
            milliseconds *= 4
        } while milliseconds < 60_000 && error?.message.contains("held by another program") == false
        #expect(error?.message.contains("the write lock of \(store.folder.file), held by another program") == true)
        let begun = await expect(.timeout) { _ = try await store.driver.begin(.readWrite, context: soon()) }
        #expect(begun?.message.contains("held by another program") == true)
        // Reads go on, and so do writes once the lock is free.
        #expect(try await store.ids().isEmpty)
        let waiting = Task { try await store.driver.write(batch, context: anHour) }
        await Task.yield()
        try other.run("COMMIT")
        _ = try await waiting.value
        #expect(try await store.ids() == [.text("a")])
    }

    @Test func theLogIsCopiedBack() async throws {
        let folder = try TemporaryFolder()
        let driver = SqliteDriver(path: folder.file, options: .init(readers: 2, checkpointPages: 10))
        try await driver.open([Sample.notes], access: .readWrite, context: anHour)
        let text = String(repeating: "x", count: 20_000)
        for number in 0..<100 {
            _ = try await driver.write(
                WriteBatch(
                    [.insert(Row(values: [.text("\(number)"), .null, .null], unknown: #"{"t":"\#(text)"}"#))],
                    in: Sample.notes
                ),
                context: anHour
            )
        }
        // 2 MB were written; the log was started anew many times.
        #expect(try Files.size(folder.file + "-wal") < 500_000)
        #expect(try Files.size(folder.file) > 1_000_000)
        try await driver.close()
    }

    @Test func closingWaitsAndEndsAll() async throws {
        let store = try await Store(Sample.notes)
        let reading = try await store.driver.begin(.readOnly, context: anHour)
        let closing = Task { try await store.driver.close() }
        await Task.yield()
        await reading.rollBack()
        try await closing.value
        try await store.driver.close()
        await expect(.closed) { _ = try await store.ids() }
        await expect(.closed) { _ = try await store.get(.text("a")) }
        await expect(.closed) { try await store.write(.delete(Key(.text("a")))) }
        await expect(.closed) { _ = try await store.driver.begin(.readWrite, context: anHour) }
        await expect(.closed) {
            try await store.driver.open([Sample.notes], access: .readWrite, context: anHour)
        }
    }
}
#endif
