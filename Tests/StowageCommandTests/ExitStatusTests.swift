import Stowage
import StowageCommand
import Testing

@Suite struct ExitStatusTests {
    private struct Item: StorageRecord {
        var name: String
        static let collection = "items"
        static var fields: [Field<Item>] { Field("name", \.name).identifier() }
    }

    @Test func everyCodeHasItsStatus() {
        let expected: [(StorageError.Code, Int32)] = [
            (.alreadyExists, 73), (.notFound, 66), (.conflict, 75), (.constraint, 65), (.invalidArgument, 64),
            (.invalidValue, 65), (.corrupt, 65), (.schemaMismatch, 65), (.storageFull, 74), (.readOnly, 77),
            (.permission, 77), (.unavailable, 69), (.timeout, 75), (.commitUnknown, 76), (.closed, 70),
            (.cancelled, 130), (.unsupported, 64), (.configuration, 78),
        ]
        for (code, status) in expected { #expect(code.exitStatus == status, "\(code)") }
        #expect(Set(expected.map(\.0)) == Set(StorageError.Code.all))
    }

    @Test func aRefusedImportNamesEveryRecord() {
        let text = "[" + Array(repeating: #"{"name":7}"#, count: 60).joined(separator: ",") + "]"
        do {
            _ = try StoreImport(Item.self, state: RecordsOnly<Item>.self, reading: Array(text.utf8), from: "f")
            Issue.record("a file without one readable record was taken")
        } catch {
            let lines = ErrorReport(error, program: "app").lines
            #expect(lines.count == 62)
            #expect(lines[0].contains("60 records") && lines[60].contains("record 60"))
        }
    }

    @Test func reportsSayWhatHappenedAndWhatToDo() {
        let error = StorageError(.timeout, "the deadline passed", advice: "Try again").forRecord("a\nb")
        let report = ErrorReport(error, program: "app")
        #expect(report.status == 75)
        #expect(report.lines == ["app: timeout: the deadline passed [record \"a\\nb\"]", "  Try again."])
        let failure = ErrorReport(CommandFailure(status: 1, "no such thing"), program: "app")
        #expect(failure.status == 1 && failure.lines == ["app: no such thing"])
        #expect(ErrorReport(CancellationError(), program: "app").status == 130)
        struct Foreign: Error { let password = "hunter2" }
        let foreign = ErrorReport(Foreign(), program: "app")
        #expect(foreign.status == 70 && !foreign.lines.joined().contains("hunter2"))
    }
}
