import Stowage
import Testing

@testable import StowageJSON

@Suite struct JournalTextTests {
    @Test(
        arguments: [
            ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
            ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
        ] as [(String, UInt64)]
    )
    func theHashIsThatOfItsSpecification(_ text: String, _ expected: UInt64) {
        #expect(XXHash64.hash(Array(text.utf8)) == expected)
        #expect(XXHash64.hash([]).hexadecimal.utf8.count == 16)
        #expect((0xAB as UInt64).hexadecimal == "00000000000000ab")
    }

    @Test func theHashOfPiecesIsThatOfTheWhole() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let whole = XXHash64.hash(bytes)
        for size in [1, 3, 8, 31, 32, 33, 100, 299] {
            var hash = XXHash64()
            for start in stride(from: 0, to: bytes.count, by: size) {
                hash.add(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(hash.finish() == whole, "pieces of \(size)")
        }
    }

    private static let changes =
        #"{"frame":2,"keys":{"items":{"id":"text"}},"changes":[{"in":"items","put":{"id":"ä","n":[1, 2]}},"#
        + #"{"in":"items","remove":{"id":"b"}},{"member":"baseDir","put":"/x"},{"member":"old","remove":true}]}"# + "\n"
    private static let journal =
        JournalText.frame(JournalText.base(1, bytes: 20, hash: String(repeating: "0", count: 16)))
        + JournalText.frame(Array(changes.utf8))
    private static let third = JournalText.frame(Array(#"{"frame":3,"keys":{},"changes":[]}"#.utf8) + [10])

    @Test func framesAreRead() throws {
        let text = try JournalText(Self.journal, path: "j")
        #expect(text.frames.map(\.number) == [1, 2] && text.end == Self.journal.count)
        guard case .base(20, "0000000000000000") = text.frames[0].kind, case .changes(let changes) = text.frames[1].kind
        else {
            Issue.record("\(text.frames)")
            return
        }
        #expect(changes.keys.map(\.name) == ["items"] && changes.keys[0].fields.map(\.type) == [.text])
        let shown = changes.list.map { change in
            switch change {
            case .record(let name, let range): "\(name) \(String(decoding: text.bytes[range], as: UTF8.self))"
            case .removed(let name, let key): "\(name) -\(String(decoding: text.bytes[key], as: UTF8.self))"
            case .member(let name, let range?): "\(name)=\(String(decoding: text.bytes[range], as: UTF8.self))"
            case .member(let name, nil): "-\(name)"
            }
        }
        #expect(shown == [#"items {"id":"ä","n":[1, 2]}"#, #"items -{"id":"b"}"#, #"baseDir="/x""#, "-old"])
    }

    @Test func aTailThatIsNotWholeIsLeftOut() throws {
        let end = Self.journal.count
        for length in 0..<Self.third.count {
            let text = try JournalText(Self.journal + Self.third.prefix(length), path: "j")
            #expect(text.end == end && text.frames.count == 2, "\(length) bytes of the last frame")
        }
        // Blocks that the disk has not written read as zeros.
        for start in 0..<Self.third.count {
            var tail = Self.third
            for place in start..<tail.count { tail[place] = 0 }
            #expect(try JournalText(Self.journal + tail, path: "j").end == end, "zeros from \(start)")
            tail = Self.third
            for place in 0...start { tail[place] = 0 }
            #expect(try JournalText(Self.journal + tail, path: "j").end == end, "zeros to \(start)")
        }
        for length in 0..<Self.journal.count where length < 60 {
            #expect(try JournalText(Array(Self.journal.prefix(length)), path: "j").frames.isEmpty)
        }
    }

    @Test func otherDamageIsRefusedWithItsPlace() throws {
        let whole = Self.journal + Self.third
        for place in whole.indices {
            for change in [UInt8(1), 0x80] {
                var bytes = whole
                bytes[place] ^= change
                let error = #expect(throws: StorageError.self, "byte \(place)") {
                    try JournalText(bytes, path: "j")
                }
                #expect(error?.code == .corrupt && error?.place?.path == "j" && error?.place?.byteOffset != nil)
            }
            // A block that was lost before frames that are whole.
            guard place < Self.journal.count else { continue }
            var bytes = whole
            bytes[place] = 0
            #expect(throws: StorageError.self, "zero at \(place)") { try JournalText(bytes, path: "j") }
        }
        #expect(throws: StorageError.self) { try JournalText(Array("hello\n".utf8), path: "j") }
    }

    @Test func aMissingFrameAndANewerFormAreRefused() throws {
        let first = JournalText.frame(JournalText.base(1, bytes: 20, hash: String(repeating: "0", count: 16)))
        var error = #expect(throws: StorageError.self) { try JournalText(first + Self.third, path: "j") }
        #expect(error?.code == .corrupt && error?.message.contains("missing") == true)
        let newer = JournalText.frame(Array(#"{"frame":1,"format":2,"base":{}}"#.utf8) + [10])
        error = #expect(throws: StorageError.self) { try JournalText(newer, path: "j") }
        #expect(error?.code == .schemaMismatch)
    }
}
