import FoundationEssentials
import Testing

@testable import Stowage
@testable import StowageSQL

struct ValueTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (-62_135_596_800_000_000, "0001-01-01T00:00:00.000000Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (-12_219_292_800_000_000, "1582-10-15T00:00:00.000000Z"),
    ])
    func times(_ microseconds: Int64, _ text: String) {
        #expect(SQLTime.text(of: Timestamp(uncheckedMicroseconds: microseconds)) == text)
        #expect(Self.time(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2023-02-29T00:00:00.000000Z", "2023-01-01T24:00:00.000000Z", "2023-01-01T00:00:60.000000Z",
        "2023-01-01 00:00:00.000000Z", "2023-01-01T00:00:00.000000+", "0000-01-01T00:00:00.000000Z",
        "2023-1a-01T00:00:00.000000Z",
    ])
    func otherTexts(_ text: String) { #expect(Self.time(text) == nil) }

    private static func time(_ text: String) -> Timestamp? {
        var text = text
        return text.withUTF8 { SQLTime.time($0) }
    }

    @Test func decimalKeysAreInOrder() throws {
        let ordered = [
            "-100000000000000000000000000000000000000", "-100.5", "-100.49", "-100", "-99", "-1.01", "-1", "-0.1",
            "-0.01", "0", "0.001", "0.01", "0.0101", "0.1", "1", "1.01", "9", "10", "10.5", "99", "100",
            "12345678901234567890123456789012345678",
        ]
        let keys = ordered.map { SQLDecimal.key(of: $0.utf8)! }
        for (left, right) in zip(keys, keys.dropFirst()) { #expect(left.lexicographicallyPrecedes(right)) }
        #expect(SQLDecimal.key(of: "1.50".utf8) == SQLDecimal.key(of: "01.5".utf8))
        #expect(SQLDecimal.key(of: "-0.0".utf8) == SQLDecimal.key(of: "0".utf8))
        for text in ["", "-", ".", "1e5", "abc", "1.2.3", "--1"] { #expect(SQLDecimal.key(of: text.utf8) == nil) }
        #expect(SQLDecimal.text(of: Decimal(string: "1.500")!) == "1.5")
    }

    @Test func membersKeepTheirSpelling() {
        #expect(
            SQLJSON.overlay(#"{"b":2.50,"c":[1,{"x":","}]}"#, on: #"{"a":1e5, "b" : 1}"#)
                == #"{"a":1e5,"b":2.50,"c":[1,{"x":","}]}"#
        )
        #expect(SQLJSON.overlay("[]", on: "{}") == nil)
    }
}
