import Testing

@testable import Stowage

/// The check of a record that makes nothing of it, beside the reading that does.
@Suite struct RowIdentityTests {
    private static let collection = CollectionSchema(
        name: "things",
        fields: [
            FieldSchema(name: "id", type: .text, isOptional: false),
            FieldSchema(name: "at", type: .time, isOptional: false),
            FieldSchema(name: "isOpen", type: .bool, isOptional: true),
            FieldSchema(name: "size", type: .int, isOptional: true),
            FieldSchema(name: "share", type: .double, isOptional: true),
            FieldSchema(name: "more", type: .json, isOptional: true),
        ],
        key: [0],
        indexes: []
    )
    private static let time = #""at":"2024-01-02T03:04:05.000006Z""#

    /// What the quick look says, and what the reading says.
    private func compare(_ text: String) -> (identity: String?, key: String?, isAtEnd: Bool, rounds: Bool) {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            var quick = JSONScanner(bytes)
            var slow = JSONScanner(bytes)
            let range = RowJSON.identity(&quick, of: Self.collection)
            let row = try? RowJSON.row(&slow, of: Self.collection)
            let isAtEnd = range == nil ? quick.position == 0 : quick.position == slow.position
            return (
                range.map { String(decoding: bytes[$0], as: UTF8.self) },
                row.map { Self.collection.key(of: $0.values).description }, isAtEnd, quick.roundsTime
            )
        }
    }

    @Test(arguments: [
        #"{"id":"a",\#(time)}"#, #"{ "id" :"a" , \#(time) , "size":-3 ,"isOpen":true}"#,
        #"{"id":"ü–\#u{1F600}",\#(time),"share":1e3,"more":{"x":[1,{"y":null}]}}"#,
        #"{\#(time),"more":null,"isOpen":null,"id":""}"#, #"{"id":"a",\#(time)} ,{"id":"b"}"#,
    ]) func whatItTakesIsRead(text: String) {
        let result = compare(text)
        #expect(result.key != nil && result.isAtEnd && !result.rounds)
        // A blank before a colon wants the closer look.
        if !text.contains(" :") { #expect(result.identity == result.key) }
    }

    @Test(arguments: [
        "", "{", "[]", "{}", "null", #"{"id":"a"}"#, #"{"id":1,\#(time)}"#, #"{"id":null,\#(time)}"#,
        #"{"id":"a","at":"yesterday"}"#, #"{"id":"a",\#(time),"size":1.5}"#, #"{"id":"a",\#(time),"size":1 2}"#,
        #"{"id":"a",\#(time),"id":"b"}"#, #"{"id":"a",\#(time),"isOpen":null,"isOpen":null}"#,
        #"{"id":"a",\#(time),}"#, #"{"id":"a" \#(time)}"#, #"{"id":"a\u0000",\#(time)}"#, #"{"id":"a",\#(time)"#,
        #"{"id":"a",\#(time),"more":{"x":1,"x":2}}"#, #"{"id":"a",\#(time),"more":[1,}"#, "{\"id\":\"a\n\",\(time)}",
        #"{"id":"a",\#(time),"share":1e999}"#, #"{"id":"a",\#(time),"isOpen":tru}"#,
    ]) func whatCannotBeReadIsLeftToTheReading(text: String) {
        let result = compare(text)
        #expect(result.identity == nil && result.key == nil && result.isAtEnd)
    }

    @Test(arguments: [
        #"{"id":"\u0061",\#(time)}"#, #"{"\u0069d":"a",\#(time)}"#, #"{"id":"a",\#(time),"theirs":1}"#,
    ]) func whatIsSpeltOtherwiseIsLeftToTheReading(text: String) {
        let result = compare(text)
        #expect(result.identity == nil && result.key == "a" && result.isAtEnd)
    }

    @Test func aTimeThatReadingRoundsIsToldEitherWay() {
        #expect(compare(#"{"id":"a","at":"2024-01-02T03:04:05.0000061Z"}"#).rounds)
        #expect(!compare(#"{"id":"a","at":"2024-01-02T03:04:05.0000061Z","theirs":1}"#).rounds, "left to the reading")
    }

    /// Text of every length, with a character that must be escaped at every place, beside the writer of one byte a time.
    @Test func quotedTextIsTheSameAtEveryLength() {
        for length in 0..<34 {
            for place in -1..<length {
                for odd in ["\"", "\\", "\n", "\u{1f}", "\u{7f}", "é", "\u{1F600}"] {
                    var characters = (0..<length).map { Character(Unicode.Scalar(UInt8(0x41 + $0))) }
                    if place >= 0 { characters[place] = Character(odd) }
                    let text = String(characters)
                    var bytes: [UInt8] = []
                    JSONWriter.append(text, to: &bytes)
                    let (isKept, written) = quoted(text)
                    #expect(isKept && written == bytes)
                }
            }
        }
        #expect(!quoted("a\0").isKept)
    }

    private func quoted(_ text: String) -> (isKept: Bool, bytes: [UInt8]) {
        var sink = ByteSink()
        let isKept = sink.append(quoted: text)
        return (isKept, sink.takeAll())
    }
}
