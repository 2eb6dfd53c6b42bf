import Stowage
import StowageJSON
import Testing

/// A record whose codec reads its fields by position, each by the type of its property.
private struct Ticket: StorageRecord, Equatable {
    enum Status: String, Codable { case open, done }

    var id: String
    var status: Status
    var other: Status?
    var remote: Remote?
    var count: Int8

    static let collection = "tickets"
    static var fields: [Field<Ticket>] {
        Field("id", \.id).identifier()
        Field("status", \.status)
        Field("other", \.other)
        Field("remote", \.remote)
        Field("count", \.count)
    }
    static var codec: RecordCodec<Ticket> {
        RecordCodec { ticket, row in
            try row.write(0, ticket.id)
            try row.write(1, ticket.status)
            try row.write(2, ticket.other)
            try row.write(3, ticket.remote)
            try row.write(4, ticket.count)
        } decode: { row in
            Ticket(
                id: try row.read(0),
                status: try row.read(1),
                other: try row.read(2),
                remote: try row.read(3),
                count: try row.read(4)
            )
        }
    }
}

@Suite struct DirectCodecTests {
    private typealias Tickets = JsonFileStorage<Ticket, RecordsOnly<Ticket>>
    let scratch: Scratch
    init() throws { scratch = try Scratch() }

    @Test func whatIsWrittenIsRead() async throws {
        let tickets = try Tickets(path: scratch.path())
        try await tickets.initialize()
        let all = [
            Ticket(id: "a", status: .done, other: .open, remote: Remote(authMethod: "ssh"), count: -128),
            Ticket(id: "b", status: .open, count: 0),
        ]
        try await tickets.createMany(all)
        try await tickets.close()
        let again = try Tickets(path: scratch.path())
        try await again.initialize()
        #expect(try await again.fetch() == all)
        try await again.close()
    }

    /// VAL-6, SCH-3: the codec knows no names, and the error names the field all the same.
    @Test(arguments: [
        ("status", #""status": "lost", "count": 1"#), ("other", #""status": "open", "other": "lost", "count": 1"#),
        ("remote", #""status": "open", "remote": {"depth": 1}, "count": 1"#),
        ("count", #""status": "open", "count": 128"#),
    ])
    func whatCannotBeReadIsNamed(_ field: String, _ members: String) async throws {
        try scratch.write(#"[{"id": "a", \#(members)}]"#)
        let tickets = try Tickets(path: scratch.path())
        let error = await failure {
            try await tickets.initialize()
            _ = try await tickets.get("a")
        }
        #expect(error?.code == .corrupt && error?.recordID == "a" && error?.field == field)
        try await tickets.close()
    }
}
