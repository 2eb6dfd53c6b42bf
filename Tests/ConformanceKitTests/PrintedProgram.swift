// swift-format-ignore-file
import ConformanceKit
import Foundation
import Stowage

// Every kind of step, as the kit prints it.
func reproduce(_ open: () throws -> StorageDatabase) async throws -> [String] {
    let log = ProgramLog()
    var specimens = try await Specimen.storage(of: open())
    var revision0: Revision?
    var revision1: Revision?
    await log.note { try await specimens.create(Specimen(id: "e\u{301}\"", count: 3, ratio: -1.0, text: "\u{a}", note: "'", flag: false, bytes: Specimen.bytes([97]), uuid: Specimen.uuid([128, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]), date: Specimen.date(-0.5), time: Specimen.moment(-62135596799999999), amount: Specimen.decimal("-1"), mood: Specimen.Mood.calm)) }
    await log.note {
        try await specimens.createMany([Specimen(id: "a", ratio: Double(bitPattern: 1)), Specimen(id: "b")])
        return 2
    }
    await log.note {
        try await specimens.upsertMany([Specimen(id: "a", spot: Specimen.Spot(x: 1.5, y: nil, name: "n"))])
        return 1
    }
    await log.note { try await specimens.createIfAbsent(Specimen(id: "e\u{301}\"", count: 3, ratio: -1.0, text: "\u{a}", note: "'", flag: false, bytes: Specimen.bytes([97]), uuid: Specimen.uuid([128, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]), date: Specimen.date(-0.5), time: Specimen.moment(-62135596799999999), amount: Specimen.decimal("-1"), mood: Specimen.Mood.calm)) }
    revision0 = await log.revision { try await specimens.getVersioned("a") }
    await log.note { try await specimens.update("a", ifRevision: revision0) { $0.count = 3; $0.size = nil; $0.ratio = -1.0; $0.text = "\u{a}"; $0.note = "'"; $0.email = nil; $0.flag = false; $0.bytes = Specimen.bytes([97]); $0.uuid = Specimen.uuid([128, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]); $0.date = Specimen.date(-0.5); $0.time = Specimen.moment(-62135596799999999); $0.amount = Specimen.decimal("-1"); $0.mood = Specimen.Mood.calm; $0.spot = nil; $0.tags = [] } }
    revision1 = await log.revision { try await specimens.getVersioned("b") }
    await log.note { try await specimens.upsert(Specimen(id: "b", tags: ["t"]), ifRevision: revision1) }
    await log.note { try await specimens.delete("b", ifRevision: revision1) }
    await log.note { try await specimens.update("b") { $0.note = nil } }
    await log.note { try await specimens.update("b") { _ in } }
    await log.note { try await specimens.get("a") }
    await log.note { try await specimens.get(["b", "a"] as [String]) }
    await log.note { try await specimens.get([] as [String]) }
    await log.note { try await specimens.exists("zz") }
    await log.note { try await specimens.readState() }
    try await specimens.close()
    specimens = try await Specimen.storage(of: open())
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { _ = $0; return Condition<Specimen>.none }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { _ = $0; return Condition<Specimen>.all(of: [Condition<Specimen>.all, Condition<Specimen>.none]) }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { !($0.spot == nil) }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.size != nil }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { Condition<Specimen>.any(of: [$0.count <= 3, $0.ratio > -0.0]) }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.mood.in([Specimen.Mood.calm, Specimen.Mood.blank] as [Specimen.Mood]) }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.email.notIn([] as [String]) }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.uuid.in([Specimen.uuid([127, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])] as [UUID]) }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.date != Specimen.date(0.5) }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.time < Specimen.moment(253402300799999999) }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.amount >= Specimen.decimal("0.1") }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.bytes == Specimen.bytes([0, 255]) }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.flag == true }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.id == "a" }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.note.hasSuffix("\\\u{1}", .ignoringASCII) }) }
    await log.note { try await specimens.fetch(Query<Specimen>.all.where { $0.text.contains("") }) }
    await log.note { try await specimens.first(Query<Specimen>.all.sort(\.note, .descending, nils: .last).limit(2).offset(1)) }
    await log.note { try await specimens.count(Query<Specimen>.all) }
    await log.note { try await specimens.exists(Query<Specimen>.all.where { _ = $0; return Condition<Specimen>.none }) }
    await log.note { try await specimens.allPages(Query<Specimen>.all.sort(\.id, .descending), of: 1) }
    await log.note { try await specimens.streamed(Query<Specimen>.all, atMost: 2) }
    await log.note {
        try await specimens.transaction(.readWrite) { specimens -> String in
            await log.note { try await specimens.delete("a") }
            await log.note {
                try await specimens.transaction(.readWrite) { specimens -> String in
                    await log.note { try await specimens.upsert(Specimen(id: "c")) }
                    throw ProgramLog.RolledBack()
                }
            }
            await log.note { try await specimens.deleteAll(Query<Specimen>.all.where { $0.size != nil }) }
            return "committed"
        }
    }
    await log.note(namingRecord: false) { try await specimens.updateAll(Query<Specimen>.all) { $0.email = nil; $0.tags = [] } }
    await log.note {
        try await specimens.transaction(.readOnly) { specimens -> String in
            await log.note { try await specimens.get("b") }
            await log.note { try await specimens.delete("b") }
            return "committed"
        }
    }
    await log.note {
        try await specimens.writeState(SpecimenState(specimens: [Specimen(id: "s")], baseDir: "d", generation: 7))
        return 1
    }
    await log.content(specimens)
    try await specimens.close()
    return log.lines
}
