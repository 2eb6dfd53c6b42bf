#if SQLite
import Testing

@testable import Stowage
@testable import StowageSQLite

struct TransactionTests {
    private func insert(_ id: String, _ title: String? = nil) -> WriteBatch {
        WriteBatch([.insert(Sample.note(id, title))], in: Sample.notes)
    }

    @Test func commitKeepsAndRollBackForgets() async throws {
        let store = try await Store(Sample.notes)
        let first = try await store.driver.begin(.readWrite, context: anHour)
        _ = try await first.write(insert("a"))
        #expect(try await first.count(.all, in: Sample.notes) == 1)
        // Others do not see it, and do not wait.
        #expect(try await store.ids().isEmpty)
        try await first.commit()
        #expect(try await store.ids() == [.text("a")])
        let second = try await store.driver.begin(.readWrite, context: anHour)
        _ = try await second.write(insert("b"))
        await second.rollBack()
        await second.rollBack()
        #expect(try await store.ids() == [.text("a")])
        await expect(.invalidArgument) { _ = try await second.write(insert("c")) }
    }

    @Test func aFailedWriteLeavesTheTransactionAsItWas() async throws {
        let store = try await Store(Sample.notes)
        let transaction = try await store.driver.begin(.readWrite, context: anHour)
        _ = try await transaction.write(insert("a", "A"))
        let batch = WriteBatch([.insert(Sample.note("b")), .insert(Sample.note("c", "A"))], in: Sample.notes)
        #expect(await expect(.constraint) { _ = try await transaction.write(batch) }?.batchIndex == 1)
        _ = try await transaction.write(insert("d"))
        try await transaction.commit()
        #expect(try await store.ids() == [.text("a"), .text("d")])
    }

    @Test func savepointsNest() async throws {
        let store = try await Store(Sample.notes)
        let transaction = try await store.driver.begin(.readWrite, context: anHour)
        _ = try await transaction.write(insert("a"))
        try await transaction.savepoint()
        _ = try await transaction.write(insert("b"))
        try await transaction.savepoint()
        _ = try await transaction.write(insert("c"))
        try await transaction.rollBackToSavepoint()
        _ = try await transaction.write(insert("d"))
        try await transaction.releaseSavepoint()
        try await transaction.savepoint()
        _ = try await transaction.write(insert("e"))
        try await transaction.rollBackToSavepoint()
        try await transaction.commit()
        #expect(try await store.ids() == [.text("a"), .text("b"), .text("d")])
    }

    @Test func aReadTransactionIsOneSnapshotThatBlocksNobody() async throws {
        let store = try await Store(Sample.notes)
        try await store.write(.insert(Sample.note("a")))
        let reading = try await store.driver.begin(.readOnly, context: anHour)
        try await store.write(.insert(Sample.note("b")))
        #expect(try await reading.count(.all, in: Sample.notes) == 1)
        await expect(.readOnly) { _ = try await reading.write(insert("c")) }
        try await reading.commit()
        #expect(try await store.ids().count == 2)
    }

    @Test func cursorsGivePages() async throws {
        let store = try await Store(Sample.notes)
        try await store.insert((0..<10).map { [.text("\($0)"), .null, .int($0)] })
        let reading = try await store.driver.begin(.readOnly, context: anHour)
        let query = DriverQuery(order: [SortKey("id")])
        let cursor = try await reading.cursor(query, in: Sample.notes)
        // A second one of the same text at the same time.
        let other = try await reading.cursor(query, in: Sample.notes)
        let rows = Rows(Sample.notes)
        let otherRows = Rows(Sample.notes)
        #expect(try await cursor.next(4, until: .distant, rows: rows.add))
        #expect(try await other.next(1, until: .distant, rows: otherRows.add))
        try await store.write(.deleteAll(.all))
        #expect(try await cursor.next(4, until: .distant, rows: rows.add))
        #expect(try await !cursor.next(4, until: .distant, rows: rows.add))
        #expect(try await !cursor.next(4, until: .distant, rows: rows.add))
        #expect(rows.all.count == 10)
        await cursor.close()
        await reading.rollBack()
        await other.close()
        #expect(otherRows.all.count == 1)
        #expect(try await store.ids().isEmpty)
    }

    @Test func whatTheHandlerThrowsReachesTheCaller() async throws {
        struct Stop: Error {}
        let store = try await Store(Sample.notes)
        try await store.write(.insert(Sample.note("a")))
        await #expect(throws: Stop.self) {
            try await store.driver.get([Key(.text("a"))], in: Sample.notes, includingUnknown: false, context: anHour) {
                _ in throw Stop()
            }
        }
        await #expect(throws: Stop.self) {
            try await store.driver.query(
                DriverQuery(order: [SortKey("id")]),
                in: Sample.notes,
                context: anHour
            ) { _ in throw Stop() }
        }
        #expect(try await store.ids().count == 1)
    }

    @Test func aForgottenTransactionLetsOthersIn() async throws {
        let store = try await Store(Sample.notes)
        var transaction: (any DriverTransaction)? = try await store.driver.begin(.readWrite, context: anHour)
        _ = try await transaction?.write(insert("a"))
        transaction = nil
        try await store.write(.insert(Sample.note("b")))
        #expect(try await store.ids() == [.text("b")])
    }

    @Test func waitingForTheWriterEndsAtTheDeadline() async throws {
        let store = try await Store(Sample.notes)
        let transaction = try await store.driver.begin(.readWrite, context: anHour)
        let writing = await expect(.timeout) { _ = try await store.driver.write(insert("a"), context: soon()) }
        #expect(writing?.message.contains("held by other writes of this program") == true)
        await expect(.timeout) { _ = try await store.driver.begin(.readWrite, context: soon()) }
        let waiting = Task { try await store.driver.write(insert("b"), context: anHour) }
        let cancelled = Task { try await store.driver.write(insert("c"), context: anHour) }
        cancelled.cancel()
        await expect(.cancelled) { _ = try await cancelled.value }
        await transaction.rollBack()
        _ = try await waiting.value
        #expect(try await store.ids() == [.text("b")])
    }

    @Test func aStatementEndsAtTheDeadline() async throws {
        let store = try await Store(Sample.typed(.int))
        try await store.insert((0..<20_000).map { [.int($0), .int($0 * 7919 % 20_000)] })
        let context = OperationContext(deadline: .after(.milliseconds(20)))
        await expect(.timeout) {
            // However fast the machine, one of these runs into the deadline.
            while true {
                try await store.driver.query(
                    DriverQuery(order: [SortKey("f"), SortKey("id")]),
                    in: store.collection,
                    context: context
                ) { _ in }
            }
        }
        #expect(try await store.driver.count(.all, in: store.collection, context: anHour) == 20_000)
    }

    @Test func aLongWriteEndsAtTheDeadlineAndChangesNothing() async throws {
        let store = try await Store(Sample.typed(.int, indexed: true))
        try await store.insert((0..<50_000).map { [.int($0), .int($0)] })
        // Whether the deadline falls before or into the statement, nothing of it stays.
        let context = OperationContext(deadline: .after(.milliseconds(3)))
        await expect(.timeout) {
            for value in 1... {
                _ = try await store.driver.write(
                    WriteBatch(
                        [.updateAll(.all, [Assignment(field: 1, value: .int(-Int64(value)))])],
                        in: store.collection
                    ),
                    context: context
                )
            }
        }
        let values = Set(try await store.rows().map { $0.values[1] })
        #expect(values.count == 50_000 || values.count == 1)
        try await store.write(.deleteAll(.all))
    }
}
#endif
