import Foundation
import Stowage
import StowageJSON
import Testing

@testable import ConformanceKit
@testable import StowageMigration

/// No damage goes unseen, and what is damaged changes nothing.
@Suite struct DamageTests {
    let folder: Folder
    let whole: [UInt8]
    static let codes: [StorageError.Code] = [.corrupt, .schemaMismatch, .invalidValue]

    init() async throws {
        folder = try Folder()
        let notes = try await StorageDatabase.memory().notes()
        try await notes.writeState(NoteState(notes: Note.many(20), baseDir: "/base"))
        _ = try await StorageBackup.write(from: notes, to: folder["whole"])
        whole = try folder.bytes("whole")
    }

    /// Reads changed bytes; answers the error.
    private func refusal(_ bytes: [UInt8], _ what: String) async throws -> StorageError? {
        let path = try folder.write(bytes, "changed")
        let error = await failure { _ = try await NoteBackup(reading: path) }
        guard let error else {
            Issue.record("\(what) goes unseen")
            return nil
        }
        #expect(Self.codes.contains(error.code), "\(what): \(error)")
        #expect(
            error.place?.path == path && error.place?.line != nil && error.place?.byteOffset != nil,
            "\(what): \(error)"
        )
        return error
    }

    @Test func everyFlippedBitIsSeen() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed, "damage")
        for _ in 0..<600 {
            var bytes = whole
            let (index, bit) = (generator.below(bytes.count), generator.below(8))
            bytes[index] ^= 1 << UInt8(bit)
            let error = try await refusal(bytes, "bit \(bit) of byte \(index), seed \(seed)")
            // The line of the damage, or, where the line still reads well, the one with the checksum.
            let line = 1 + whole[..<index].count { $0 == 0x0a }
            let last = whole.count { $0 == 0x0a }
            if let found = error?.place?.line { #expect(found >= line - 1 && found <= last + 1) }
        }
    }

    @Test func everyTruncationIsSeen() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed, "truncation")
        let lengths = [0, 1, whole.count - 1] + (0..<100).map { _ in generator.below(whole.count) }
        for length in lengths { _ = try await refusal(Array(whole[..<length]), "\(length) bytes, seed \(seed)") }
        // At line breaks, where what is left looks whole.
        for (index, byte) in whole.enumerated() where byte == 0x0a && index < whole.count - 1 {
            _ = try await refusal(Array(whole[...index]), "the end after byte \(index)")
        }
    }

    @Test func linesRemovedRepeatedSwappedAndAddedAreSeen() async throws {
        let lines = try folder.lines("whole")
        func joined(_ lines: [[UInt8]]) -> [UInt8] { lines.flatMap { $0 + [0x0a] } }
        for index in lines.indices {
            var changed = lines
            changed.remove(at: index)
            _ = try await refusal(joined(changed), "line \(index) removed")
            changed = lines
            changed.insert(lines[index], at: index)
            _ = try await refusal(joined(changed), "line \(index) twice")
            guard index > 0 else { continue }
            changed = lines
            changed.swapAt(index - 1, index)
            _ = try await refusal(joined(changed), "lines \(index - 1) and \(index) swapped")
        }
        for tail in ["\n", " ", "{}\n", "\0", text(lines[3]) + "\n"] {
            _ = try await refusal(whole + Array(tail.utf8), "\(tail.debugDescription) added")
        }
        _ = try await refusal(whole + whole, "the backup twice")
    }

    /// Files whose checksum is right, and whose content is not: a bug or a forger wrote them.
    @Test func aRightChecksumIsNotEnough() async throws {
        let lines = Array(try folder.lines("whole").dropLast())
        func reading(_ change: (inout [[UInt8]]) -> Void, records: Int = 20) async throws -> StorageError? {
            var changed = lines
            change(&changed)
            return try await refusal(closed(changed, records: records, state: 1), "a forged backup")
        }
        func replaced(_ line: Int, _ old: String, _ new: String) -> [UInt8] {
            let changed = text(lines[line]).replacing(old, with: new)
            #expect(changed != text(lines[line]))
            return Array(changed.utf8)
        }
        // The first record is line 2, counted from zero.
        let type = try await reading { $0[2] = replaced(2, #""size":0"#, #""size":"0""#) }
        #expect(type?.code == .corrupt && type?.field == "size" && type?.recordID == "n-0" && type?.place?.line == 3)
        let start = lines[..<2].reduce(0) { $0 + $1.count + 1 }
        #expect(type?.place?.byteOffset == start + text(lines[2]).utf8.count - #"0,"tags":["a","\n"]}"#.utf8.count)
        let key = try await reading { $0[2] = replaced(2, #","size":0"#, "") }
        #expect(key?.code == .corrupt && key?.field == "size")
        let twice = try await reading { $0[3] = $0[2] }
        #expect(twice?.code == .corrupt && twice?.recordID == "n-0" && twice?.place?.line == 4)
        let order = try await reading { $0.swapAt(2, 3) }
        #expect(order?.code == .corrupt && order?.place?.line == 4)
        let nul = try await reading { $0[2] = replaced(2, #""tags":["a""#, #""tags":["\u0000""#) }
        #expect(nul?.code == .invalidValue)
        let nested = try await reading { $0[2] = replaced(2, #"["a","\n"]"#, "[1]") }
        #expect(nested?.code == .corrupt && nested?.recordID == "n-0")
        #expect(try await reading { $0.removeLast() }?.code == .corrupt)
        #expect(try await reading({ $0.append(Array(#"{"id":"z","size":1}"#.utf8)) }, records: 21)?.code == .corrupt)
        #expect(try await reading({ $0[0] = replaced(0, #""records":20"#, #""records":19"#) })?.code == .corrupt)

        let later = try await reading { $0[0] = replaced(0, #""version":1"#, #""version":2"#) }
        #expect(later?.code == .schemaMismatch && later?.message.contains("version 2") == true)
        let other = try await reading { $0[0] = replaced(0, #""name":"notes""#, #""name":"books""#) }
        #expect(other?.code == .schemaMismatch)
        let changed = try await reading { $0[0] = replaced(0, #"size","type":"int""#, #"size","type":"text""#) }
        #expect(changed?.code == .schemaMismatch && changed?.field == "size")
        let required = try await reading { $0[0] = replaced(0, #""name":"size""#, #""name":"length""#) }
        #expect(required?.code == .schemaMismatch && required?.field == "size")
    }

    /// A field that this program does not know yet is kept, like every unknown key (REC-9).
    @Test func fieldsOfLaterVersionsAreKept() async throws {
        var lines = Array(try folder.lines("whole").dropLast())
        lines[0] = Array(
            text(lines[0]).replacing(#""fields":["#, with: #""fields":[{"name":"new","type":"text"},"#).utf8
        )
        lines[2] = Array(text(lines[2]).replacing("{", with: #"{"new":"x","#).utf8)
        let path = try folder.write(closed(lines, records: 20, state: 1), "later")
        let notes = try await StorageDatabase.memory().notes()
        _ = try await NoteBackup(reading: path).restore(into: notes)
        let kept = try await notes.getJSON("n-0")
        #expect(kept?.object?["new"] == .string("x"))
    }

    @Test func whatIsNoBackupIsSaidToBeNone() async throws {
        for (name, content) in [("json", #"{"notes":[]}"#), ("text", "hello\n"), ("empty", ""), ("bytes", "\u{1}\0\n")]
        {
            let path = try folder.write(Array(content.utf8), name)
            let error = await failure { _ = try await NoteBackup(reading: path) }
            #expect(error?.code == .corrupt && error?.message.contains("no backup") == true)
        }
        #expect(await failure { _ = try await NoteBackup(reading: folder["absent"]) }?.code == .notFound)
        #expect(await failure { _ = try await NoteBackup(reading: folder.path) }?.code == .corrupt)
        #expect(await failure { _ = try await NoteBackup(reading: "/dev/null") }?.code == .invalidArgument)
    }
}
