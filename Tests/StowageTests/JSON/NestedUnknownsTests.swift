import Foundation
import Testing

@testable import Stowage

@Suite("Unknown keys of nested values (REC-9)")
struct NestedUnknownsTests {
    struct Remote: Codable, Equatable {
        struct Check: Codable, Hashable {
            var name: String
            var at: Date?
        }
        var authMethod: String
        var depth: Int?
        var checks: [Check]?
        var labels: [String: Check]?
        var owners: Set<Check>?
    }

    @Test("The canonical text: known keys as the type writes them, then the others in order")
    func canonical() throws {
        let cases = [
            (#"{"authMethod":"ssh"}"#, #"{"authMethod":"ssh"}"#),
            (
                #" { "z" : 1.50e2 , "depth" : 1e1 , "authMethod" : "ssh", "a" : [ 1 , { "b" : null } ] } "#,
                #"{"authMethod":"ssh","depth":10,"z":1.50e2,"a":[1,{"b":null}]}"#
            ),
            (#"{"authMethod":"ssh","depth":null,"x":"\u00e9"}"#, #"{"authMethod":"ssh","x":"é"}"#),
            (
                #"{"checks":[{"u":1,"name":"a"},{"name":"b","at":"2024-01-01T01:00:00+01:00","v":-0}],"authMethod":""}"#,
                #"{"authMethod":"","checks":[{"name":"a","u":1},{"name":"b","at":"2024-01-01T00:00:00.000000Z","v":-0}]}"#
            ),
            (
                #"{"authMethod":"","labels":{"y":{"name":"a","u":1},"x":{"name":"b"}},"w":true}"#,
                #"{"authMethod":"","labels":{"x":{"name":"b"},"y":{"name":"a","u":1}},"w":true}"#
            ),
            (
                #"{"authMethod":"","owners":[{"name":"b","u":1},{"u":2,"name":"a"},{"name":"c"}]}"#,
                #"{"authMethod":"","owners":[{"name":"a","u":2},{"name":"b","u":1},{"name":"c"}]}"#
            ),
        ]
        for (text, wanted) in cases {
            let canonical = try NestedUnknowns.canonical(of: Remote.self, text.utf8)
            #expect(String(decoding: canonical, as: UTF8.self) == wanted)
            #expect(try NestedUnknowns.canonical(of: Remote.self, canonical) == canonical)
        }
        #expect(
            String(decoding: try NestedUnknowns.canonical(of: [Int].self, " [1.0, 2] ".utf8), as: UTF8.self) == "[1,2]"
        )
        #expect(throws: StorageError.self) { try NestedUnknowns.canonical(of: Remote.self, "{}".utf8) }
    }

    @Test("Keys that were asked for are known, also when they are not written again")
    func asked() throws {
        struct Renamed: Codable {
            enum Key: String, CodingKey { case old, new, probe }
            var value: Int
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                _ = container.contains(.probe)
                value =
                    try container.decodeIfPresent(Int.self, forKey: .new) ?? container.decode(Int.self, forKey: .old)
            }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(value, forKey: .new)
            }
        }
        let text = #"{"keep":0,"probe":1,"old":2}"#
        let canonical = try NestedUnknowns.canonical(of: Renamed.self, text.utf8)
        #expect(String(decoding: canonical, as: UTF8.self) == #"{"new":2,"keep":0}"#)
    }

    @Test("A value that was not replaced keeps its text, a replaced one does not")
    func merge() throws {
        let old = Array(#"{ "u": 1.0, "depth": 1.0, "authMethod": "ssh" }"#.utf8)
        let same = try JSONValueEncoder().encode(Remote(authMethod: "ssh", depth: 1))
        let other = try JSONValueEncoder().encode(Remote(authMethod: "ssh", depth: 2))
        #expect(try NestedUnknowns.merge(old: old, new: same, as: Remote.self) == old)
        #expect(try NestedUnknowns.merge(old: old, new: other, as: Remote.self) == other)
        #expect(try NestedUnknowns.merge(old: Array("null".utf8), new: other, as: Remote.self) == other)
    }
}
