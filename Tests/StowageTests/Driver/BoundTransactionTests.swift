import Foundation
import Synchronization
import Testing

@testable import Stowage

/// A transaction over a dictionary of bytes that notes on which thread it is used, and can be made to fail.
private final class BoundTransaction: ByteStoreTransaction {
    static let maximumKeyBytes = 511
    let undo = UndoJournal()
    let context = OperationContext(deadline: .distant)
    let path: String? = "/bound"
    let thread: WorkerThread?
    private let state = Mutex(
        (bytes: [[UInt8]: [UInt8]](), threads: Set<UInt>(), isFull: false, failure: StorageError?.none)
    )

    init(on thread: WorkerThread?) { self.thread = thread }

    var threads: Set<UInt> { state.withLock { $0.threads } }
    func fail(with error: StorageError?) { state.withLock { $0.failure = error } }

    private func used<T: Sendable>(_ body: (inout [[UInt8]: [UInt8]]) -> sending T) throws -> T {
        try state.withLock { state in
            state.threads.insert(UInt(pthread_self()))
            if let failure = state.failure { throw failure }
            return body(&state.bytes)
        }
    }

    func bytes(under key: [UInt8]) throws -> [UInt8]? { try used { $0[key] } }
    func set(_ bytes: [UInt8]?, under key: [UInt8]) throws {
        if state.withLock({ $0.isFull }), bytes != nil {
            // As with LMDB: the first error says why, and whatever is called later fails without a reason.
            fail(with: StorageError(.storageFull, "the transaction is broken"))
            throw StorageError(.conflict, "the map is full")
        }
        try used { $0[key] = bytes }
    }
    func fill() { state.withLock { $0.isFull = true } }
    func scan(prefix: [UInt8], _ handler: (UnsafeRawBufferPointer) throws -> Void) throws {
        for (key, bytes) in try used({ $0 }) where key.starts(with: prefix) { try bytes.withUnsafeBytes(handler) }
    }
    func commit() async throws { try await onThread { _ = try used { $0.count } } }
    func rollBack() async {}
}

@Suite struct BoundTransactionTests {
    private static func row(_ name: String, _ email: String? = nil) throws -> Row {
        Row(values: [
            .text(name), email.map { .text($0) } ?? .null, .int(1), .text("low"), .null,
            try .time(Timestamp(microseconds: 0)),
        ])
    }

    @Test func everyCallRunsOnTheThread() async throws {
        let thread = WorkerThread(name: "bound")
        let own = try await thread.run(deadline: .distant, waitingFor: "the thread") { UInt(pthread_self()) }
        let transaction = BoundTransaction(on: thread)
        let collection = try Account.schema.collection
        let rows = try (0..<20).map { try Self.row("a\($0)", "e\($0)") }
        _ = try await transaction.write(WriteBatch(rows.map { .insert($0) }, in: collection))
        _ = try await transaction.count(.all, in: collection)
        let count = Counter()
        try await transaction.get([Key(.text("a1"))], in: collection, includingUnknown: true) { _ in count.add() }
        try await transaction.query(
            DriverQuery(order: [SortKey("name")]),
            in: collection,
            until: .distant
        ) { _ in count.add() }
        try await transaction.savepoint()
        _ = try await transaction.write(WriteBatch([.delete(Key(.text("a1")))], in: collection))
        try await transaction.rollBackToSavepoint()
        try await transaction.commit()
        #expect(count.value == 21)
        #expect(transaction.threads == [own])
    }

    @Test func uniqueValuesAreKeptAndGivenBack() async throws {
        let transaction = BoundTransaction(on: nil)
        let collection = try Account.schema.collection
        _ = try await transaction.write(WriteBatch([.insert(Self.row("a", "e"))], in: collection))
        let error = await #expect(throws: StorageError.self) {
            try await transaction.write(WriteBatch([.insert(Self.row("b", "e"))], in: collection))
        }
        #expect(error?.code == .constraint)
        _ = try await transaction.write(
            WriteBatch([.upsert(Self.row("a", "f")), .insert(Self.row("b", "e"))], in: collection)
        )
        let index = collection.uniqueIndexes[0]
        #expect(try await transaction.holder(of: [.text("e")], in: index, of: collection) == Key(.text("b")))
        _ = try await transaction.write(WriteBatch([.delete(Key(.text("b")))], in: collection))
        #expect(try await transaction.holder(of: [.text("e")], in: index, of: collection) == nil)
    }

    @Test func whatBrokeAnEngineIsToldAndNotWhatFollowed() async throws {
        let transaction = BoundTransaction(on: nil)
        let collection = try Account.schema.collection
        _ = try await transaction.write(WriteBatch([.insert(Self.row("a"))], in: collection))
        transaction.fill()
        let error = await #expect(throws: StorageError.self) {
            _ = try await transaction.write(WriteBatch([.upsert(Self.row("a", "e"))], in: collection))
        }
        #expect(error?.code == .conflict && error?.isRetryable == true)
    }

    @Test func aStoreThatDoesNotFitIsNamed() async throws {
        let transaction = BoundTransaction(on: nil)
        let full = try Account.schema.collection
        #expect(try transaction.absent(among: [full]).count == 1)
        try await transaction.add([full])
        #expect(try transaction.absent(among: [full]).isEmpty)
        let narrow = CollectionSchema(name: full.name, fields: Array(full.fields.prefix(2)), key: [0], indexes: [])
        #expect(try transaction.absent(among: [narrow]).isEmpty, "what a type leaves out is unknown to it")
        let wide = CollectionSchema(
            name: full.name,
            fields: full.fields + [FieldSchema(name: "color", type: .text, isOptional: true)],
            key: [0],
            indexes: []
        )
        let error = #expect(throws: StorageError.self) { try transaction.absent(among: [wide]) }
        #expect(error?.code == .schemaMismatch && error?.field == "color" && error?.place?.path == "/bound")
    }
}
