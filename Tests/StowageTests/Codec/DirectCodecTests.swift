import Stowage
import Testing

/// A record with a codec by hand, over every type that has a way of its own into a row.
private struct Direct: StorageRecord, Equatable {
    var id: String
    var note: String?
    var at: Timestamp
    var seenAt: Timestamp?
    var isDone: Bool
    var isKnown: Bool?
    var count: Int
    var size: Int64?

    static let collection = "direct"
    static var fields: [Field<Direct>] {
        Field("id", \.id).identifier()
        Field("note", \.note)
        Field("at", \.at)
        Field("seenAt", \.seenAt)
        Field("isDone", \.isDone)
        Field("isKnown", \.isKnown)
        Field("count", \.count)
        Field("size", \.size)
    }
    static var codec: RecordCodec<Direct> {
        RecordCodec { record, row in
            try row.set(0, record.id)
            try row.set(1, record.note)
            row.set(2, record.at)
            row.set(3, record.seenAt)
            row.set(4, record.isDone)
            row.set(5, record.isKnown)
            row.set(6, record.count)
            row.set(7, record.size)
        } decode: { row in
            Direct(
                id: try row.text(0),
                note: try row.optional(1, String.self),
                at: try row.time(2),
                seenAt: try row.optional(3, Timestamp.self),
                isDone: try row.bool(4),
                isKnown: try row.optional(5, Bool.self),
                count: Int(try row.int(6)),
                size: try row.optional(7, Int64.self)
            )
        }
    }
}

@Suite struct DirectCodecTests {
    private let empty = Direct(id: "a", at: .min, isDone: false, count: .min)

    @Test func whatIsWrittenIsRead() async throws {
        let storage = try MemoryStorage<Direct, RecordsOnly<Direct>>()
        try await storage.initialize()
        let full = Direct(
            id: "b",
            note: "",
            at: .max,
            seenAt: .min,
            isDone: true,
            isKnown: false,
            count: .max,
            size: .min
        )
        try await storage.createMany([full, empty])
        #expect(try await storage.get("a") == empty)
        #expect(try await storage.get("b") == full)
        #expect(try await storage.get("c") == nil)
        #expect(try await storage.fetch() == [empty, full])
    }

    @Test func nulIsRefusedWithItsField() async throws {
        let storage = try MemoryStorage<Direct, RecordsOnly<Direct>>()
        try await storage.initialize()
        var bad = empty
        for note in ["\0", "a\0", "a long text, longer than fifteen bytes\0, and more"] {
            bad.note = note
            let error = await #expect(throws: StorageError.self) { try await storage.create(bad) }
            #expect(error?.code == .invalidValue && error?.field == "note" && error?.recordID == "a")
        }
        #expect(try await storage.count() == 0)
    }
}
