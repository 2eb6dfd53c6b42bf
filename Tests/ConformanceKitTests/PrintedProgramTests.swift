import Foundation
import Stowage
import Testing

@testable import ConformanceKit

/// What a program is printed as: `PrintedProgram.swift` is such a text, compiled here.
@Suite struct PrintedProgramTests {
    /// Every kind of step and of condition.
    static func program() throws -> ModelProgram {
        var generator = SeededGenerator(seed: 5)
        let full = SpecimenMaker.record("e\u{301}\"", &generator)
        let change = SpecimenChange(values: full, properties: SpecimenProperty.all.map(\.name))
        func column(_ name: String) -> String { SpecimenProperty.named(name)?.column ?? "select" }
        func query(_ predicate: QueryPredicate, order: [SortKey] = [], limit: Int? = nil) throws -> Query<Specimen> {
            try Query(predicate, order: order, limit: limit, offset: limit == nil ? 0 : 1)
        }
        let conditions: [QueryPredicate] = [
            .none, .and([.all, .none]), .not(.isNil(field: column("spot"))), .isNotNil(field: column("size")),
            .or([
                .compare(field: column("count"), .lessOrEqual, .int(3)),
                .compare(field: column("ratio"), .greater, .double(-0.0)),
            ]),
            .member(field: column("mood"), isIn: true, [.text("calm"), .text("")]),
            .member(field: column("email"), isIn: false, []),
            .member(field: column("uuid"), isIn: true, [.uuid(HostileValues.uuids[3])]),
            .compare(field: column("date"), .notEqual, .time(try Timestamp(microseconds: 500_000))),
            .compare(field: column("time"), .less, .time(.max)),
            .compare(field: column("amount"), .greaterOrEqual, .decimal(HostileValues.decimals[5])),
            .compare(field: column("bytes"), .equal, .data(Data([0, 255]))),
            .compare(field: column("flag"), .equal, .bool(true)),
            .compare(field: "select", .equal, .text("a")),
            .text(field: column("note"), .hasSuffix, needle: "\\\u{1}", ignoringASCIICase: true),
            .text(field: column("text"), .contains, needle: "", ignoringASCIICase: false),
        ]
        var steps: [ModelStep] = [
            .create(full), .createMany([Specimen(id: "a", ratio: .leastNonzeroMagnitude), Specimen(id: "b")]),
            .upsertMany([Specimen(id: "a", spot: .init(x: 1.5, y: nil, name: "n"))]), .createIfAbsent(full),
            .read("a", slot: 0), .updateIf("a", slot: 0, change), .read("b", slot: 1),
            .upsertIf(Specimen(id: "b", tags: ["t"]), slot: 1), .deleteIf("b", slot: 1),
            .update("b", SpecimenChange(values: Specimen(id: ""), properties: ["note"])),
            .update("b", SpecimenChange(values: Specimen(id: ""), properties: [])), .get("a"), .getMany(["b", "a"]),
            .getMany([]), .exists("zz"), .readState, .reopen,
        ]
        steps += try conditions.map { .fetch(try query($0)) }
        steps += [
            .first(try query(.all, order: [SortKey(column("note"), .descending, nils: .last)], limit: 2)),
            .count(try query(.all)), .existsAny(try query(.none)),
            .pages(try query(.all, order: [SortKey("select", .descending)]), 1), .stream(try query(.all), 2),
            .transaction(
                [
                    .delete("a"), .transaction([.upsert(Specimen(id: "c"))], commits: false, isReadOnly: false),
                    .deleteAll(try query(conditions[3])),
                ],
                commits: true,
                isReadOnly: false
            ),
            .updateAll(try query(.all), SpecimenChange(values: full, properties: ["email", "tags"])),
            .transaction([.get("b"), .delete("b")], commits: true, isReadOnly: true),
            .writeState(SpecimenState(specimens: [Specimen(id: "s")], baseDir: "d", generation: 7)),
        ]
        return ModelProgram(steps: steps)
    }

    /// `STOWAGE_UPDATE_PRINTED=1` writes the file again after a change of the printer.
    @Test func isWrittenAsCommitted() throws {
        let printed = try Self.program().swift(comment: ["Every kind of step, as the kit prints it."])
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "PrintedProgram.swift"
        )
        if ProcessInfo.processInfo.environment["STOWAGE_UPDATE_PRINTED"] != nil {
            try printed.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == printed)
    }

    @Test func doesWhatTheProgramDoes() async throws {
        let model = try await ModelDifference.modelSession()
        for step in try Self.program().steps { _ = try await model.run(step) }
        _ = await model.content()
        let driver = MemoryDriver()
        let printed = try await reproduce { StorageDatabase(driver: driver) }
        #expect(printed == model.log.lines)
        #expect(printed.count > 40)
    }
}
