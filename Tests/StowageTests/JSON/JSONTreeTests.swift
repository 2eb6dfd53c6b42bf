import Foundation
import Testing

@testable import Stowage

@Suite("JSON numbers, trees and their text")
struct JSONTreeTests {
    @Test("Numbers become integers exactly or not at all (VAL-3)")
    func integers() {
        let cases: [(String, Int64?)] = [
            ("0", 0), ("-0", 0), ("0.0", 0), ("0e99999999999999999999", 0), ("1", 1), ("-1", -1), ("1.0", 1),
            ("1e3", 1_000), ("1.5e1", 15), ("10e-1", 1), ("1.50e1", 15),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil),
            ("-9223372036854775809", nil),
            ("9223372036854775807.0", .max), ("922337203685477580.7e1", .max), ("92233720368547758070e-1", .max),
            ("9.223372036854775808e18", nil),
            ("-9.223372036854775808e18", .min), ("1e18", 1_000_000_000_000_000_000), ("1e19", nil), ("1e400", nil),
            ("1e99999999999999999999", nil),
            ("0.5", nil), ("1e-1", nil), ("1.0000000000000000000000001", nil), ("1e-99999999999999999999", nil),
            ("18446744073709551616", nil),
            ("0.000000000000000000001e21", 1), ("100000000000000000000000e-23", 1), ("-120.00e-1", -12),
            ("36893488147419103233", nil),
        ]
        for (text, value) in cases { #expect(JSONNumber(text)?.int64 == value, "\(text)") }
        #expect(JSONNumber("18446744073709551615")?.integer(as: UInt64.self) == .max)
        #expect(JSONNumber("1844674407370955161.5e1")?.integer(as: UInt64.self) == .max)
        #expect(JSONNumber("18446744073709551616")?.integer(as: UInt64.self) == nil)
        #expect(JSONNumber("-1")?.integer(as: UInt64.self) == nil)
        #expect(JSONNumber("-0")?.integer(as: UInt8.self) == 0)
        #expect(JSONNumber("256")?.integer(as: UInt8.self) == nil)
        #expect(JSONNumber("-128")?.integer(as: Int8.self) == -128)
        #expect(JSONNumber("-129")?.integer(as: Int8.self) == nil)
        for text in ["", "01", "1.", "+1", "1 ", " 1", "NaN", "0x1", "1e", "-"] { #expect(JSONNumber(text) == nil) }
    }

    @Test("Numbers become the nearest double, bit for bit (VAL-4)")
    func doubles() {
        let cases: [(String, Double?)] = [
            ("0", 0), ("-0", -0.0), ("-0.0", -0.0), ("-0e5", -0.0), ("0.1", 0.1), ("1e22", 1e22), ("1e23", 1e23),
            ("-1.5", -1.5), ("5e-324", .leastNonzeroMagnitude),
            ("2.4703282292062327e-324", 0), ("2.4703282292062328e-324", .leastNonzeroMagnitude),
            ("1.7976931348623157e308", .greatestFiniteMagnitude), ("1.7976931348623159e308", nil),
            ("1e400", nil), ("-1e400", nil), ("1e-400", 0), ("9007199254740993", 9_007_199_254_740_992),
            ("9007199254740993.00001", 9_007_199_254_740_994),
            ("0.3e-22", 0.3e-22), ("8.10109172351e-10", 8.10109172351e-10),
            ("123456789012345678901234567890", 123456789012345677877719597056),
            ("9223372036854775807", 0x1p63), ("2.2250738585072011e-308", Double.leastNormalMagnitude.nextDown),
        ]
        for (text, value) in cases { #expect(JSONNumber(text)?.double?.bitPattern == value?.bitPattern, "\(text)") }
        let seed = UInt64.random(in: .min ... .max)
        var generator = ValuesGenerator(seed: seed)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: .random(in: .min ... .max, using: &generator))
            guard value.isFinite else { continue }
            #expect(JSONNumber(value.description)?.double?.bitPattern == value.bitPattern, "seed \(seed)")
            let short = Double(Int.random(in: -99_999_999...99_999_999, using: &generator)) / 1_000
            #expect(JSONNumber(short.description)?.double?.bitPattern == short.bitPattern, "seed \(seed)")
        }
    }

    @Test("Numbers become decimals exactly or not at all")
    func decimals() {
        let cases: [(String, String?)] = [
            ("0", "0"), ("-0.0", "0"), ("1.10", "1.1"), ("-12.5e3", "-12500"), ("0.1", "0.1"), ("19.99", "19.99"),
            ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
            ("-99999999999999999999999999999999999999", "-99999999999999999999999999999999999999"),
            ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"),
            ("123456789012345678901234567890123456789", nil),
            ("1e-128", "0." + String(repeating: "0", count: 127) + "1"), ("1e-129", nil),
            ("1e127", "1" + String(repeating: "0", count: 127)), ("1e128", nil),
            ("-10e126", "-1" + String(repeating: "0", count: 127)), ("1e9999999999999999999", nil),
            ("18446744073709551616", "18446744073709551616"), ("10000000000000000000", "10000000000000000000"),
            ("340282366920938463463374607431768211455", nil),
        ]
        for (text, wanted) in cases { #expect(JSONNumber(text)?.decimal?.description == wanted, "\(text)") }
    }

    @Test("Pretty text")
    func pretty() throws {
        let tree = try JSON(parsing: #"{"a":[1,{"b":null}],"c":[],"d":{},"e":"x"}"#)
        let wanted = """
            {
              "a": [
                1,
                {
                  "b": null
                }
              ],
              "c": [],
              "d": {},
              "e": "x"
            }
            """
        #expect(String(decoding: tree.pretty, as: UTF8.self) == wanted)
        #expect(try JSON(parsing: tree.pretty) == tree)
        #expect(String(decoding: JSON.array([]).pretty, as: UTF8.self) == "[]")
    }

    @Test("Values appended without a tree")
    func direct() throws {
        func text(_ append: (inout [UInt8]) throws -> Void) rethrows -> String {
            var bytes: [UInt8] = []
            try append(&bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
        for value in [Int64.min, -1, 0, 7, 10, 999, .max] {
            #expect(text { JSONWriter.append(value, to: &$0) } == String(value))
        }
        for (value, wanted) in [(1.0, "1.0"), (-0.0, "-0.0"), (0x1p-1074, "5e-324"), (1e16, "1e+16"), (0.1, "0.1")] {
            #expect(try text { try JSONWriter.append(value, to: &$0) } == wanted)
        }
        for value in [Double.nan, .infinity, -.infinity] {
            #expect(throws: StorageError.self) { try text { try JSONWriter.append(value, to: &$0) } }
        }
        #expect(text { JSONWriter.append(Timestamp.min, to: &$0) } == "\"0001-01-01T00:00:00.000000Z\"")
        #expect(text { JSONWriter.append(true, to: &$0) } == "true")
        #expect(text { JSONWriter.append("é\u{7f}/\u{0}\u{1f}\u{8}😀\\", to: &$0) } == #""é\#u{7f}/\u0000\u001f\b😀\\""#)
    }

    @Test("Generated trees round-trip, compact and pretty")
    func generated() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = ValuesGenerator(seed: seed)
        for _ in 0..<400 {
            let tree = generator.tree(depth: 4)
            #expect(try JSON(parsing: tree.compact) == tree, "seed \(seed)")
            #expect(try JSON(parsing: tree.pretty) == tree, "seed \(seed)")
            // What we write, the platform's own parser reads.
            let data = Data(tree.compact)
            #expect(throws: Never.self, "seed \(seed)") {
                try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            }
        }
    }

    @Test("Text is compared by bytes (VAL-1)")
    func bytes() throws {
        let (composed, decomposed) = ("\u{e9}", "e\u{301}")
        #expect(composed == decomposed)
        #expect(JSON.string(composed) != JSON.string(decomposed))
        var object = JSONObject()
        object[composed] = .bool(true)
        object[decomposed] = .bool(false)
        #expect(object.members.count == 2)
        #expect(object[decomposed] == .bool(false))
        object[composed] = nil
        #expect(object.members.count == 1)
        #expect(Set([JSON.string(composed), .string(decomposed)]).count == 2)
    }
}

extension ValuesGenerator {
    mutating func tree(depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &self) {
        case 0: return .null
        case 1: return .bool(.random(using: &self))
        case 2: return .number(JSONNumber(Int64.random(in: .min ... .max, using: &self)))
        case 3:
            let value = Double.random(in: -1e9...1e9, using: &self)
            return JSONNumber(value.description).map { .number($0) } ?? .null
        case 4: return .string(text())
        case 5:
            return .array((0..<Int.random(in: 0...5, using: &self)).map { _ in tree(depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...5, using: &self) { object[text()] = tree(depth: depth - 1) }
            return .object(object)
        }
    }
}
