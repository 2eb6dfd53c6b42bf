import Foundation
import Testing

@testable import Stowage

@Suite struct StoredBytesTests {
    @Test func aRowRoundTripsWithWhatTheSchemaDoesNotKnow() throws {
        let collection = try Account.schema.collection
        let row = Row(
            values: [
                .text("a\"é"), .null, .int(.min), .text("low"), .json(#"{"street":"s","own":1.50}"#),
                try .time(Timestamp(microseconds: -1)),
            ],
            unknown: #"{"later":[1.0,"x"]}"#
        )
        let bytes = row.bytes(of: collection)
        let read = try bytes.withUnsafeBytes { try Row(bytes: $0, of: collection) }
        #expect(read.isIdentical(to: row))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix(#"{"name":"a\"é","balance":-9223372036854775808,"#))
        #expect(text.hasSuffix(#","later":[1.0,"x"]}"#), "unknown members follow, as they were written")
    }

    @Test func bytesThatAreNoRowAreCorruptWithoutTheirValues() throws {
        let collection = try Account.schema.collection
        for text in ["", "{", "[]", #"{"name":"a"}"#, #"{"name":"a","name":"b"}"#, #"{"name":"a","balance":"s3cret"}"#]
        {
            let error = #expect(throws: StorageError.self) {
                try Array(text.utf8).withUnsafeBytes { _ = try Row(bytes: $0, of: collection) }
            }
            #expect(error?.code == .corrupt, "\(text)")
            #expect(error.map { !"\($0)".contains("s3cret") } == true)
        }
    }

    @Test func equalKeysHaveEqualBytes() {
        #expect(Key(.double(-0.0)).bytes() == Key(.double(0.0)).bytes())
        #expect(Key(.decimal(Decimal(string: "1.50")!)).bytes() == Key(.decimal(Decimal(string: "1.5")!)).bytes())
        #expect(Key(.text("e\u{301}")).bytes() != Key(.text("é")).bytes(), "text is compared by its bytes")
    }

    @Test func bytesAreOrderedAsTheValuesAre() throws {
        let ascending: [[Value]] = [
            [.int(.min), .int(-1), .int(0), .int(1), .int(.max)],
            [
                .double(-.infinity), .double(-1.5), .double(-.leastNonzeroMagnitude), .double(0), .double(0.1),
                .double(1e300),
            ],
            [.text(""), .text("a"), .text("a!"), .text("ab"), .text("é"), .text("\u{1F600}")],
            [.data(Data()), .data(Data([0])), .data(Data([0, 0])), .data(Data([0, 1])), .data(Data([1]))],
            [.bool(false), .bool(true)],
            [try .time(Timestamp(microseconds: -5)), try .time(Timestamp(microseconds: 5))],
        ]
        for values in ascending {
            for (left, right) in zip(values, values.dropFirst()) {
                #expect(
                    Key(left).bytes().lexicographicallyPrecedes(Key(right).bytes()),
                    "the first comes before the second: \(left)"
                )
            }
        }
    }

    @Test func noValueRunsIntoTheNext() {
        #expect(Key([.text("a"), .text("bc")]).bytes() != Key([.text("ab"), .text("c")]).bytes())
        #expect(Key([.text("a"), .text("b")]).bytes().starts(with: Key([.text("a")]).bytes()))
        #expect(!Key([.text("ab")]).bytes().starts(with: Key([.text("a")]).bytes()))
    }

    @Test func longKeysAreCutAndStayApart() {
        let long = String(repeating: "x", count: 1000)
        let (one, other) = (Key(.text(long + "1")).bytes(atMost: 511), Key(.text(long + "2")).bytes(atMost: 511))
        #expect(one.count == 511 && other.count == 511 && one != other)
        #expect(one == Key(.text(long + "1")).bytes(atMost: 511))
        // A whole key never has the length of a cut one.
        for count in 505...512 {
            let bytes = Key(.text(String(repeating: "x", count: count))).bytes(atMost: 511)
            #expect(bytes.count == min(count + 2, 511))
        }
    }
}
