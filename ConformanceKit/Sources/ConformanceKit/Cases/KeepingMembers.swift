internal import Stowage

// REC-9 and REC-7 of whole members: a row with unknown ones comes from a driver, as an import writes it.
extension ConformanceCases {
    private static let members = #"{"later":[1,2.50,null],"sizé":{"b":"x","a":9007199254740993},"price":1.10}"#

    static let keepingMembers: [ConformanceCase] = [
        ConformanceCase("rec.unknown.members-survive", ["REC-9", "REC-5"]) { check in
            let notes = try await check.storage(Note.self)
            try await insert("a", members, notes)
            check.expectSame(try await unknown("a", notes), members, "unknown members come back as they were written")
            try await notes.update("a") { $0.text = "updated" }
            check.expectSame(try await unknown("a", notes), members, "they survive an update")
            try await notes.updateAll(.all) { $0.tag = "all" }
            check.expectSame(try await unknown("a", notes), members, "they survive updateAll")
            try await notes.upsert(Note(id: "a", text: "upserted"))
            check.expectSame(try await unknown("a", notes), members, "they survive an upsert")
            try await notes.upsertMany([Note(id: "b"), Note(id: "a", text: "again")])
            check.expectSame(try await unknown("a", notes), members, "they survive a batch of upserts")
            try await notes.createIfAbsent(Note(id: "a"))
            check.expectSame(try await unknown("a", notes), members, "they survive createIfAbsent")
            check.expectSame(try await unknown("b", notes), nil, "they stay with their record")
            check.expectSame(try await notes.get("a"), Note(id: "a", text: "again"), "the record itself is changed")
            if notes.capabilities.contains(.transactions) {
                try await notes.writeState(RecordsOnly([Note(id: "a", text: "state"), Note(id: "c")]))
                check.expectSame(try await unknown("a", notes), members, "they survive writeState", rule: "STA-1")
            }
        },
        ConformanceCase("rec.unknown.members-go-with-delete", ["REC-9"]) { check in
            let notes = try await check.storage(Note.self)
            try await insert("a", members, notes)
            try await insert("b", members, notes)
            try await notes.delete("a")
            try await notes.create(Note(id: "a"))
            check.expectSame(try await unknown("a", notes), nil, "a delete takes unknown members with it")
            try await notes.deleteAll(.where { $0.id == "b" })
            try await notes.upsert(Note(id: "b"))
            check.expectSame(try await unknown("b", notes), nil, "so does deleteAll")
        },
        ConformanceCase("rec.unknown.members-laid-over", ["REC-9"]) { check in
            let notes = try await check.storage(Note.self)
            try await insert("a", #"{"x":1,"y":[true],"z":"old"}"#, notes)
            let row = Row(values: [.text("a"), .text("t"), .null], unknown: #"{"z":"new","w":null}"#)
            _ = try await notes.handle.database.driver.write(
                WriteBatch([.upsert(row)], in: notes.handle.schema.collection),
                context: OperationContext(deadline: .after(.seconds(30)))
            )
            check.expectSame(
                try await unknown("a", notes),
                #"{"x":1,"y":[true],"z":"new","w":null}"#,
                "new members are laid over the stored ones, those of one name where they stand"
            )
        },
        ConformanceCase("rec.unknown.members-in-revision", ["REC-7", "REC-9"]) { check in
            let notes = try await check.storage(Note.self)
            try await insert("plain", nil, notes)
            let plain = try await notes.getVersioned("plain")?.revision
            try await notes.delete("plain")
            try await insert("plain", #"{"x":1}"#, notes)
            let one = try await notes.getVersioned("plain")?.revision
            check.expect(plain != one, "a revision sees that there are unknown members")
            try await notes.delete("plain")
            try await insert("plain", #"{"x":2}"#, notes)
            check.expect(try await notes.getVersioned("plain")?.revision != one, "and what they hold")
            try await notes.delete("plain")
            try await insert("plain", #"{ "x": 1 }"#, notes)
            check.expect(
                try await notes.getVersioned("plain")?.revision == one,
                "equal content has an equal revision, however it was written"
            )
        },
    ]

    private static func insert(
        _ id: String,
        _ unknown: String?,
        _ notes: RecordStorage<Note, RecordsOnly<Note>>
    ) async throws {
        let row = Row(values: [.text(id), .text("text"), .text("tag")], unknown: unknown)
        _ = try await notes.handle.database.driver.write(
            WriteBatch([.insert(row)], in: notes.handle.schema.collection),
            context: OperationContext(deadline: .after(.seconds(30)))
        )
    }

    private static func unknown(_ id: String, _ notes: RecordStorage<Note, RecordsOnly<Note>>) async throws -> String? {
        let found = Tally<String?>()
        try await notes.handle.database.driver.get(
            [Key(.text(id))],
            in: notes.handle.schema.collection,
            includingUnknown: true,
            context: OperationContext(deadline: .after(.seconds(30)))
        ) { found.add(try $0.unknownMembers()) }
        return found.all.first ?? nil
    }
}
