import Testing

@testable import Stowage

@Suite("JSON syntax (RFC 8259)")
struct JSONSyntaxTests {
    @Test("Documents that are valid, with their canonical text")
    func accepted() throws {
        let cases: [(String, String)] = [
            ("[]", "[]"), ("{}", "{}"), (" [ ] ", "[]"), ("\t{\r\n}", "{}"), ("null", "null"), ("true", "true"),
            ("false", "false"), ("\"\"", "\"\""), ("0", "0"), ("-0", "-0"), ("-0.0", "-0.0"), ("0e1", "0e1"),
            ("0e+1", "0e+1"), ("0E-0", "0E-0"), ("1E22", "1E22"), ("1e-2", "1e-2"), ("123.456e78", "123.456e78"),
            ("-123", "-123"), ("20e1", "20e1"), ("1000000000000000000000000000001", "1000000000000000000000000000001"),
            ("-1e+9999", "-1e+9999"),
            (
                "0.4e00669999999999999999999999999999999999999999999999",
                "0.4e00669999999999999999999999999999999999999999999999"
            ),
            ("[1,null,true,\"a\"]", "[1,null,true,\"a\"]"), ("[[[]]]", "[[[]]]"), ("[{}]", "[{}]"),
            (#"{"a":1,"b":{"a":2}}"#, #"{"a":1,"b":{"a":2}}"#), (#"{"":0}"#, #"{"":0}"#),
            (#"{"a" : [ 1 , 2 ] , "b" : null }"#, #"{"a":[1,2],"b":null}"#),
            (#""\"\\\/\b\f\n\r\t""#, #""\"\\/\b\f\n\r\t""#), (#""\u0041\u00e9\u20AC""#, "\"A\u{e9}\u{20ac}\""),
            (#""\uD801\udc37""#, "\"\u{10437}\""), (#""\u0001\u001f""#, #""\u0001\u001f""#),
            (#""\u0000""#, #""\u0000""#),
            (#""\u007f\u2028""#, "\"\u{7f}\u{2028}\""), ("\"\u{7f}\"", "\"\u{7f}\""),
            ("\"\u{2028}\u{2029}\"", "\"\u{2028}\u{2029}\""),
            ("\"\u{10ffff}\u{e000}\u{d7ff}\u{800}\u{80}\"", "\"\u{10ffff}\u{e000}\u{d7ff}\u{800}\u{80}\""),
            (#""\u000a""#, #""\n""#), ("\"e\u{301}\"", "\"e\u{301}\""),
            ("{\"\u{e9}\":1,\"e\u{301}\":2}", "{\"\u{e9}\":1,\"e\u{301}\":2}"),
            (#""\\u0000""#, #""\\u0000""#), ("\"/\"", "\"/\""), ("\"\u{feff}\"", "\"\u{feff}\""),
        ]
        for (text, canonical) in cases {
            let tree = try JSON(parsing: text)
            #expect(tree.compact.elementsEqual(canonical.utf8), "\(text)")
            try text.utf8.withScanner { scanner throws(JSONSyntaxError) in
                try scanner.begin()
                try scanner.skipValue()
                try scanner.finish()
            }
        }
    }

    @Test("Documents that are refused, with the byte and the reason")
    func refused() {
        let cases: [(String, Int, JSONSyntaxError.Reason)] = [
            ("", 0, .empty), (" \n", 2, .empty), ("\u{feff}{}", 0, .byteOrderMark), ("\u{feff}", 0, .byteOrderMark),
            ("[", 1, .truncated), ("{", 1, .truncated), ("[1", 2, .truncated), ("[1,", 3, .truncated),
            ("\"", 1, .truncated),
            ("\"abc", 4, .truncated), (#""\"#, 2, .truncated), (#""\u00"#, 5, .truncated), ("{\"a\"", 4, .truncated),
            ("{\"a\":", 5, .truncated), ("{\"a\":1", 6, .truncated), ("{\"a\":1,", 7, .truncated),
            ("tru", 3, .truncated), ("-", 1, .number),
            ("[1,]", 3, .noValue), ("[,1]", 1, .noValue), ("[1,,2]", 3, .noValue), ("[1 2]", 3, .noElementEnd),
            ("[1}", 2, .noElementEnd),
            ("[1:2]", 2, .noElementEnd), ("]", 0, .noValue), ("}", 0, .noValue), (",", 0, .noValue),
            ("'a'", 0, .noValue), ("abc", 0, .noValue),
            ("{\"a\":1,}", 7, .noKey), ("{,}", 1, .noKey), ("{a:1}", 1, .noKey), ("{1:1}", 1, .noKey),
            ("{null:1}", 1, .noKey),
            ("{'a':1}", 1, .noKey), ("{\"a\" 1}", 5, .noColon), ("{\"a\",1}", 4, .noColon), ("{\"a\"}", 4, .noColon),
            ("{\"a\"::1}", 5, .noValue),
            ("{\"a\":1 \"b\":2}", 7, .noMemberEnd), ("{\"a\":1]", 6, .noMemberEnd), ("{\"a\":}", 5, .noValue),
            ("{\"a\":1,,\"b\":2}", 7, .noKey), ("[] []", 3, .trailing), ("1 2", 2, .trailing), ("{}}", 2, .trailing),
            ("[]x", 2, .trailing),
            ("\"a\"b", 3, .trailing), ("1,", 1, .trailing), ("[] // c", 3, .trailing), ("/**/1", 0, .noValue),
            ("# 1", 0, .noValue),
            ("True", 0, .noValue), ("truth", 0, .literal), ("nul0", 0, .literal), ("nulll", 4, .trailing),
            ("NaN", 0, .noValue),
            ("Infinity", 0, .noValue), ("-Infinity", 1, .number), ("undefined", 0, .noValue), ("falsy", 0, .literal),
            ("01", 1, .number), ("-01", 2, .number), ("00", 1, .number), ("1.", 2, .number), (".1", 0, .noValue),
            ("-.1", 1, .number), ("1.e1", 2, .number),
            ("1e", 2, .number), ("1e+", 3, .number), ("1E-x", 3, .number), ("+1", 0, .noValue), ("--1", 1, .number),
            ("1.2.3", 3, .trailing),
            ("0x1F", 1, .trailing), ("1_000", 1, .trailing), ("1e1.5", 3, .trailing), ("１", 0, .noValue),
            ("- 1", 1, .number),
            ("\"a\nb\"", 2, .controlCharacter), ("\"\t\"", 1, .controlCharacter), ("\"\u{1f}\"", 1, .controlCharacter),
            ("\"\u{0}\"", 1, .controlCharacter),
            (#""\a""#, 1, .escape), (#""\x41""#, 1, .escape), (#""\U0041""#, 1, .escape), (#""\'""#, 1, .escape),
            (#""\u00g0""#, 1, .escape),
            (#""\u 123""#, 1, .escape), (#""\u+123""#, 1, .escape), ("\"\\\u{e9}\"", 1, .escape),
            ("\"\\\n\"", 1, .escape),
            (#""\ud800""#, 1, .surrogate), (#""\udc00""#, 1, .surrogate), (#""\ud800\u0041""#, 1, .surrogate),
            (#""\ud800\ud800""#, 1, .surrogate),
            (#""\ud800x""#, 1, .surrogate), (#""\ud800\n""#, 1, .surrogate), (#""\udc00\ud800""#, 1, .surrogate),
            (#""ab\uDFFF""#, 3, .surrogate),
            ("\u{c}1", 0, .noValue), ("\u{a0}1", 0, .noValue), ("\u{2060}1", 0, .noValue), ("\u{0}", 0, .noValue),
            ("[1]\u{0}", 3, .trailing),
        ]
        for (text, offset, reason) in cases { expectRefusal(Array(text.utf8), offset, reason) }
    }

    @Test("Bytes that are not UTF-8 are refused")
    func unicode() {
        let cases: [[UInt8]] = [
            [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xc2, 0x20], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
            [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xe2, 0x82], [0xe2, 0x28, 0xa1], [0xf0, 0x80, 0x80, 0x80],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xfe], [0xe9],
            [0xf0, 0x9f, 0x98], [0xf8, 0x88, 0x80, 0x80, 0x80],
        ]
        for bytes in cases {
            for padding in 0...9 {
                let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
                expectRefusal(text, padding + 1, .unicode)
                expectRefusal([0x7b] + text + Array(":1}".utf8), padding + 2, .unicode)
            }
        }
        expectRefusal([0xff, 0xfe, 0x5b, 0x00], 0, .noValue)
        expectRefusal([0x5b, 0xff, 0x5d], 1, .noValue)
    }

    @Test("A key that stands twice is refused at any level, compared decoded")
    func duplicates() {
        let cases = [
            (#"{"a":1,"a":1}"#, 7, "a"), (#"{"a":1,"\u0061":2}"#, 7, "a"), (#"{"\u0061":1,"a":2}"#, 12, "a"),
            (#"[{"x":{"b":1,"c":2,"b":3}}]"#, 19, "b"), (#"{"":1,"":2}"#, 6, ""), (#"{"a":{"a":1},"a":2}"#, 13, "a"),
            (#"{"\ud83d\ude00":1,"😀":2}"#, 18, "😀"),
        ]
        for (text, offset, key) in cases {
            #expect(expectRefusal(Array(text.utf8), offset, .duplicateKey)?.duplicateKey == key)
        }
        let many = (0..<500).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        #expect(throws: Never.self) { try JSON(parsing: "{\(many)}") }
        for key in ["key0", "key499", "key250", "k\\u0065y7"] {
            expectRefusal(Array("{\(many),\"\(key)\":1}".utf8), many.utf8.count + 2, .duplicateKey)
        }
    }

    @Test("512 levels are read, 513 are refused")
    func depth() {
        for (open, inner, close) in [("[", "", "]"), ("{\"a\":", "1", "}"), ("[{\"a\":", "1", "}]")] {
            let levels = open.first == "[" && open.count > 1 ? 256 : 512
            func nested(_ count: Int) -> [UInt8] {
                Array((String(repeating: open, count: count) + inner + String(repeating: close, count: count)).utf8)
            }
            #expect(throws: Never.self) { try JSON(parsing: nested(levels)) }
            expectRefusal(nested(levels + 1), open.utf8.count * levels, .depth)
        }
        let hostile = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        expectRefusal(hostile, 512, .depth)
    }

    @Test("Every truncation and every changed byte of a document is read or refused, never trapped on")
    func mutations() {
        let document = Array(#"{"a":[1,-2.5e3,true,null,"x\né😀\ud83d\ude00"],"b":{"c":"","d":[{}]}} "#.utf8)
        for end in 0..<document.count - 1 {
            #expect(throws: JSONSyntaxError.self) { try JSON(parsing: document.prefix(end)) }
        }
        for index in document.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = document
                changed[index] = byte
                guard let tree = try? JSON(parsing: changed) else { continue }
                guard (try? JSON(parsing: tree.compact)) == tree else {
                    Issue.record("byte \(byte) at \(index) does not round-trip")
                    return
                }
            }
        }
    }

    @Test("U+0000 is reported, and the line of a byte is found")
    func reports() throws {
        for (text, contains) in [(#"{"a":"\u0000"}"#, true), (#"{"\u0000":1}"#, true), (#"["\\u0000"]"#, false)] {
            let found = try text.utf8.withScanner { scanner throws(JSONSyntaxError) in
                try scanner.begin()
                try scanner.skipValue()
                return scanner.containsNUL
            }
            #expect(found == contains)
        }
        let document = Array("{\n\n  x}".utf8)
        #expect(JSONSyntaxError.line(ofByte: 5, in: document) == 3)
        let error = expectRefusal(document, 5, .noKey)?.storageError(path: "a.json", document: document)
        #expect(error?.place == StorageError.Place(path: "a.json", byteOffset: 5, line: 3))
        #expect(error?.code == .corrupt)
        #expect(expectRefusal(document, 5, .noKey)?.storageError(path: "a.json").place?.line == nil)
    }

    @discardableResult
    private func expectRefusal(
        _ document: [UInt8],
        _ offset: Int,
        _ reason: JSONSyntaxError.Reason,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> JSONSyntaxError? {
        let text = String(decoding: document.prefix(80), as: UTF8.self)
        let error = #expect(throws: JSONSyntaxError.self, "\(text)", sourceLocation: sourceLocation) {
            try JSON(parsing: document)
        }
        #expect(error?.byteOffset == offset, "\(text)", sourceLocation: sourceLocation)
        #expect(error?.code == reason, "\(text)", sourceLocation: sourceLocation)
        let skipped = #expect(throws: JSONSyntaxError.self, "\(text)", sourceLocation: sourceLocation) {
            try document.withScanner { scanner throws(JSONSyntaxError) in
                try scanner.begin()
                try scanner.skipValue()
                try scanner.finish()
            }
        }
        #expect(skipped == error, "\(text)", sourceLocation: sourceLocation)
        return error
    }
}

extension Sequence<UInt8> {
    func withScanner<Result>(
        _ body: (inout JSONScanner) throws(JSONSyntaxError) -> Result
    ) throws(JSONSyntaxError) -> Result {
        try Array(self).withUnsafeBufferPointer { bytes throws(JSONSyntaxError) in
            var scanner = JSONScanner(bytes)
            return try body(&scanner)
        }
    }
}
