import Foundation
import Testing

@testable import Stowage

@Suite("Nested values to and from JSON (VAL-6)")
struct JSONValueCoderTests {
    struct Everything: Codable, Equatable {
        enum Kind: String, Codable { case open, closed }
        enum Choice: Codable, Equatable { case none, some(number: Int, text: String?) }
        struct Inner: Codable, Equatable { var flag = true }

        var text = "a\"é"
        var int = Int.min
        var int8 = Int8.min
        var uint64 = UInt64.max
        var double = -0.0
        var float: Float = 0.1
        var flag = false
        var date = Date(timeIntervalSince1970: 1.5)
        var time = Timestamp.max
        var uuid = UUID(uuid: (0xab, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff))
        var data = Data([0, 255, 254])
        var decimal = Decimal(string: "12345678901234567890.123456789") ?? 0
        var url = URL(string: "https://example.org/a?b=%20")
        var absent: String?
        var kind = Kind.closed
        var choice = Choice.some(number: 3, text: nil)
        var inner = Inner()
        var list: [Inner?] = [Inner(), nil]
        var map = ["b": 1, "a": 2, "c": 3]
        var numbered = [10: "x", 9: "y"]
        var pairs = [Inner(flag: true): 1, Inner(flag: false): 2]
        var set: Set<String> = ["z", "y", "x"]
    }

    @Test("Every type has one text and comes back from it")
    func everything() throws {
        let value = Everything()
        let wanted = #"""
            {"text":"a\"é","int":-9223372036854775808,"int8":-128,"uint64":18446744073709551615,"double":-0.0,"float":0.1,
            "flag":false,"date":"1970-01-01T00:00:01.500000Z","time":"9999-12-31T23:59:59.999999Z",
            "uuid":"ab010203-0405-0607-0809-0a0b0c0d0eff","data":"AP/+","decimal":12345678901234567890.123456789,
            "url":"https://example.org/a?b=%20","kind":"closed","choice":{"some":{"number":3}},"inner":{"flag":true},
            "list":[{"flag":true},null],"map":{"a":2,"b":1,"c":3},"numbered":{"10":"x","9":"y"},
            "pairs":[{"flag":false},2,{"flag":true},1],"set":["x","y","z"]}
            """#.replacingOccurrences(of: "\n", with: "")
        for _ in 0..<20 {
            let text = try JSONValueEncoder().encode(Everything())
            #expect(String(decoding: text, as: UTF8.self) == wanted)
        }
        let decoded = try JSONValueDecoder().decode(Everything.self, from: wanted.utf8)
        #expect(decoded == value)
        #expect(decoded.double.sign == .minus)
    }

    @Test("Bare values")
    func fragments() throws {
        func text(_ value: some Encodable) throws -> String {
            String(decoding: try JSONValueEncoder().encode(value), as: UTF8.self)
        }
        #expect(try text(1) == "1")
        #expect(try text("a") == "\"a\"")
        #expect(try text(1.0) == "1.0")
        #expect(try text(Int?.none) == "null")
        #expect(try text([Int]()) == "[]")
        #expect(try text([String: Int]()) == "{}")
        #expect(try JSONValueDecoder().decode(Int.self, from: "1e2".utf8) == 100)
        #expect(try JSONValueDecoder().decode(Int?.self, from: "null".utf8) == nil)
        #expect(try JSONValueDecoder().decode([[Int?]].self, from: "[[1,null],[]]".utf8) == [[1, nil], []])
    }

    @Test("Values that cannot be stored are refused with their place, never shown")
    func refusedEncodes() {
        struct Holder<Value: Encodable>: Encodable { var outer: [String: [Value]] }
        func refuse(_ value: some Encodable, sourceLocation: SourceLocation = #_sourceLocation) {
            let error = #expect(throws: StorageError.self, sourceLocation: sourceLocation) {
                try JSONValueEncoder().encode(Holder(outer: ["s3cret": [value]]))
            }
            #expect(error?.code == .invalidValue, sourceLocation: sourceLocation)
            #expect(error?.message.contains("outer.*[0]") == true, sourceLocation: sourceLocation)
            #expect(error?.description.contains("s3cret") == false, sourceLocation: sourceLocation)
        }
        refuse(Double.nan)
        refuse(Float.infinity)
        refuse(-Double.infinity)
        refuse("s3cret\u{0}")
        refuse(["\u{0}": 1])
        refuse(Decimal.nan)
        refuse(Decimal.greatestFiniteMagnitude)
        refuse(Date(timeIntervalSince1970: .nan))
        refuse(Date(timeIntervalSince1970: 1e12))
        struct Refusing: Encodable {
            func encode(to encoder: any Encoder) throws {
                let context = EncodingError.Context(codingPath: encoder.codingPath, debugDescription: "s3cret")
                throw EncodingError.invalidValue("s3cret", context)
            }
        }
        refuse(Refusing())
        struct Mixed: Encodable {
            func encode(to encoder: any Encoder) throws {
                var array = encoder.unkeyedContainer()
                try array.encode(1)
                var single = encoder.singleValueContainer()
                try single.encode(2)
            }
        }
        #expect(throws: StorageError.self) { try JSONValueEncoder().encode(Mixed()) }
    }

    @Test("Values of the wrong kind are refused with their place, never shown")
    func refusedDecodes() {
        struct Holder<Value: Decodable>: Decodable { var outer: [Value] }
        func refuse<Value: Decodable>(
            _ type: Value.Type,
            _ text: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let error = #expect(throws: StorageError.self, "\(text)", sourceLocation: sourceLocation) {
                try JSONValueDecoder().decode(Holder<Value>.self, from: "{\"outer\":[\(text)]}".utf8)
            }
            #expect(error?.code == .corrupt, sourceLocation: sourceLocation)
            #expect(error?.message.contains("outer[0]") == true, sourceLocation: sourceLocation)
            for quoted in ["s3cret", "31337"] {
                #expect(error?.description.contains(quoted) == false, sourceLocation: sourceLocation)
            }
        }
        refuse(Int.self, "\"31337\"")
        refuse(Int.self, "31337.5")
        refuse(Int8.self, "31337")
        refuse(UInt.self, "-31337")
        refuse(Int.self, "9223372036854775808")
        refuse(Int.self, "true")
        refuse(Int.self, "null")
        refuse(Bool.self, "1")
        refuse(Bool.self, "\"true\"")
        refuse(String.self, "31337")
        refuse(String.self, #""s3cret\u0000""#)
        refuse(Double.self, "1e31337")
        refuse(Float.self, "1e39")
        refuse(Decimal.self, "1e31337")
        refuse(Date.self, "\"s3cret\"")
        refuse(Date.self, "31337")
        refuse(Timestamp.self, "\"2024-04-29T15:23:00\"")
        refuse(UUID.self, "\"s3cret\"")
        refuse(Data.self, "\"s3cret!\"")
        refuse([Int].self, "{}")
        refuse([String: Int].self, "[]")
        refuse([String: Int].self, #"{"s3cret":"x"}"#)
        refuse(Everything.Kind.self, "\"s3cret\"")
        refuse(Everything.Inner.self, #"{"flug":true}"#)
        refuse(Everything.Inner.self, "null")
        #expect(throws: StorageError.self) { try JSONValueDecoder().decode(Int.self, from: "1 2".utf8) }
    }

    @Test("Classes, nested containers and keys encoded twice")
    func containers() throws {
        let child = Child(name: "n", age: 3)
        let text = try JSONValueEncoder().encode(child)
        #expect(
            String(decoding: text, as: UTF8.self)
                == #"{"age":3,"deep":{"list":[1,[2],{"super":4}]},"super":{"name":"n"}}"#
        )
        let decoded = try JSONValueDecoder().decode(Child.self, from: text)
        #expect(decoded.name == "n" && decoded.age == 3)
    }

    @Test("Values are written only as deep as they can be read again")
    func depth() throws {
        final class Node: Codable {
            var next: Node?
            init(next: Node?) { self.next = next }
        }
        func chain(_ count: Int) -> Node {
            (1..<count).reduce(Node(next: nil)) { node, _ in Node(next: node) }
        }
        let text = try JSONValueEncoder().encode(chain(500))
        #expect(throws: Never.self) { try JSONValueDecoder().decode(Node.self, from: text) }
        #expect(throws: StorageError.self) { try JSONValueEncoder().encode(chain(501)) }
        let cycle = Node(next: nil)
        cycle.next = cycle
        #expect(throws: StorageError.self) { try JSONValueEncoder().encode(cycle) }
        cycle.next = nil
    }

    @Test("Large dictionaries keep every key")
    func large() throws {
        let map = Dictionary(uniqueKeysWithValues: (0..<5_000).map { ("key\($0)", $0) })
        let text = try JSONValueEncoder().encode(map)
        #expect(try JSONValueDecoder().decode([String: Int].self, from: text) == map)
    }
}

extension JSONValueCoderTests.Everything.Inner: Hashable {}

private class Parent: Codable {
    var name: String
    init(name: String) { self.name = name }
}

private final class Child: Parent {
    enum Key: String, CodingKey { case age, deep, list }
    var age: Int

    init(name: String, age: Int) {
        self.age = age
        super.init(name: name)
    }

    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        age = try container.decode(Int.self, forKey: .age)
        let deep = try container.nestedContainer(keyedBy: Key.self, forKey: .deep)
        var list = try deep.nestedUnkeyedContainer(forKey: .list)
        _ = try list.decode(Int.self)
        var inner = try list.nestedUnkeyedContainer()
        _ = try inner.decode(Int.self)
        try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(0, forKey: .age)
        var deep = container.nestedContainer(keyedBy: Key.self, forKey: .deep)
        var list = deep.nestedUnkeyedContainer(forKey: .list)
        try list.encode(1)
        var inner = list.nestedUnkeyedContainer()
        // Containers stay open while others are written to.
        try super.encode(to: container.superEncoder())
        try inner.encode(2)
        var object = list.nestedContainer(keyedBy: Key.self)
        var last = object.superEncoder().singleValueContainer()
        try last.encode(4)
        try container.encode(age, forKey: .age)
    }
}
