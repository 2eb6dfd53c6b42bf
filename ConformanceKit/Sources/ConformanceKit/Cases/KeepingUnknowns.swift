internal import Stowage

// REC-9: what a schema does not know. Two types over one collection stand for an older and a newer program.
extension ConformanceCases {
    private static let newer = NewPart(
        id: "p",
        status: "new",
        detail: .init(width: 1, color: "red", extra: ["k": "v"]),
        list: [.init(width: 2, color: "blue")]
    )

    static let keepingUnknowns: [ConformanceCase] = [
        ConformanceCase("rec.unknown.nested-survive-update", ["REC-9"]) { check in
            let database = try check.database()
            let new = try database.storage(NewPart.self)
            let old = try database.storage(OldPart.self)
            try await database.initialize()
            try await new.create(newer)
            check.expectSame(try await old.get("p")?.detail, .init(width: 1), "an older program reads what it knows")
            try await old.update("p") { $0.status = .used }
            var expected = newer
            expected.status = "used"
            check.expectSame(
                try await new.get("p"),
                expected,
                "keys of nested values that were not replaced survive an update"
            )
            try await old.updateAll(.all) { $0.status = .new }
            check.expectSame(try await new.get("p"), newer, "they survive updateAll")
        },
        ConformanceCase("rec.unknown.nested-survive-upsert", ["REC-9", "REC-5"]) { check in
            let database = try check.database()
            let new = try database.storage(NewPart.self)
            let old = try database.storage(OldPart.self)
            try await database.initialize()
            try await new.create(newer)
            guard var part = try await old.get("p") else { return check.fail("the record is there", "it is not") }
            part.status = .used
            try await old.upsert(part)
            var expected = newer
            expected.status = "used"
            check.expectSame(
                try await new.get("p"),
                expected,
                "nested values that an upsert writes back as they were keep unknown keys"
            )
        },
        ConformanceCase("rec.unknown.nested-survive-write-state", ["REC-9", "STA-1"], capability: .transactions) {
            check in
            let database = try check.database()
            let new = try database.storage(NewPart.self)
            let old = try database.storage(OldPart.self)
            try await database.initialize()
            try await new.create(newer)
            var state = try await old.readState()
            state.all[0].status = .used
            state.all.append(OldPart(id: "q"))
            try await old.writeState(state)
            var expected = newer
            expected.status = "used"
            check.expectSame(try await new.get("p"), expected, "records that keep their id keep unknown keys")
        },
        ConformanceCase("rec.unknown.delete-removes", ["REC-9"]) { check in
            let database = try check.database()
            let new = try database.storage(NewPart.self)
            let old = try database.storage(OldPart.self)
            try await database.initialize()
            try await new.create(newer)
            try await old.delete("p")
            try await old.create(OldPart(id: "p", detail: .init(width: 1)))
            check.expectSame(try await new.get("p")?.detail, .init(width: 1), "only a delete removes unknown keys")
        },
        ConformanceCase("rec.unknown.in-revision", ["REC-7", "REC-9"]) { check in
            let database = try check.database()
            let new = try database.storage(NewPart.self)
            let old = try database.storage(OldPart.self)
            try await database.initialize()
            try await new.create(newer)
            let before = try await old.getVersioned("p")?.revision
            try await new.update("p") { $0.detail = NewPart.Detail(width: 1, color: "green") }
            let after = try await old.getVersioned("p")?.revision
            check.expect(before != nil && before != after, "a revision covers what the reader's schema does not know")
        },
        ConformanceCase("rec.unknown.fields-survive", ["REC-9"], needs: .otherSchema) { check in
            let wide = try await check.storage(WideItem.self)
            try await wide.createMany([
                WideItem(id: "a", size: 1, color: "red"), WideItem(id: "b", size: 2, color: "blue"),
            ])
            try await wide.close()
            let narrow = try check.reopen().storage(LooseItem.self)
            try await narrow.initialize()
            try await narrow.update("a") { $0.size = 10 }
            try await narrow.upsert(LooseItem(id: "b", size: nil))
            try await narrow.create(LooseItem(id: "c", size: 3))
            try await narrow.close()
            let again = try check.reopen().storage(WideItem.self)
            try await again.initialize()
            check.expectSame(
                try await again.fetch(),
                [
                    WideItem(id: "a", size: 10, color: "red"), WideItem(id: "b", size: nil, color: "blue"),
                    WideItem(id: "c", size: 3, color: nil),
                ],
                "fields that a schema does not name survive its updates and upserts"
            )
        },
        ConformanceCase("rec.unknown.fields-survive-state", ["REC-9", "STA-1"], needs: .otherSchema) { check in
            let wide = try await check.storage(WideItem.self)
            guard wide.capabilities.contains(.transactions) else { return }
            try await wide.createMany([
                WideItem(id: "a", size: 1, color: "red"), WideItem(id: "b", size: 2, color: "blue"),
            ])
            try await wide.close()
            let narrow = try check.reopen().storage(LooseItem.self)
            try await narrow.initialize()
            try await narrow.writeState(RecordsOnly([LooseItem(id: "b", size: 5), LooseItem(id: "c")]))
            try await narrow.close()
            let again = try check.reopen().storage(WideItem.self)
            try await again.initialize()
            check.expectSame(
                try await again.fetch(),
                [WideItem(id: "b", size: 5, color: "blue"), WideItem(id: "c")],
                "fields that a schema does not name survive its writeState"
            )
        },
    ]
}
